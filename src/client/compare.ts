import { intersection, type Interval, overlaps } from "./intersection.ts";
import { formatEndpoint } from "../protocols/endpoint.ts";
import { canonicalAddress } from "../system/address.ts";
import { parseMeasurable } from "./query.ts";
import { checkInterval } from "./poll.ts";
import { passed, type TimedFields } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import {
  evaluateExchanges,
  sampleAll,
  type SampledExchange,
  sampleFields,
  type SampleOptions,
  type Samples,
} from "./sample.ts";
import { fromSeconds, toSeconds } from "../text/duration.ts";
import { type Estimate, estimate } from "./estimate.ts";

/** Options for {@linkcode compare}. */
export interface CompareOptions extends SampleOptions {
  /**
   * How many requests to send to each server, 1 to 1000.
   *
   * @default {4}
   */
  readonly count?: number;
  /** Called after each exchange with the result so far, of the servers that have replied or failed to. */
  readonly onProgress?: (soFar: Comparison) => void;
}

const compareFields: TimedFields<CompareOptions> = { ...sampleFields, onProgress: passed() };

/**
 * The result for one server.
 *
 * - `agrees`: it can be right together with most of the others
 * - `falseticker`: it cannot, so either it or most of the others are wrong
 * - `undecided`: no majority can be right together
 * - `alone`: there is no other to compare it with
 * - `failed`: it sent no time that can be trusted
 */
export type Verdict = "agrees" | "falseticker" | "undecided" | "alone" | "failed";

/** One of the compared servers. */
export interface ComparedServer extends Samples {
  /** The result. */
  readonly verdict: Verdict;
  /** How far the offset of a falseticker is from that of the servers that agree; positive if ahead. */
  readonly deviation?: Temporal.Duration;
  /** The URL of an earlier one with the same address and port; the two have one vote. */
  readonly sameAs?: string;
}

/** The result of {@linkcode compare}. */
export interface Comparison {
  /** The servers in the order given; a URL that was given twice is listed once. */
  readonly servers: readonly ComparedServer[];
  /**
   * `agree`: all servers that sent a time; `disagree`: there are falsetickers, or there is no majority;
   * `alone`: only one sent a time; `failed`: none did.
   */
  readonly outcome: "agree" | "disagree" | "alone" | "failed";
  /**
   * The mean offset of the servers that agree, weighted by inverse root distance; positive if they are
   * ahead of this machine's clock.
   */
  readonly offset?: Temporal.Duration;
  /** The error bound of `offset`, either way, against the reference of the servers, if they are right. */
  readonly errorBound?: Temporal.Duration;
}

/**
 * Samples several servers at once and finds which of them can be right together (the intersection
 * algorithm of RFC 5905 §11.2.1).
 *
 * Each server's interval is its offset plus and minus its root distance. The true time is where more
 * than half of all intervals overlap, as long as most servers are right; a server whose interval misses
 * that region is a falseticker. Of two servers that disagree, either may be wrong. A server that was given
 * under two names is queried under each, but counts once.
 *
 * @param urls The servers, as for {@linkcode sample}
 * @param options How many requests, and their interval
 * @returns A verdict on each server, and the best estimate
 * @throws {SyntaxError} If a URL cannot be read, or names a protocol that has no offset
 * @throws {RangeError} If an option is out of range
 * @throws {Deno.errors.NotCapable} If the permission to reach a server is missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compare } from "@timesrv/timesrv/measure";
 * import { serve } from "@timesrv/timesrv";
 *
 * const ntp = "ntp://127.0.0.1:0";
 * await using right = await serve([ntp, ntp]);
 * await using wrong = await serve(ntp, { clock: { offset: "1m" } });
 * const urls = [...right.addresses, ...wrong.addresses].map(({ url }) => url);
 * const { servers, outcome } = await compare(urls);
 * assertEquals(servers.map(({ verdict }) => verdict), ["agrees", "agrees", "falseticker"]);
 * assertEquals(outcome, "disagree");
 * ```
 */
