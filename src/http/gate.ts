/** Access to the interfaces over HTTP: for programs on this machine or with the token, never for pages of others. */
import { addressFamily, isLoopback } from "../system/address.ts";
import { quote } from "../text/json.ts";
import { HttpError, type HttpRequest } from "./message.ts";
import { systemTimers, type Timers } from "../system/time.ts";
import { sourceOf } from "./connection.ts";

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
  const { headers, isLocal } = request;
  const site = headers.get("sec-fetch-site") ?? "none";
  if (headers.has("origin") || !["none", "same-origin"].includes(site)) {
    throw new HttpError(403, "Web pages must not control this server");
  }
  if (isLocal) {
    for (const host of hostsOf(request)) {
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
  for (const host of hostsOf({ url, headers })) {
    const isOwn = host === "localhost" || addressFamily(host) !== undefined ||
      names.some((name) => canonicalName(name) === host);
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

/** The host of a request by its target, and by its header. */
function hostsOf({ url, headers }: Pick<HttpRequest, "url" | "headers">): string[] {
  return [url, URL.parse(`http://${headers.get("host") ?? ""}/`)].map((each) =>
    canonicalName(each?.hostname.replace(/^\[|\]$/g, "") ?? "")
  );
}

/** Names differ neither by their case nor by a dot at the end. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** The bearer token of a request; empty if there is none. */
export function bearerOf(headers: Headers): string {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
}

/** The time in which wrong tokens count. */
const WINDOW_MS = 60_000;

/** Wrong tokens from one source within that time. */
const MAX_WRONG = 5;

/** The wrong tokens that are kept, which bounds the memory; the oldest are forgotten first. */
const MAX_KEPT = 1000;

/** Guesses of tokens: each source may be wrong a few times a minute, wherever a token is sent. */
export class TokenGuesses {
  readonly #timers: Timers;
  readonly #tokens = new Set<string>();
  #wrong: readonly { readonly source: string; readonly atMs: number }[] = [];
  /** The requests that were wrong: two interfaces may look at the same one. */
  readonly #counted = new WeakSet<HttpRequest>();
  /** Guesses are looked at in turn: a wrong one counts before the next is compared. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(timers: Timers = systemTimers) {
    this.#timers = timers;
  }

  /** Adds a token that is right somewhere: it is no guess, even where another one is needed. */
  add(token: string): void {
    this.#tokens.add(token);
  }

  /**
   * Requires that a request came with a token.
   *
   * @param given What it came with; a request without any guesses nothing
   * @throws {HttpError} If it is another one (401), or too many from this source were wrong (429)
   */
  async require(request: HttpRequest, given: string, token: string): Promise<void> {
    const turn = this.#turn.then(() => given !== "" && this.#compare(request, given, token));
    this.#turn = turn.catch(() => {});
    if (await turn) return;
    throw new HttpError(401, "The token is missing or wrong", { "www-authenticate": "Bearer" });
  }

  async #compare(request: HttpRequest, given: string, token: string): Promise<boolean> {
    const nowMs = this.#timers.monotonicMs();
    const source = sourceOf(request.peer);
    this.#wrong = this.#wrong.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
    const isNew = !this.#counted.has(request);
    if (isNew && this.#wrong.filter((each) => each.source === source).length >= MAX_WRONG) {
      throw new HttpError(429, "Too many wrong tokens: try again in a minute", {
        "retry-after": "60",
      });
    }
    const isRight = await isSameToken(given, token);
    if (isRight || !isNew || await this.#isKnown(given)) return isRight;
    this.#counted.add(request);
    this.#wrong = [...this.#wrong, { source, atMs: nowMs }].slice(-MAX_KEPT);
    return false;
  }

  async #isKnown(given: string): Promise<boolean> {
    const same = await Promise.all([...this.#tokens].map((token) => isSameToken(given, token)));
    return same.includes(true);
  }
}

/** Compares digests, so that the duration reveals nothing about the token. */
async function isSameToken(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map(async (text) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return new Uint8Array(digest).toHex();
  }));
  return left === right;
}
