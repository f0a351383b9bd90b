/** Access to the control interface: for programs on this machine or with the token, never for web pages. */
import { isLoopback } from "../../system/address.ts";
import { HttpError } from "./http_error.ts";

interface GateOptions {
  /** Whether it listens on a loopback address: requests must then name this machine as their host. */
  readonly isLocal: boolean;
  readonly token: string | undefined;
}

/**
 * Checks that a request may use the interface.
 *
 * A browser sends requests on behalf of any page. So a request is refused if it has a header that only
 * browsers send for pages: Origin, or a Sec-Fetch-Site of another site
 * (https://www.w3.org/TR/fetch-metadata/). A foreign name of this host is refused too: by DNS rebinding,
 * a page can resolve its own name to this address.
 *
 * @throws {HttpError} If it must not
 */
export async function authorize(request: Request, { isLocal, token }: GateOptions): Promise<void> {
  const { headers } = request;
  const site = headers.get("sec-fetch-site") ?? "none";
  if (headers.has("origin") || !["none", "same-origin"].includes(site)) {
    throw new HttpError(403, "Web pages must not control this server");
  }
  if (isLocal) {
    for (const host of [hostOf(request.url), hostOf(`http://${headers.get("host") ?? ""}/`)]) {
      if (host === "localhost" || isLoopback(host)) continue;
      throw new HttpError(403, `This is not ${host || "a host without a name"}`);
    }
  }
  if (token !== undefined && !await isSame(bearerOf(headers), token)) {
    throw new HttpError(401, "The token is missing or wrong", { "www-authenticate": "Bearer" });
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname.replace(/^\[|\]$/g, "") ?? "";
}

function bearerOf(headers: Headers): string {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
}

/** Compares digests, so that the duration reveals nothing about the token. */
async function isSame(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map(async (text) => {
    const octets = new TextEncoder().encode(text);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
  }));
  return left?.every((octet, i) => octet === right?.[i]) ?? false;
}
