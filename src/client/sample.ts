import { formatEndpoint } from "../protocols/endpoint.ts";
import { type Estimate, estimate, type TimedReply } from "./estimate.ts";
import {
  isRateKiss,
  type Measured,
  parseMeasurable,
  type QueryOptions,
  trustFields,
  type ValidateOptions,
} from "./query.ts";
import { systemNetwork } from "./network.ts";
import { checkInterval, poll } from "./poll.ts";
import { exchangeFields, networkFields } from "./exchange.ts";
import { passed, seconds, type TimedFields, UNNAMED, whole } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import { QueryError } from "../protocols/failure.ts";
import { fromSeconds, type TimeSpan } from "../text/duration.ts";
import { formatSeconds } from "../text/units.ts";

/** Options for {@linkcode sample}. */
export interface SampleOptions
  extends
    Pick<QueryOptions, "timeout" | "bind" | "family" | "keys" | "ntsCa" | "network">,
    Pick<ValidateOptions, "maxRootDistance"> {
  /**
   * How many requests to send, 1 to 1000.
   *
   * @default {8}
   */
  readonly count?: number;
  /**
   * The time from one request to the next, 0 to 1 hour; to another machine at least 1 s. Without it 2 s, or
   * 0.1 s to a loopback address. Each kiss-o'-death RATE doubles it.
   */
  readonly interval?: TimeSpan | undefined;
  /** The time until it ends with what came by then, up to a day; there is no limit without it. */
  readonly deadline?: TimeSpan;
  /** Ends it with what came by then; if that is nothing, it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each exchange as it ends. */
  readonly onExchange?: (exchange: SampledExchange) => void;
}

export const sampleFields: TimedFields<SampleOptions> = {
  ...networkFields,
  ...trustFields,
  timeout: exchangeFields.timeout,
  count: whole(1, 1000, UNNAMED),
  interval: seconds("0s", "1h"),
  deadline: seconds("0s", "1d"),
  onExchange: passed(),
};

/** One exchange of several: a reply, or an error, or both where the reply cannot be trusted. */
export interface SampledExchange extends Measured {
  /** When its request was sent, after the start, on a clock that is never set. */
  readonly startedAfter: Temporal.Duration;
}

/** The result of {@linkcode sample}. */
export interface Samples {
  /** The URL of the server, port included. */
  readonly url: string;
  /** All addresses of its name; the requests went to the first one that replied. Absent for an address. */
  readonly addresses?: readonly string[];
  /** All exchanges in the order of time, failed ones too. */
  readonly exchanges: readonly SampledExchange[];
  /** The share of the requests without a reply, 0 to 1. */
  readonly loss: number;
  /** The estimate from the replies that can be trusted; absent without any. */
  readonly estimate?: Estimate;
  /** Why there is no estimate, or why fewer requests were sent than `count`. */
  readonly error?: QueryError;
  /** Oddities, one line each; usually none. */
  readonly warnings: readonly string[];
}

/** Sampling ends after this many kiss-o'-death RATE. */
const MAX_RATE_KISSES = 3;

/**
 * Queries a server several times and estimates its offset by the exchange with the least delay, which
 * the network has disturbed least. Averaging would add the queueing delays of the others.
 *
 * It is polite: requests to other machines are 2 seconds apart, and never less than 1; a kiss-o'-death
 * RATE doubles that, the third one or any other kiss-o'-death ends it. A name is looked up once, within
 * `deadline`, and all requests go to the address that replied first. It ends at the first failure that
 * more requests would not mend: an unknown host, a closed port.
 *
 * @param url The server, as `ntp://host:port` or `time://host:port`; without a scheme it is NTP
 * @param options How many requests, and their interval
 * @returns All exchanges, and the estimate from them
 * @throws {SyntaxError} If the URL cannot be read, or names a protocol that has no offset
 * @throws {RangeError} If an option is out of range
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { sample, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const { estimate, loss } = await sample(server.url, { count: 4 });
 * if (!estimate || loss > 0) throw new Error("Every request is answered");
 * const { offset, errorBound } = estimate;
 * assert(Temporal.Duration.compare(offset.abs(), errorBound) <= 0, "one machine, one clock");
 * ```
 */
