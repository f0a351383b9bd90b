/** Access to what a server shows over HTTP: for programs with the token, browsers with a session, never pages of other sites. */
import {
  bearerOf,
  isOwnOrigin,
  requireOwnName,
  requireOwnSite,
  TokenGuesses,
} from "../../../http/gate.ts";
import { systemTimers, type Timers } from "../../../system/time.ts";
import { HttpError, type HttpRequest } from "../../../http/message.ts";

interface WebGateOptions {
  /** The bearer token; without it every client may look. */
  readonly token?: string | undefined;
  /** The names of the server in URLs, beside addresses and `localhost`. */
  readonly names: readonly string[];
  /** @default {systemTimers} */
  readonly timers?: Timers;
}

const SESSION_SECONDS = 30 * 86_400;

/** The most sessions; another one ends the oldest. */
const MAX_SESSIONS = 100;

export class WebGate {
  /** The guesses of its token, in forms too. */
  readonly guesses: TokenGuesses;
  readonly #token: string | undefined;
  readonly #names: readonly string[];
  readonly #timers: Timers;
  /** When each session ends, by its id; the oldest first. */
  readonly #sessions = new Map<string, number>();

  constructor({ token, names, timers = systemTimers }: WebGateOptions) {
    this.#token = token;
    this.#names = names;
    this.#timers = timers;
    this.guesses = new TokenGuesses(timers);
    if (token !== undefined) this.guesses.add(token);
  }

  /**
   * Admits a request that looks at the server.
   *
   * @returns Whether it still may: until the session of the request ends
   * @throws {HttpError} If it must not
   */
  async authorize(request: HttpRequest): Promise<() => boolean> {
    requireOwnSite(request, this.#names);
    const session = sessionOf(request);
    if (this.#isOpen(session)) return () => this.#isOpen(session);
    if (this.#token !== undefined) {
      await this.guesses.require(request, bearerOf(request.headers), this.#token);
    }
    return () => true;
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
    await this.guesses.require(request, token, this.#token);
    const id = crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url" });
    this.#sessions.set(id, this.#timers.monotonicMs() + SESSION_SECONDS * 1000);
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

  #isOpen(session: string): boolean {
    const end = this.#sessions.get(session);
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
