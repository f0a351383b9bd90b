/** Guesses of tokens: each source may be wrong a few times a minute, wherever a token is sent. */
import { systemTimers, type Timers } from "../system/time.ts";
import { sourceOf } from "./connection.ts";
import { HttpError } from "./http_error.ts";
import type { HttpRequest } from "./listener.ts";

const WINDOW_MS = 60_000;

/** Wrong tokens from one source within that time. */
const MAX_WRONG = 5;

/** The wrong tokens that are kept, which bounds the memory; the oldest are forgotten first. */
const MAX_KEPT = 1000;

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
