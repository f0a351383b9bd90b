/** `/timesync.js`, the module by which web pages get the time: `deno task page` writes it. */
import type { HttpRequest, HttpResponse } from "../../../http/listener.ts";
import { type Asset, makeAsset, respondWith } from "./asset.ts";
import type { WebRoutes } from "./route.ts";

let loaded: Promise<Asset> | undefined;

export const timesyncModuleRoutes: WebRoutes = {
  "/timesync.js": {
    part: "time",
    isPublic: true,
    parameters: [],
    methods: {
      async GET({ request }: { readonly request: HttpRequest }): Promise<HttpResponse> {
        const headers = { "content-type": "text/javascript; charset=utf-8" };
        return respondWith(await (loaded ??= load()), request, headers);
      },
    },
  },
};

async function load(): Promise<Asset> {
  const { default: text } = await import("../../../page/timesync.min.js", {
    with: { type: "text" },
  });
  return await makeAsset(text);
}
