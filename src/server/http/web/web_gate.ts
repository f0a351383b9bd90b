/** Who may look at a server over HTTP: programs with the token, browsers with a session, never pages of other sites. */
import {
  isOwnOrigin,
  isSameToken,
  requireOwnName,
  requireOwnSite,
  requireToken,
} from "../../../http/gate.ts";
import { HttpError } from "../../../http/http_error.ts";
import type { HttpRequest } from "../../../http/listener.ts";
import { systemTimers, type Timers } from "../../../system/time.ts";

export interface WebGateOptions {
  /** What has to be known to look; without it all may. */
  readonly token?: string | undefined;
  /** The names by which the server is asked, beside addresses and `localhost`. */
  readonly names: readonly string[];
  /** @default {systemTimers} */
  readonly timers?: Timers;
}

const SESSION_SECONDS = 30 * 86_400;

/** The most sessions; another one ends the oldest. */
const MAX_SESSIONS = 100;

const TRY_WINDOW_MS = 60_000;

/** Wrong tokens from one address within that time. */
const MAX_TRIES = 5;

/** Wrong tokens within that time in all, which bounds the memory. */
const MAX_TRIES_IN_ALL = 1000;

export class WebGate {
  readonly #token: string | undefined;
  readonly #names: readonly string[];
  readonly #timers: Timers;
  /** When each session ends, by its id; the oldest first. */
  readonly #sessions = new Map<string, number>();
  #wrongTries: readonly { readonly peer: string; readonly atMs: number }[] = [];

  constructor({ token, names, timers = systemTimers }: WebGateOptions) {
    this.#token = token;
    this.#names = names;
    this.#timers = timers;
  }

  /**
   * Admits a request that looks at the server.
   *
   * @throws {HttpError} If it must not
   */
  async authorize(request: HttpRequest): Promise<void> {
    requireOwnSite(request, this.#names);
    if (this.#token === undefined || this.#hasSession(request)) return;
    await requireToken(request.headers, this.#token);
  }

  /**
   * Opens a session for a browser that sent the token by the form of this server.
   *
   * @returns The header Set-Cookie
   * @throws {HttpError} If the token is wrong (401), there were too many wrong ones (429), or the form is another's
   */
  async open(request: HttpRequest, token: string): Promise<string> {
    this.#requireOwnForm(request);
    if (this.#token === undefined) return cookieOf(request, "", 0);
    const nowMs = this.#timers.monotonicMs();
    this.#wrongTries = this.#wrongTries.filter(({ atMs }) => nowMs - atMs < TRY_WINDOW_MS);
    const { peer } = request;
    const own = this.#wrongTries.filter((each) => each.peer === peer);
    if (own.length >= MAX_TRIES || this.#wrongTries.length >= MAX_TRIES_IN_ALL) {
      throw new HttpError(429, "Too many wrong tokens: try again in a minute", {
        "retry-after": "60",
      });
    }
    // It counts from now on: others may be compared at the same time.
    const attempt = { peer, atMs: nowMs };
    this.#wrongTries = [...this.#wrongTries, attempt];
    if (!await isSameToken(token, this.#token)) {
      throw new HttpError(401, "That is not the token of this server");
    }
    this.#wrongTries = this.#wrongTries.filter((each) => each !== attempt);
    const id = crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url" });
    this.#sessions.set(id, nowMs + SESSION_SECONDS * 1000);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(oldest ?? "");
    return cookieOf(request, id, SESSION_SECONDS);
  }

  /**
   * Ends the session of a browser.
   *
   * @returns The header Set-Cookie
   * @throws {HttpError} If another site asks for it
   */
  close(request: HttpRequest): string {
    this.#requireOwnForm(request);
    this.#sessions.delete(sessionOf(request));
    return cookieOf(request, "", 0);
  }

  #hasSession(request: HttpRequest): boolean {
    const end = this.#sessions.get(sessionOf(request));
    return end !== undefined && this.#timers.monotonicMs() < end;
  }

  /** Browsers say which site sends a form. */
  #requireOwnForm(request: HttpRequest): void {
    requireOwnName(request, this.#names);
    const { headers } = request;
    if (isOwnOrigin(headers)) return;
    throw new HttpError(403, "Only a page of this server may open or end a session");
  }
}

function cookieOf(request: HttpRequest, value: string, seconds: number): string {
  const common = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  // By way of a proxy with TLS; without TLS browsers would not keep such a cookie.
  const isSecure = request.headers.get("origin")?.startsWith("https:");
  return `${cookieName(request)}=${value}; ${common}${isSecure ? "; Secure" : ""}`;
}

/** Cookies belong to a host, whatever the port: two servers of one host need two names. */
function cookieName({ headers }: HttpRequest): string {
  return `timesrv-${URL.parse(`http://${headers.get("host") ?? ""}/`)?.port || "80"}`;
}

function sessionOf(request: HttpRequest): string {
  const name = cookieName(request);
  const cookies = (request.headers.get("cookie") ?? "").split(/;\s*/);
  return cookies.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}