export async function compare(
  urls: readonly string[],
  options: CompareOptions = {},
): Promise<Comparison> {
  const { onProgress, ...sampling } = options;
  const { interval, count = 4 } = readOptions(compareFields, options, "compare");
  const endpoints = urls.map(parseMeasurable);
  // Before any of them is queried.
  for (const endpoint of endpoints) checkInterval(endpoint, interval);
  const unique = [...new Set(endpoints.map(formatEndpoint))];
  const known = new Map<string, Samples>();
  const add = (url: string, exchange: SampledExchange): void => {
    known.set(url, summarize(url, [...known.get(url)?.exchanges ?? [], exchange]));
    // In the order given.
    onProgress?.(combine(unique.flatMap((url) => known.get(url) ?? [])));
  };
  return combine(await sampleAll(unique, { ...sampling, count }, onProgress && add));
}

function summarize(url: string, exchanges: readonly SampledExchange[]): Samples {
  const { usable, loss } = evaluateExchanges(exchanges);
  const last = usable.at(-1);
  const estimated = last && estimate(usable, last.startedAfter);
  const error = exchanges.findLast(({ error }) => error)?.error;
  return {
    url,
    exchanges,
    loss,
    ...(estimated ? { estimate: estimated } : error && { error }),
    warnings: [],
  };
}

export function combine(all: readonly Samples[]): Comparison {
  const known = new Map<string, string>();
  const same = all.map(({ url, estimate }) => {
    if (!estimate) return undefined;
    const { protocol, from } = estimate.best;
    const hostname = canonicalAddress(from.hostname);
    const id = formatEndpoint({ protocol, hostname, port: from.port });
    const before = known.get(id);
    if (before === undefined) known.set(id, url);
    return before;
  });
  const estimates = all.flatMap(({ estimate }, i) => estimate && !same[i] ? [estimate] : []);
  const [first] = estimates;
  // Relative to the first, so that offsets of decades keep their nanoseconds.
  const intervalOf = ({ offset, rootDistance }: Estimate): Interval & { middle: number } => {
    const middle = toSeconds(offset.subtract((first as Estimate).offset));
    const distance = toSeconds(rootDistance);
    return { low: middle - distance, middle, high: middle + distance };
  };
  const isAlone = estimates.length === 1;
  const region = intersection(estimates.map(intervalOf));
  const verdictOf = ({ estimate }: Samples): Verdict => {
    if (!estimate) return "failed";
    if (isAlone) return "alone";
    if (!region) return "undecided";
    return overlaps(intervalOf(estimate), region) ? "agrees" : "falseticker";
  };
  const servers = all.map((samples, i): ComparedServer => {
    const sameAs = same[i];
    return { ...samples, verdict: verdictOf(samples), ...(sameAs !== undefined && { sameAs }) };
  });
  if (!first) return { servers, outcome: "failed" };
  if (isAlone) return { servers, outcome: "alone" };
  if (!region) return { servers, outcome: "disagree" };
  const survivors = estimates.map(intervalOf).filter((interval) => overlaps(interval, region));
  const { mean, bound } = weightedMean(survivors, region);
  const offset = first.offset.add(fromSeconds(mean));
  return {
    servers: servers.map((server) =>
      server.estimate && server.verdict === "falseticker"
        ? { ...server, deviation: server.estimate.offset.subtract(offset) }
        : server
    ),
    outcome: survivors.length === estimates.length ? "agree" : "disagree",
    offset,
    errorBound: fromSeconds(bound),
  };
}

/** The mean by inverse root distance (RFC 5905 §11.2.3), within the region, and the distance to its ends. */
function weightedMean(
  survivors: readonly (Interval & { middle: number })[],
  region: Interval,
): { mean: number; bound: number } {
  let [sum, weights] = [0, 0];
  for (const { low, middle } of survivors) {
    const distance = middle - low;
    sum += middle / distance;
    weights += 1 / distance;
  }
  const mean = Math.min(Math.max(sum / weights, region.low), region.high);
  return { mean, bound: Math.max(mean - region.low, region.high - mean) };
}
