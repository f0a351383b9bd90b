/** Files for browsers, which ask each time whether they have changed. */
import type { HttpRequest, HttpResponse } from "../../../http/listener.ts";

export interface Asset {
  readonly etag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
}

export async function makeAsset(text: string): Promise<Asset> {
  const plain = new TextEncoder().encode(text);
  const zipped = new Response(plain).body?.pipeThrough(new CompressionStream("gzip"));
  const digest = await crypto.subtle.digest("SHA-256", plain);
  return {
    etag: `"${new Uint8Array(digest).toHex().slice(0, 32)}"`,
    plain,
    gzip: new Uint8Array(await new Response(zipped).arrayBuffer()),
  };
}

/** Responds with a file, compressed if the client takes that; or with 304 if the client has it. */
export function respondWith(
  { etag, plain, gzip }: Asset,
  { headers: given }: Pick<HttpRequest, "headers">,
  own: Readonly<Record<string, string>>,
): HttpResponse {
  const headers = { ...own, etag, "cache-control": "no-cache", "vary": "accept-encoding" };
  if (hasVersion(given, etag)) return { status: 304, headers, body: "" };
  const isZipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:[\s,]|$))/i
    .test(given.get("accept-encoding") ?? "");
  return {
    status: 200,
    headers: { ...headers, ...isZipped && { "content-encoding": "gzip" } },
    body: isZipped ? gzip : plain,
  };
}

/** Whether the client has this version (RFC 9110 §13.1.2). */
function hasVersion(headers: Headers, etag: string): boolean {
  const tags = (headers.get("if-none-match") ?? "").split(",").map((tag) => tag.trim());
  return tags.some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag);
}
