/** Files for browsers: the status page, and the module by which web pages get the time. */
import type { HttpRequest, HttpResponse } from "../../../http/message.ts";
import { isAccepted } from "../../../http/negotiate.ts";
import { pageFiles, type PagePath } from "../../../page/files.ts";
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

const MODULE = "/timesync.js";

interface Asset {
  readonly etag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
}

const loaded = new Map<PagePath | typeof MODULE, Promise<Asset>>();

export const pageRoutes: WebRoutes = Object.fromEntries(
  Object.entries(pageFiles).map(([path, type]): [string, WebRoute] => [path, {
    part: "page",
    isPublic: false,
    parameters: [],
    methods: {
      GET: ({ request }) => respond(request, path as PagePath, { ...SAFETY, "content-type": type }),
    },
  }]),
);

/** The module by which web pages get the time: `deno task page` writes it. */
export const moduleRoutes: WebRoutes = {
  [MODULE]: {
    part: "time",
    isPublic: true,
    parameters: [],
    methods: {
      GET: ({ request }) =>
        respond(request, MODULE, { "content-type": "text/javascript; charset=utf-8" }),
    },
  },
};

/** Whether a path is one of the files of the page beside the first, which no person requests. */
export function isPageFile(path: string): boolean {
  return path !== "/" && Object.hasOwn(pageFiles, path);
}

/** Responds with a file, or with 304 if the client has it: browsers ask each time whether it has changed. */
async function respond(
  { headers: given }: HttpRequest,
  path: PagePath | typeof MODULE,
  own: Readonly<Record<string, string>>,
): Promise<HttpResponse> {
  const asset = loaded.get(path) ?? load(path);
  loaded.set(path, asset);
  const { etag, plain, gzip } = await asset;
  const headers = { ...own, etag, "cache-control": "no-cache", "vary": "accept-encoding" };
  if (hasVersion(given, etag)) return { status: 304, headers, body: "" };
  const isZipped = isAccepted(given.get("accept-encoding") ?? "", "gzip");
  return {
    status: 200,
    headers: { ...headers, ...isZipped && { "content-encoding": "gzip" } },
    body: isZipped ? gzip : plain,
  };
}

async function load(path: PagePath | typeof MODULE): Promise<Asset> {
  const text = path === MODULE
    ? (await import("../../../page/timesync.min.js", { with: { type: "text" } })).default
    : (await import("../../../page/assets.ts")).assets[path];
  const plain = new TextEncoder().encode(text);
  const zipped = new Response(plain).body?.pipeThrough(new CompressionStream("gzip"));
  const digest = await crypto.subtle.digest("SHA-256", plain);
  return {
    etag: `"${new Uint8Array(digest).toHex().slice(0, 32)}"`,
    plain,
    gzip: new Uint8Array(await new Response(zipped).arrayBuffer()),
  };
}

/** Whether the client has this version (RFC 9110 §13.1.2). */
function hasVersion(headers: Headers, etag: string): boolean {
  const tags = (headers.get("if-none-match") ?? "").split(",").map((tag) => tag.trim());
  return tags.some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag);
}
