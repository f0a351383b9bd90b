/** Several exchanges with one server, and what they tell together. */
import { formatEndpoint } from "../protocols/endpoint.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { checkOption, isRateKiss, type MeasuredReply, parseMeasurable } from "./measure.ts";
import { systemNetwork } from "./network.ts";
import { checkInterval, poll } from "./poll.ts";
import type { ValidateOptions } from "./query.ts";
import type { QueryOptions } from "./query.ts";
import { QueryError } from "../protocols/failure.ts";
import { fromSeconds } from "../text/duration.ts";
import { formatSeconds } from "../text/units.ts";

/** Options for {@linkcode sample}. */
export interface SampleOptions
  extends
    Pick<QueryOptions, "timeout" | "family" | "network">,
    Pick<ValidateOptions, "maxRootDistance"> {
  /**
   * How many requests to send, 1 to 1000.
   *
   * @default {8}
   */
  readonly count?: number;
  /**
   * Seconds from one request to the next, 0 to 3600, to another machine at least 1; without it 2, or
   * 0.1 to a loopback address. A kiss RATE doubles it, or makes it what it is without, if that is more.
   */
  readonly interval?: number | undefined;
  /** Seconds until it ends with what came by then; it is not limited without. */
  readonly deadline?: number;
  /** Ends it with what came by then; if that is nothing, it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of each exchange as it ends. */
  readonly onExchange?: (exchange: SampledExchange) => void;
}

/** One exchange of several: a reply, or an error, or both where the reply is not fit to trust. */
export interface SampledExchange {
  /** When its request was sent, from the first one's, on a clock that is never set. */
  readonly startedAfter: Temporal.Duration;
  /** What came. */
  readonly reply?: MeasuredReply;
  /** Why there is no reply, or why it is not fit to trust. */
  readonly error?: QueryError;
}

/** What {@linkcode sample} found out about a server. */
export interface Samples {
  /** The URL that was asked, its port given. */
  readonly url: string;
  /** Every exchange in the order of time, the failed ones too. */
  readonly exchanges: readonly SampledExchange[];
  /** The share of the requests that no reply came to, 0 to 1. */
  readonly loss: number;
  /** What the replies that are fit to trust tell together; there may be none. */
  readonly estimate?: Estimate;
  /** Why there is no estimate, or why fewer requests were sent than were asked for. */
  readonly error?: QueryError;
  /** What is odd, a line each; mostly nothing. */
  readonly warnings: readonly string[];
}

/** A server that has asked for fewer requests this many times gets none. */
const MAX_RATE_KISSES = 3;

/**
 * Asks a server several times and estimates by the exchange with the least delay, on which the
 * network had the least influence. Averaging would mix the queues of the others into it.
 *
 * It is polite: 2 seconds apart to other machines, and never less than 1; after a kiss RATE twice as
 * far apart, and none any more after the third, or after another kiss. All go to the address that
 * answered first. It ends at the first failure that more requests would not mend: an unknown host, a
 * refusal.
 *
 * @param url Whom to ask, as `ntp://host:port` or `time://host:port`; without a scheme it is NTP
 * @param options How often, and how far apart
 * @returns All exchanges, and what they tell together
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
 * const { estimate, loss } = await sample(server.addresses[0]!.url, { count: 4 });
 * if (!estimate || loss > 0) throw new Error("Every request is answered");
 * const { offset, errorBound } = estimate;
 * assert(Temporal.Duration.compare(offset.abs(), errorBound) <= 0, "one machine, one clock");
 * ```
 */
export async function sample(url: string, options: SampleOptions = {}): Promise<Samples> {
  const { count = 8, interval, timeout = 3, deadline, onExchange, signal } = options;
  const { timers } = options.network ?? systemNetwork;
  const endpoint = parseMeasurable(url);
  checkOption("count", Number.isInteger(count) ? count : NaN, 1, 1000);
  checkOption("interval", interval, 0, 3600);
  checkOption("deadline", deadline, 0, 86_400);
  checkInterval(endpoint, interval);
  const exchanges: SampledExchange[] = [];
  const startMs = timers.monotonicMs();
  const elapsed = (ms: number): Temporal.Duration => fromSeconds((ms - startMs) / 1000);
  let end: QueryError | undefined;
  for await (const { measured, sentMs } of poll([endpoint], { ...options, count, timeout })) {
    const exchange = { startedAfter: elapsed(sentMs), ...measured };
    exchanges.push(exchange);
    onExchange?.(exchange);
    if (isFinal(exchanges)) {
      end = measured.error;
      break;
    }
  }
  if (exchanges.length === 0) signal?.throwIfAborted();
  const endedAfter = elapsed(timers.monotonicMs());
  return summary({ url: formatEndpoint(endpoint), exchanges, end, endedAfter, deadline });
}

/** Whether more requests would be of no use, or are not wanted. */
function isFinal(exchanges: readonly SampledExchange[]): boolean {
  const last = exchanges.at(-1);
  switch (last?.error?.reason) {
    case "kiss-o-death":
      return !isRateKiss(last) || exchanges.filter(isRateKiss).length >= MAX_RATE_KISSES;
    case "unknown-host":
    case "refused":
    case "unreachable":
      return exchanges.every(({ reply }) => reply === undefined);
    default:
      return false;
  }
}

/** What came of all exchanges. */
interface Ending {
  readonly url: string;
  readonly exchanges: readonly SampledExchange[];
  /** Why it ended before its time. */
  readonly end: QueryError | undefined;
  readonly endedAfter: Temporal.Duration;
  readonly deadline: number | undefined;
}

function summary({ url, exchanges, end, endedAfter, deadline }: Ending): Samples {
  const usable = exchanges.flatMap(({ reply, error, startedAfter }) =>
    reply && !error ? [{ reply, startedAfter }] : []
  );
  const estimated = estimate(usable, endedAfter);
  const lost = exchanges.filter(({ reply }) => !reply).length;
  const failures = exchanges.flatMap(({ error }) => error ? [error] : []);
  // Silence tells the least.
  const failure = failures.find(({ reason }) => reason !== "timeout") ?? failures[0] ??
    tooLate(url, deadline);
  const error = end ?? (estimated ? undefined : failure);
  return {
    url,
    exchanges,
    loss: exchanges.length === 0 ? 1 : lost / exchanges.length,
    ...(estimated && { estimate: estimated }),
    ...(error && { error }),
    warnings: [
      ...new Set(usable.flatMap(({ reply }) => reply.warnings)),
      ...(estimated?.isSteady === false
        ? ["its offsets contradict each other: a clock was stepped meanwhile"]
        : []),
    ],
  };
}

function tooLate(url: string, deadline = 0): QueryError {
  return new QueryError("timeout", `No reply from ${url} within ${formatSeconds(deadline)}`);
}