export async function sample(url: string, options: SampleOptions = {}): Promise<Samples> {
  const settings = readOptions(sampleFields, options, "sample");
  const { count = 8, interval, timeout = 3, deadline, onExchange, signal } = settings;
  const { timers } = options.network ?? systemNetwork;
  const endpoint = parseMeasurable(url);
  const fullUrl = formatEndpoint(endpoint);
  checkInterval(endpoint, interval);
  const exchanges: SampledExchange[] = [];
  const startMs = timers.monotonicMs();
  const elapsed = (ms: number): Temporal.Duration => fromSeconds((ms - startMs) / 1000);
  let addresses: readonly string[] | undefined;
  for await (
    const { measured, sentMs, addresses: known } of poll([endpoint], {
      ...settings,
      count,
      timeout,
    })
  ) {
    const exchange = { startedAfter: elapsed(sentMs), ...measured };
    exchanges.push(exchange);
    addresses = known;
    onExchange?.(exchange);
    if (isFinal(exchanges)) break;
  }
  if (exchanges.length === 0) signal?.throwIfAborted();
  const { usable, loss } = evaluateExchanges(exchanges);
  const estimated = estimate(usable, elapsed(timers.monotonicMs()));
  const failures = exchanges.flatMap(({ error }) => error ? [error] : []);
  // Silence is the least informative.
  const failure = failures.find(({ reason }) => reason !== "timeout") ?? failures[0] ??
    new QueryError(
      "timeout",
      `No reply from ${fullUrl} within ${formatSeconds(deadline as number)}`,
    );
  const error = isFinal(exchanges) ? exchanges.at(-1)?.error : estimated ? undefined : failure;
  return {
    url: fullUrl,
    ...(addresses && !addresses.includes(endpoint.hostname) && { addresses }),
    exchanges,
    loss,
    ...(estimated && { estimate: estimated }),
    ...(error && { error }),
    warnings: [
      ...new Set(usable.flatMap(({ reply }) => reply.warnings)),
      ...(estimated?.isSteady === false
        ? ["its offsets contradict each other: a clock was stepped or is unstable"]
        : []),
    ],
  };
}

/**
 * Samples several servers at the same time, until one of them fails by an error. Once the signal aborts, a
 * server without an exchange has sent no time; if none has any, it rejects with the signal's reason.
 */
export async function sampleAll(
  urls: readonly string[],
  options: SampleOptions,
  onExchangeOf?: (url: string, exchange: SampledExchange) => void,
): Promise<Samples[]> {
  const { signal: given } = options;
  const end = new AbortController();
  const signal = given ? AbortSignal.any([given, end.signal]) : end.signal;
  const sampleOne = async (url: string): Promise<Samples | undefined> => {
    const onExchange = (exchange: SampledExchange): void => {
      options.onExchange?.(exchange);
      onExchangeOf?.(url, exchange);
    };
    try {
      return await sample(url, { ...options, signal, onExchange });
    } catch (error) {
      if (given?.aborted && error === given.reason) return undefined;
      throw error;
    }
  };
  try {
    const all = await Promise.all(urls.map(sampleOne));
    if (all.every((samples) => samples === undefined)) given?.throwIfAborted();
    return all.map((samples, i) => samples ?? silentSamples(urls[i] as string));
  } finally {
    end.abort();
  }
}

function silentSamples(given: string): Samples {
  const url = formatEndpoint(parseMeasurable(given));
  const error = new QueryError("timeout", `No reply from ${url} before the end`);
  return { url, exchanges: [], loss: 1, warnings: [], error };
}

/** The replies that can be trusted, and the share of the requests without a reply. */
export function evaluateExchanges(
  exchanges: readonly SampledExchange[],
): { readonly usable: readonly TimedReply[]; readonly loss: number } {
  const usable = exchanges.flatMap(({ reply, error, startedAfter }) =>
    reply && !error ? [{ reply, startedAfter }] : []
  );
  const lost = exchanges.filter(({ reply }) => !reply).length;
  return { usable, loss: exchanges.length === 0 ? 1 : lost / exchanges.length };
}

/** Whether more requests would be of no use, or are not wanted. */
function isFinal(exchanges: readonly SampledExchange[]): boolean {
  const last = exchanges.at(-1);
  switch (last?.error?.reason) {
    case "kiss_o_death":
      return !isRateKiss(last) || exchanges.filter(isRateKiss).length >= MAX_RATE_KISSES;
    case "unknown_host":
    case "no_name_server":
    case "nts_ke":
    case "refused":
    case "unreachable":
      return exchanges.every(({ reply }) => reply === undefined);
    default:
      return false;
  }
}
