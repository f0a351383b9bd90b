/** Access to the interfaces over HTTP: for programs on this machine or with the token, never for pages of others. */
import { addressFamily, isLoopback } from "../system/address.ts";
import { quote } from "../text/json.ts";
import { HttpError } from "./http_error.ts";
import type { HttpRequest } from "./listener.ts";
import type { TokenGuesses } from "./token_guesses.ts";

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
  request: HttpRequest,
  token: string | undefined,
  guesses: TokenGuesses,
): Promise<void> {
  const { url, headers, isLocal } = request;
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
  if (token !== undefined) await guesses.require(request, bearerOf(headers), token);
}

/**
 * Keeps web pages of other sites, and names of strangers, away from what a program shows.
 *
 * @throws {HttpError} If a request is on behalf of another site, or for another name
 */
export function requireOwnSite(request: HttpRequest, names: readonly string[]): void {
  const { headers } = request;
  const site = headers.get("sec-fetch-site") ?? "none";
  const isOwn = ["none", "same-origin"].includes(site) &&
    // Browsers name the origin of modules even to itself.
    (!headers.has("origin") || isOwnOrigin(headers));
  if (!isOwn && !isVisit(request)) {
    throw new HttpError(403, "Pages of other sites must not look at this server");
  }
  requireOwnName(request, names);
}

/**
 * Requires an address, `localhost` or a name of `--http-name` as the host: by DNS rebinding, a page can resolve a
 * name of its own to this address.
 *
 * @throws {HttpError} If it is another name
 */
export function requireOwnName({ url, headers }: HttpRequest, names: readonly string[]): void {
  for (const host of [hostOf(url), hostOf(URL.parse(`http://${headers.get("host") ?? ""}/`))]) {
    const isOwn = host === "localhost" || addressFamily(host) !== undefined || names.includes(host);
    if (isOwn) continue;
    throw new HttpError(421, `${quote(host)} is no name of this server: see --http-name`);
  }
}

/** Whether the header Origin names the host that was asked; the scheme may be that of a proxy. */
export function isOwnOrigin(headers: Headers): boolean {
  return URL.parse(headers.get("origin") ?? "")?.host === headers.get("host");
}

/** Whether a browser follows a link to the first page: that shows it to its user, and nothing to the other site. */
function isVisit({ method, url, headers }: HttpRequest): boolean {
  return method === "GET" && url.pathname === "/" && !headers.has("origin") &&
    headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";
}

function hostOf(url: URL | null): string {
  return url?.hostname.replace(/^\[|\]$/g, "") ?? "";
}

/** The bearer token of a request; empty if there is none. */
export function bearerOf(headers: Headers): string {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
}
