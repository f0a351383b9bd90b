import { type Endpoint, formatEndpoint, parseTarget } from "../protocols/endpoint.ts";
import type { QueryError } from "../protocols/failure.ts";
import type { TimeReply } from "../protocols/registry.ts";
import { type Change, ChangeDetector } from "./changes.ts";
import type { ExchangeOptions } from "./exchange.ts";
import { checkOption } from "./measure.ts";
import { OutageDetector, type OutageEnd, type OutageStart } from "./outages.ts";
import { checkInterval, poll } from "./poll.ts";

/** Options for {@linkcode watch}. */
export interface WatchOptions extends Pick<ExchangeOptions, "bind" | "family" | "network"> {
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
  /** How many requests to send to each server; there is no limit without it. */
  readonly count?: number;
  /** Ends it when it aborts; the iteration then ends without an error. */
  readonly signal?: AbortSignal;
}

/** The part that all events have. */
export interface WatchEventBase {
  /** The URL of the server, port included. */
  readonly url: string;
  /** When it happened, by this machine's clock. */
  readonly at: Temporal.Instant;
}

/** An exchange has ended: with a reply, or an error, or both where the reply cannot be trusted. */
export interface WatchedExchange {
  /** Which kind of event it is. */
  readonly type: "exchange";
  /** The reply. */
  readonly reply?: TimeReply;
  /** Why there is no reply, or why it cannot be trusted. */
  readonly error?: QueryError;
}

/** The server has sent a kiss-o'-death, which is obeyed (RFC 5905 §7.4). */
export interface KissOfDeath {
  /** Which kind of event it is. */
  readonly type: "kiss";
  /** Its kiss code, such as `RATE` or `DENY`. */
  readonly code: string;
  /** Seconds between requests from now on; undefined if the server is not queried any more. */
  readonly interval: number | undefined;
}

/** An event of {@linkcode watch}; `type` is its kind. */
export type WatchEvent =
  & WatchEventBase
  & (WatchedExchange | KissOfDeath | Change | OutageStart | OutageEnd);

/** Seconds between requests to a loopback address: often enough for a person who watches. */
const LOCAL_SECONDS = 1;

/**
 * Watches time servers: queries each of them at intervals, and reports every exchange, every change since
 * the one before, and outages. It is polite: one request per interval, none sent again, and a kiss-o'-death
 * RATE doubles the interval; after DENY, RSTR and the like a server is not queried any more. A name is
 * kept to the address that has replied, and looked up again after three requests without a reply.
 *
 * No event is buffered: a slow consumer slows the requests down.
 *
 * @param urls The servers, as `ntp://host:port`; without a scheme it is NTP
 * @param options The interval, and when to end
 * @returns The events as they come; it ends when each server has been queried `count` times or wants no
 * more requests, or when the signal aborts
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
  const { interval, timeout, count } = options;
  checkOption("interval", interval, 0.01, 86_400);
  checkOption("timeout", timeout, Number.MIN_VALUE, 60);
  checkOption("count", count, 1, Number.MAX_SAFE_INTEGER, true);
  const endpoints = urls.map((url) => parseTarget(url, "ntp"));
  for (const endpoint of endpoints) checkInterval(endpoint, interval);
  return watchEvents(endpoints, options);
}

async function* watchEvents(
  endpoints: readonly Endpoint[],
  { interval, timeout = 2, ...options }: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const servers = endpoints.map((endpoint) => ({
    url: formatEndpoint(endpoint),
    changes: new ChangeDetector(),
    outages: new OutageDetector(),
  }));
  const polls = poll<TimeReply>(endpoints, {
    ...options,
    timeout,
    renewsAddresses: true,
    interval: interval ?? ((_, isLocal) => isLocal ? LOCAL_SECONDS : undefined),
  });
  for await (const { index, measured, endedMs, endedAt: at, interval } of polls) {
    const { url, changes, outages } = servers[index] as (typeof servers)[number];
    const { reply, error } = measured;
    const outage = outages.next(error, endedMs);
    const events = [
      { type: "exchange" as const, ...measured },
      ...(outage ? [outage] : []),
      ...(reply === undefined
        ? []
        : reply.protocol === "ntp" && error?.reason === "kiss_o_death"
        ? [{ type: "kiss" as const, code: reply.referenceId, interval }]
        : changes.next(reply, { at, monotonicMs: endedMs }, error === undefined)),
    ];
    for (const event of events) yield { ...event, url, at };
  }
}
