import { type Endpoint, formatEndpoint } from "../protocols/endpoint.ts";
import type { ValidateOptions } from "./query.ts";
import type { TimeReply } from "../protocols/registry.ts";
import { isLoopback } from "../system/address.ts";
import type { Timers } from "../system/time.ts";
import type { ExchangeOptions } from "./exchange.ts";
import { isRateKiss, measure, type Measured, type MeasuredReply } from "./measure.ts";
import { systemNetwork } from "./network.ts";

export interface PollOptions
  extends Pick<ExchangeOptions, "family" | "network" | "signal">, ValidateOptions {
  /** Seconds until a request without a reply is lost. It is not sent again. */
  readonly timeout: number;
  /**
   * Seconds from one request to the next to the same server: a number, or found out anew after each
   * request from how many were sent. Where it is undefined, it is 2, or 0.1 to a loopback address.
   */
  readonly interval?: number | ((sent: number, isLocal: boolean) => number | undefined) | undefined;
  /** How many requests to send to each server; without a limit if undefined. */
  readonly count?: number | undefined;
  /** Seconds after which it ends; a request that is cut off by that is left out. */
  readonly deadline?: number | undefined;
}

export interface Polled<Reply extends TimeReply> {
  readonly index: number;
  /** What came of it. The reply has the URL that was given, whichever address replied. */
  readonly measured: Measured<Reply>;
  /** By the clock that is never set, like `endedMs`. */
  readonly sentMs: number;
  readonly endedMs: number;
  readonly endedAt: Temporal.Instant;
  /** Seconds from this request to the next; undefined if the server wants no more. */
  readonly interval: number | undefined;
}

/** RFC 5905 §10 has a client wait this long between the requests of a burst. */
const POLITE_SECONDS = 2;

const LOCAL_SECONDS = 0.1;

/** A server on another machine is never queried more often. */
const MIN_INTERVAL_SECONDS = 1;

/** RFC 5905 §7.2 has clients poll no less often once all is well; no KoD makes the interval longer. */
const MAX_INTERVAL_SECONDS = 1024;

/** First requests to different servers that leave at one moment would hold each other up. */
const APART_MS = 20;

/** Whether a server is on this machine, by its name: then it may be queried as often as one likes. */
export function isLocal({ hostname }: Pick<Endpoint, "hostname">): boolean {
  return hostname === "localhost" || isLoopback(hostname);
}

/** Rejects an interval that is too short for a server that may be on another machine. */
export function checkInterval(endpoint: Endpoint, interval: number | undefined): void {
  if (interval === undefined || interval >= MIN_INTERVAL_SECONDS || isLocal(endpoint)) return;
  throw new RangeError(
    `Cannot query ${endpoint.hostname} every ${interval} s: ` +
      "only a loopback address is queried more than once a second",
  );
}

/**
 * Queries servers again and again, each at its own pace, with one exchange under way per server.
 *
 * Each kiss-o'-death RATE doubles a server's interval; after DENY, RSTR and the like it is not queried
 * any more (RFC 5905 §7.4). A name is looked up until an address has replied, and kept to that address.
 * The next request waits until the consumer asks for what comes next.
 */
export async function* poll<Reply extends TimeReply = MeasuredReply>(
  endpoints: readonly Endpoint[],
  options: PollOptions,
): AsyncGenerator<Polled<Reply>, void> {
  const { signal } = options;
  const end = new AbortController();
  const ends = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  const servers = endpoints.map((endpoint, index) =>
    new PolledServer<Reply>(endpoint, index, { ...options, signal: ends })
  );
  const next = async (index: number): Promise<{ index: number; polled?: Polled<Reply> }> => {
    const polled = await servers[index]?.next();
    return { index, ...(polled && { polled }) };
  };
  const turns = new Map(servers.map((_, index) => [index, next(index)]));
  try {
    while (turns.size > 0) {
      const { index, polled } = await Promise.race(turns.values());
      turns.delete(index);
      if (!polled) continue;
      yield polled;
      turns.set(index, next(index));
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    end.abort();
    await Promise.allSettled(turns.values());
  }
}

class PolledServer<Reply extends TimeReply> {
  readonly #url: string;
  readonly #index: number;
  readonly #options: PollOptions;
  readonly #timers: Timers;
  /** With the address that has replied, once one has. */
  #endpoint: Endpoint;
  #sent = 0;
  #rateKisses = 0;
  #isWelcome = true;
  #dueMs: number;
  readonly #endsMs: number;

  constructor(endpoint: Endpoint, index: number, options: PollOptions) {
    const { network: { timers } = systemNetwork, deadline = Infinity } = options;
    this.#url = formatEndpoint(endpoint);
    this.#endpoint = endpoint;
    this.#index = index;
    this.#options = options;
    this.#timers = timers;
    this.#dueMs = timers.monotonicMs() + index * APART_MS;
    this.#endsMs = timers.monotonicMs() + deadline * 1000;
  }

  /** Waits for its turn and queries it; undefined if it is not to be queried any more. */
  async next(): Promise<Polled<Reply> | undefined> {
    const { timeout, count = Infinity, signal } = this.#options;
    if (!this.#isWelcome || this.#sent >= count) return undefined;
    const dueMs = Math.min(this.#dueMs, this.#endsMs);
    await this.#timers.sleep(dueMs - this.#timers.monotonicMs(), signal);
    const sentMs = this.#timers.monotonicMs();
    if (Math.max(this.#dueMs, sentMs) >= this.#endsMs) return undefined;
    this.#sent++;
    const patience = Math.min(timeout, (this.#endsMs - sentMs) / 1000);
    const measured = await measure<Reply>(this.#endpoint, {
      ...this.#options,
      timeout: patience,
      retries: 0,
    });
    // Whether a longer wait would have brought a reply is not known.
    if (patience < timeout && measured.error?.reason === "timeout") return undefined;
    const { reply } = measured;
    if (reply) this.#endpoint = { ...this.#endpoint, hostname: reply.from.hostname };
    return {
      index: this.#index,
      measured: { ...measured, ...(reply && { reply: { ...reply, url: this.#url } }) },
      sentMs,
      endedMs: this.#timers.monotonicMs(),
      endedAt: this.#timers.now(),
      interval: this.#schedule(sentMs, measured),
    };
  }

  /** Plans the next request: seconds from the last one, or undefined if there must be none. */
  #schedule(sentMs: number, measured: Measured<Reply>): number | undefined {
    if (isRateKiss(measured)) this.#rateKisses++;
    else if (measured.error?.reason === "kiss-o-death") {
      this.#isWelcome = false;
      return undefined;
    }
    const { interval: wished } = this.#options;
    const local = isLocal(this.#endpoint);
    const usual = local ? LOCAL_SECONDS : POLITE_SECONDS;
    const given = (typeof wished === "function" ? wished(this.#sent, local) : wished) ?? usual;
    const apart = local ? given : Math.max(given, MIN_INTERVAL_SECONDS);
    const slower = (apart || usual / 2) * 2 ** this.#rateKisses;
    const interval = this.#rateKisses === 0
      ? apart
      : Math.min(slower, Math.max(apart, MAX_INTERVAL_SECONDS));
    this.#dueMs = sentMs + interval * 1000;
    return interval;
  }
}
