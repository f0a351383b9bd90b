/** The status page: a few files that never come from elsewhere, and may do nothing else. */
import { pageFiles, type PagePath } from "../../../page/files.ts";
import type { HttpRequest, HttpResponse } from "../../../http/listener.ts";
import { type Asset, makeAsset, respondWith } from "./asset.ts";
import type { WebRoute, WebRoutes } from "./route.ts";

/** Texts of others reach the page by `textContent` alone; these hold should one ever become markup. */
const SAFETY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-resource-policy": "same-origin",
  // Isolated from other pages, so that browsers give the page finer timers.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "referrer-policy": "no-referrer",
};

const loaded = new Map<PagePath, Promise<Asset>>();

export const pageRoutes: WebRoutes = Object.fromEntries(
  Object.entries(pageFiles).map(([path, type]): [string, WebRoute] => [path, {
    part: "page",
    isPublic: false,
    parameters: [],
    methods: { GET: ({ request }) => respond(request, path as PagePath, type) },
  }]),
);

async function respond(
  request: HttpRequest,
  path: PagePath,
  type: string,
): Promise<HttpResponse> {
  return respondWith(await loadOnce(path), request, { ...SAFETY, "content-type": type });
}

function loadOnce(path: PagePath): Promise<Asset> {
  const asset = loaded.get(path) ?? load(path);
  loaded.set(path, asset);
  return asset;
}

async function load(path: PagePath): Promise<Asset> {
  const { assets } = await import("../../../page/assets.ts");
  return await makeAsset(assets[path]);
}
