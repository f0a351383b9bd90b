/** One or more servers asked again and again, each at its own pace. */
import { formatEndpoint, parseEndpoint } from "../protocols/endpoint.ts";
import { type Change, ChangeDetector, type Moment } from "./changes.ts";
import type { ExchangeOptions } from "./exchange.ts";
import { checkInterval, isNear } from "./measurable.ts";
import { validate } from "../protocols/ntp/client.ts";
import { type Back, type Gone, OutageDetector } from "./outages.ts";
import { query } from "./query.ts";
import { QueryError } from "../protocols/failure.ts";
import type { TimeReply } from "../protocols/reply.ts";

/** Options for {@linkcode watch}. */
export interface WatchOptions extends Pick<ExchangeOptions, "family"> {
  /**
   * Seconds from one request to the next to the same server, 0.01 to 86400; for a server on another
   * machine at least 1. Without it 1 on a loopback address, and 2 on others.
   */
  readonly interval?: number;
  /**
   * Seconds until a request without a reply is lost, above 0 and up to 60. It is not sent again.
   *
   * @default {2}
   */
  readonly timeout?: number;
  /** How many requests to send to each server; it goes on until it is ended without. */
  readonly count?: number;
  /** Ends it when it aborts; the iteration then ends as if that were all. */
  readonly signal?: AbortSignal;
}

/** When and where something was seen. */
export interface Sighting {
  /** The URL of the server, its port given. */
  readonly url: string;
  /** When it was seen, by this machine's clock. */
  readonly at: Temporal.Instant;
}

/** A request was answered or was not; a reply that is not fit to trust comes with an error. */
export interface WatchedExchange {
  /** Which kind of event it is. */
  readonly type: "exchange";
  /** What came. */
  readonly reply?: TimeReply;
  /** What is wrong. */
  readonly error?: QueryError;
}

/** The server has sent a kiss-o'-death, which is obeyed (RFC 5905 §7.4). */
export interface Kiss {
  /** Which kind of event it is. */
  readonly type: "kiss";
  /** Its code, such as `RATE` or `DENY`. */
  readonly code: string;
  /** Seconds between requests from now on; undefined if there will be none. */
  readonly interval: number | undefined;
}

/** Something that {@linkcode watch} has seen; `type` tells the kinds apart. */
export type WatchEvent = Sighting & (WatchedExchange | Kiss | Change | Gone | Back);

/** RFC 5905 §7.2 has a client poll that seldom only once all is well; a server that wants more is alone. */
const LONGEST_INTERVAL_SECONDS = 1024;

/** Requests to different servers that leave at one moment would hold each other up. */
const APART_MS = 20;

/**
 * Watches time servers: asks each of them again and again, and tells of every exchange, and of what
 * has changed since the one before, an outage included. It is polite: one request an interval, none sent again, and a
 * kiss RATE doubles the interval; after DENY, RSTR and the like a server is not asked any more. A
 * name is resolved until somebody answers, and kept to that address.
 *
 * Nothing is kept that is not looked at: a consumer that takes its time slows the requests down.
 *
 * @param urls Whom to ask, as `ntp://host:port`; without a scheme it is NTP
 * @param options How often, and until when
 * @returns The events as they come; it ends when each server has been asked `count` times, wants no
 * more requests, or the signal aborts
 * @throws {SyntaxError} If a URL cannot be read
 * @throws {RangeError} If there is no URL, or an option is out of range
 * @throws {Deno.errors.NotCapable} If the permission to reach a server is missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { serve, watch } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const url = server.addresses[0]!.url;
 * for await (const event of watch([url], { interval: 0.1, count: 3 })) {
 *   if (event.type === "exchange") assertEquals(event.reply?.from.hostname, "127.0.0.1");
 * }
 * ```
 */
export function watch(
  urls: readonly string[],
  options: WatchOptions = {},
): AsyncIterableIterator<WatchEvent> {
  if (urls.length === 0) throw new RangeError("Cannot watch: there is no URL");
  checkRange("interval", options.interval, 0.01, 86_400);
  checkRange("timeout", options.timeout, Number.MIN_VALUE, 60);
  checkRange("count", options.count, 1, Number.MAX_SAFE_INTEGER, Number.isInteger(options.count));
  const startMs = performance.now();
  const servers = urls.map((url, i) => new WatchedServer(url, options, startMs + i * APART_MS));
  return events(servers, options);
}

