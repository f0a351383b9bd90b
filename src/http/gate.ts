/** Access to the interfaces over HTTP: for programs on this machine or with the token, never for pages of others. */
import { addressFamily, isLoopback } from "../system/address.ts";
import { quote } from "../text/json.ts";
import { HttpError } from "./http_error.ts";
import type { HttpRequest } from "./listener.ts";

/**
 * Checks that a request may use the interface.
 *
 * A browser sends requests on behalf of any page. So a request is refused if it has a header that only
 * browsers send for pages: Origin, or a Sec-Fetch-Site of another site
 * (https://www.w3.org/TR/fetch-metadata/). On this machine, a foreign name of this host is refused too: by
 * DNS rebinding, a page can resolve its own name to this address. Other machines need the token, whatever
 * address was to be listened on.
 *
 * @throws {HttpError} If it must not
 */
export async function authorize(
  { url, headers, isLocal }: HttpRequest,
  token: string | undefined,
): Promise<void> {
  const site = headers.get("sec-fetch-site") ?? "none";
  if (headers.has("origin") || !["none", "same-origin"].includes(site)) {
    throw new HttpError(403, "Web pages must not control this server");
  }
  if (isLocal) {
    for (const host of [hostOf(url), hostOf(URL.parse(`http://${headers.get("host") ?? ""}/`))]) {
      if (host === "localhost" || isLoopback(host)) continue;
      throw new HttpError(403, `This is not ${host || "a host without a name"}`);
    }
  } else if (token === undefined) {
    throw new HttpError(403, "Only this machine may control this server without a token");
  }
  if (token !== undefined) await requireToken(headers, token);
}

/**
 * Keeps web pages of other sites, and names of strangers, away from what a program shows.
 *
 * By DNS rebinding, a page can resolve a name of its own to this address: so the host is an address, `localhost`
 * or a name that the option `--http-name` gave.
 *
 * @throws {HttpError} If a request is on behalf of another site, or for another name
 */
export function requireOwnSite({ url, headers }: HttpRequest, names: readonly string[]): void {
  const site = headers.get("sec-fetch-site") ?? "none";
  if (headers.has("origin") || !["none", "same-origin"].includes(site)) {
    throw new HttpError(403, "Pages of other sites must not look at this server");
  }
  for (const host of [hostOf(url), hostOf(URL.parse(`http://${headers.get("host") ?? ""}/`))]) {
    const isOwn = host === "localhost" || addressFamily(host) !== undefined || names.includes(host);
    if (!isOwn) {
      throw new HttpError(421, `${quote(host)} is no name of this server: see --http-name`);
    }
  }
}

/** @throws {HttpError} If a request does not carry a token */
export async function requireToken(headers: Headers, token: string): Promise<void> {
  if (await isSameToken(bearerOf(headers), token)) return;
  throw new HttpError(401, "The token is missing or wrong", { "www-authenticate": "Bearer" });
}

function hostOf(url: URL | null): string {
  return url?.hostname.replace(/^\[|\]$/g, "") ?? "";
}

function bearerOf(headers: Headers): string {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
}

/** Compares digests, so that the duration reveals nothing about the token. */
export async function isSameToken(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map(async (text) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return new Uint8Array(digest).toHex();
  }));
  return left === right;
}
