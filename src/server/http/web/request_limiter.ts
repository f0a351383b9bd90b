/** The rate limit of the server, for requests over HTTP. */
import { systemTimers, type Timers } from "../../../system/time.ts";
import { parseIpWords } from "../../../text/ip_words.ts";
import type { RateLimit } from "../../guard/options.ts";
import {
  allocateRates,
  RateLimiter,
  type RateMemory,
  rateNumbers,
} from "../../guard/rate_limit.ts";
import { HttpError } from "../../../http/message.ts";

/** Requests have buckets of their own: pages take nothing from the NTP clients behind the same address. */
export class RequestLimiter {
  readonly #timers: Timers;
  #memory: RateMemory | undefined;

  constructor(timers: Timers = systemTimers) {
    this.#timers = timers;
  }

  /**
   * Takes a request from the bucket of its client.
   *
   * @param limit That of the server now, which may have changed
   * @throws {HttpError} If there are too many (429)
   */
  take(peer: string, limit: RateLimit): void {
    const words = new Uint32Array(4);
    parseIpWords(peer, words);
    this.#memory ??= allocateRates(false);
    const numbers = rateNumbers(limit);
    // Nobody forges the address of a TCP connection, so that nothing beyond the limit needs to be admitted.
    const limiter = new RateLimiter({ ...numbers, ...this.#memory }, () => 1);
    if (limiter.take(words, this.#timers.monotonicMs()) === "pass") return;
    throw new HttpError(429, "Too many requests from your address", {
      "retry-after": String(Math.ceil(numbers.intervalMs / 1000)),
    });
  }
}
