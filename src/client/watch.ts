import { type Endpoint, formatEndpoint, parseTarget } from "../protocols/endpoint.ts";
import type { QueryError } from "../protocols/failure.ts";
import type { TimeReply } from "../protocols/registry.ts";
import {
  type Change,
  ChangeDetector,
  OutageDetector,
  type OutageEnd,
  type OutageStart,
} from "./changes.ts";
import { type ExchangeOptions, networkFields } from "./exchange.ts";
import { checkInterval, poll } from "./poll.ts";
import { seconds, type TimedFields, UNNAMED, whole } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import { fromSeconds, type InSeconds, type TimeSpan } from "../text/duration.ts";

/** Options for {@linkcode watch}. */
export interface WatchOptions
  extends Pick<ExchangeOptions, "bind" | "family" | "keys" | "ntsCa" | "network"> {
  /**
   * The time from one request to the next to the same server, 10 ms to a day; for a server on another
   * machine at least 1 s. Without it 1 s on a loopback address, and 2 s on others.
   */
  readonly interval?: TimeSpan;
  /**
   * The time until a request without a reply is lost, 1 ms to a minute. It is not sent again. Without it
   * the interval, but at least 1 s and at most 2 s, so that a loss does not put off the next request.
   */
  readonly timeout?: TimeSpan;
  /** How many requests to send to each server; there is no limit without it. */
  readonly count?: number;
  /** Ends it when it aborts; the iteration then ends without an error. */
  readonly signal?: AbortSignal;
}

const watchFields: TimedFields<WatchOptions> = {
  ...networkFields,
  interval: seconds("10ms", "1d"),
  timeout: seconds("1ms", "1m"),
  count: whole(1, Number.MAX_SAFE_INTEGER, UNNAMED),
};

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
  /** When its request was sent; a loss is known only later. */
  readonly sentAt: Temporal.Instant;
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
  /** The time between requests from now on; undefined if the server is not queried any more. */
  readonly interval: Temporal.Duration | undefined;
}

/** An event of {@linkcode watch}; `type` is its kind. */
export type WatchEvent =
  & WatchEventBase
  & (WatchedExchange | KissOfDeath | Change | OutageStart | OutageEnd);

/** A default time limit is within these, in seconds. */
const MIN_TIMEOUT = 1;
const MAX_TIMEOUT = 2;

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
 * for await (const event of watch([server.url], { interval: "100ms", count: 3 })) {
 *   if (event.type === "exchange") assertEquals(event.reply?.from.hostname, "127.0.0.1");
 * }
 * ```
 */
export function watch(
  urls: readonly string[],
  options: WatchOptions = {},
): AsyncIterableIterator<WatchEvent> {
  if (urls.length === 0) throw new RangeError("Cannot watch: there is no URL");
  const settings = readOptions(watchFields, options, "watch");
  const endpoints = urls.map((url) => parseTarget(url, "ntp"));
  for (const endpoint of endpoints) checkInterval(endpoint, settings.interval);
  return watchEvents(endpoints, settings);
}

async function* watchEvents(
  endpoints: readonly Endpoint[],
  { interval, timeout, ...options }: InSeconds<WatchOptions>,
): AsyncGenerator<WatchEvent> {
  const servers = endpoints.map((endpoint) => ({
    url: formatEndpoint(endpoint),
    changes: new ChangeDetector(),
    outages: new OutageDetector(),
  }));
  const polls = poll<TimeReply>(endpoints, {
    ...options,
    timeout: timeout ?? ((isLocal) => {
      const usual = interval ?? (isLocal ? LOCAL_SECONDS : MAX_TIMEOUT);
      return Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, usual));
    }),
    renewsAddresses: true,
    interval: interval ?? ((_, isLocal) => isLocal ? LOCAL_SECONDS : undefined),
  });
  for await (const { index, measured, sentMs, endedMs, endedAt: at, interval } of polls) {
    const { url, changes, outages } = servers[index] as (typeof servers)[number];
    const { reply, error } = measured;
    const outage = outages.next(error, endedMs);
    const events = [
      { type: "exchange" as const, sentAt: at.subtract(fromMs(endedMs - sentMs)), ...measured },
      ...(outage ? [outage] : []),
      ...(reply === undefined
        ? []
        : reply.protocol === "ntp" && error?.reason === "kiss_o_death"
        ? [{
          type: "kiss" as const,
          code: reply.referenceId,
          interval: interval === undefined ? undefined : fromSeconds(interval),
        }]
        : changes.next(reply, { at, monotonicMs: endedMs }, error === undefined)),
    ];
    for (const event of events) yield { ...event, url, at };
  }
}

function fromMs(milliseconds: number): Temporal.Duration {
  return Temporal.Duration.from({ microseconds: Math.round(milliseconds * 1000) });
}