function checkRange(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
  isOfItsKind = true,
): void {
  if (value === undefined || isOfItsKind && value >= least && value <= most) return;
  throw new RangeError(`Cannot watch: ${name} is ${value}, expected ${least} to ${most}`);
}

/** One exchange a server is under way at any time, and none of its results waits for another's. */
async function* events(
  servers: readonly WatchedServer[],
  { signal, count = Infinity }: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const end = new AbortController();
  const ends = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  const next = async (server: WatchedServer): Promise<Turn> => ({
    server,
    events: server.asked < count ? await server.ask(ends) : undefined,
  });
  const turns = new Map(servers.map((server) => [server, next(server)]));
  try {
    while (turns.size > 0) {
      const { server, events } = await Promise.race(turns.values());
      if (events === undefined) {
        turns.delete(server);
        continue;
      }
      yield* events;
      turns.set(server, next(server));
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    end.abort();
    await Promise.allSettled(turns.values());
  }
}

interface Turn {
  readonly server: WatchedServer;
  readonly events: readonly WatchEvent[] | undefined;
}

/** A server, and when it may be asked again. */
class WatchedServer {
  /** How many requests were sent. */
  asked = 0;
  readonly #url: string;
  readonly #options: ExchangeOptions;
  readonly #changes = new ChangeDetector();
  readonly #outages = new OutageDetector();
  /** The address that has answered, once one has. */
  #address: string;
  #intervalSeconds: number;
  #isWelcome = true;
  #dueMs: number;

  constructor(url: string, { interval, timeout = 2, family }: WatchOptions, dueMs: number) {
    const endpoint = parseEndpoint(url, "ntp");
    checkInterval(endpoint, interval);
    this.#url = this.#address = formatEndpoint(endpoint);
    this.#intervalSeconds = interval ?? (isNear(endpoint) ? 1 : 2);
    this.#dueMs = dueMs;
    this.#options = { timeout, retries: 0, ...(family && { family }) };
  }

  /** Waits for its turn and asks it: what came of it, or undefined if it is not to be asked any more. */
  async ask(signal: AbortSignal): Promise<WatchEvent[] | undefined> {
    if (!this.#isWelcome) return undefined;
    await pause(this.#dueMs - performance.now(), signal);
    const lateMs = performance.now() - this.#dueMs;
    const intervalMs = this.#intervalSeconds * 1000;
    // What was missed is not made up for.
    this.#dueMs += lateMs < intervalMs / 2 ? intervalMs : lateMs + intervalMs;
    this.asked++;
    const exchange = await ask(this.#address, { ...this.#options, signal });
    const moment = { at: Temporal.Now.instant(), monotonicMs: performance.now() };
    const outage = this.#outages.next(exchange.error, moment.monotonicMs);
    return [exchange, ...(outage ? [outage] : []), ...this.#followUp(exchange, moment)]
      .map((event) => ({ ...event, url: this.#url, at: moment.at }));
  }

  #followUp({ reply, error }: WatchedExchange, moment: Moment): (Kiss | Change)[] {
    if (!reply) return [];
    const { hostname, port } = reply.from;
    this.#address = formatEndpoint({ protocol: parseEndpoint(this.#url).protocol, hostname, port });
    if (reply.protocol === "ntp" && error?.reason === "kiss-o-death") {
      return [this.#obey(reply.referenceId)];
    }
    return this.#changes.next(reply, moment, error === undefined);
  }

  #obey(code: string): Kiss {
    if (code !== "RATE") {
      this.#isWelcome = false;
      return { type: "kiss", code, interval: undefined };
    }
    const longest = Math.max(LONGEST_INTERVAL_SECONDS, this.#intervalSeconds);
    const before = this.#intervalSeconds;
    this.#intervalSeconds = Math.min(before * 2, longest);
    this.#dueMs += (this.#intervalSeconds - before) * 1000;
    return { type: "kiss", code, interval: this.#intervalSeconds };
  }
}

async function ask(url: string, options: ExchangeOptions): Promise<WatchedExchange> {
  let reply;
  try {
    reply = await query(url, options);
    if (reply.protocol === "ntp") validate(reply);
    return { type: "exchange", reply };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { type: "exchange", ...(reply && { reply }), error };
  }
}

/** @throws The signal's reason if that aborts first */
async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!(waitMs > 0)) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
