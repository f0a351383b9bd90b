/** `/timesync.js`, the module by which web pages get the time. */
import type { HttpRequest, HttpResponse } from "../../../http/listener.ts";
import type { WebRoutes } from "./route.ts";

interface Asset {
  readonly etag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
}

let loaded: Promise<Asset> | undefined;

export const timesyncModuleRoutes: WebRoutes = {
  "/timesync.js": {
    part: "time",
    isPublic: true,
    parameters: [],
    methods: {
      async GET({ request }: { readonly request: HttpRequest }): Promise<HttpResponse> {
        const { etag, plain, gzip } = await (loaded ??= load());
        const headers = { etag, "cache-control": "no-cache", "vary": "accept-encoding" };
        const { headers: given } = request;
        if (given.get("if-none-match")?.includes(etag)) return { status: 304, headers, body: "" };
        const isZipped = /\bgzip\b(?!\s*;\s*q=0)/i.test(given.get("accept-encoding") ?? "");
        return {
          status: 200,
          headers: {
            ...headers,
            "content-type": "text/javascript; charset=utf-8",
            ...isZipped && { "content-encoding": "gzip" },
          },
          body: isZipped ? gzip : plain,
        };
      },
    },
  },
};

async function load(): Promise<Asset> {
  const { default: source } = await import("../../../page/timesync.js", { with: { type: "text" } });
  // Comments are for readers of this project.
  const text = source.replace(
    /^ *(?:\/\/.*|\/\*\*[\s\S]*?\*\/)\n|\/\*\*[\s\S]*?\*\/ /gm,
    "",
  );
  const plain = new TextEncoder().encode(
    `// MIT licence, of timesrv\n${text.replace(/\n{2,}/g, "\n")}`,
  );
  const zipped = new Response(plain).body?.pipeThrough(new CompressionStream("gzip"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", plain));
  return {
    etag: `"${digest.toHex().slice(0, 32)}"`,
    plain,
    gzip: new Uint8Array(await new Response(zipped).arrayBuffer()),
  };
}
