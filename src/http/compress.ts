/** Compression of responses (RFC 9110 §8.4). */
import { isAccepted } from "./accept.ts";
import type { HttpRequest, HttpResponse } from "./listener.ts";

/** A shorter body fits into one packet as it is. */
const MIN_LENGTH = 1024;

/** Compresses a long text by gzip if the client accepts that. */
export async function compressText(
  { headers }: Pick<HttpRequest, "headers">,
  response: HttpResponse & { readonly body: string },
): Promise<HttpResponse> {
  const { vary } = response.headers;
  const varied = {
    ...response.headers,
    vary: vary === undefined ? "accept-encoding" : `${vary}, accept-encoding`,
  };
  const accepted = headers.get("accept-encoding") ?? "";
  if (response.body.length <= MIN_LENGTH || !isAccepted(accepted, "gzip")) {
    return { ...response, headers: varied };
  }
  const { gzipSync } = await import("node:zlib");
  return {
    ...response,
    headers: { ...varied, "content-encoding": "gzip" },
    // The default level needs twice the time, on the thread of some replies, for a thirtieth less.
    body: gzipSync(response.body, { level: 3 }),
  };
}
