/** Several servers, and which of them can be right together. */
import { intersection, type Interval, overlaps } from "./intersection.ts";
import { formatEndpoint } from "../protocols/endpoint.ts";
import { canonicalAddress } from "../system/address.ts";
import { parseMeasurable } from "./measure.ts";
import { checkInterval } from "./poll.ts";
import { sample, type SampleOptions, type Samples } from "./sample.ts";
import { fromSeconds, toSeconds } from "../text/duration.ts";
import type { Estimate } from "./estimate.ts";

/** Options for {@linkcode compare}. */
export interface CompareOptions extends SampleOptions {
  /**
   * How many requests to send to each server, 1 to 1000.
   *
   * @default {4}
   */
  readonly count?: number;
}

/**
 * What a server is found to be.
 *
 * - `agrees`: it can be right together with most of the others
 * - `falseticker`: it cannot, so either it or most of the others are wrong
 * - `undecided`: no majority can be right together
 * - `alone`: there is nobody to compare it with
 * - `failed`: it told no time that is fit to trust
 */
export type Verdict = "agrees" | "falseticker" | "undecided" | "alone" | "failed";

/** A server beside the others. */
export interface ComparedServer extends Samples {
  /** What it is found to be. */
  readonly verdict: Verdict;
  /** The URL of one before it that is the same server: the same address and port. It has one vote. */
  readonly sameAs?: string;
}

/** What {@linkcode compare} found out. */
export interface Comparison {
  /** The servers in the order in which they were given; a URL that was given twice is there once. */
  readonly servers: readonly ComparedServer[];
  /**
   * `agree`: all that told a time; `disagree`: there are falsetickers, or nothing can be decided;
   * `alone`: one told a time; `failed`: none did.
   */
  readonly outcome: "agree" | "disagree" | "alone" | "failed";
  /**
   * How far those that agree are ahead of this machine's clock: the mean of their offsets, each by
   * the inverse of its root distance.
   */
  readonly offset?: Temporal.Duration;
  /** How wrong `offset` may be either way, against what the servers refer to, if they are right. */
  readonly errorBound?: Temporal.Duration;
}

/**
 * Samples several servers at once and tells which of them can be right together (the intersection
 * algorithm of RFC 5905 §11.2.1).
 *
 * Each server claims an interval: its offset, and its root distance to either side. Where more than
 * half of all intervals overlap, there is the truth, as long as most servers are true; an interval
 * that misses the place is a falseticker's. Two servers that disagree leave it open who is wrong. A
 * server that was given under two names is asked under each, but its claim counts once.
 *
 * @param urls Whom to ask, as for {@linkcode sample}
 * @param options How often, and how far apart
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
 * await using liar = await serve(ntp, { clock: { offset: "1m" } });
 * const urls = [...right.addresses, ...liar.addresses].map(({ url }) => url);
 * const { servers, outcome } = await compare(urls);
 * assertEquals(servers.map(({ verdict }) => verdict), ["agrees", "agrees", "falseticker"]);
 * assertEquals(outcome, "disagree");
 * ```
 */
export async function compare(
  urls: readonly string[],
  options: CompareOptions = {},
): Promise<Comparison> {
  const endpoints = urls.map(parseMeasurable);
  // Before any of them is asked.
  for (const endpoint of endpoints) checkInterval(endpoint, options.interval);
  const unique = new Set(endpoints.map(formatEndpoint));
  const all = await Promise.all([...unique].map((url) => sample(url, { count: 4, ...options })));
  return combine(all);
}

/** Compares servers that have been sampled. */
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
  const claim = ({ offset, rootDistance }: Estimate): Interval & { middle: number } => {
    const middle = first ? toSeconds(offset.subtract(first.offset)) : 0;
    const distance = toSeconds(rootDistance);
    return { low: middle - distance, middle, high: middle + distance };
  };
  const isAlone = estimates.length === 1;
  const region = isAlone ? undefined : intersection(estimates.map(claim));
  const verdictOf = ({ estimate }: Samples): Verdict => {
    if (!estimate) return "failed";
    if (isAlone) return "alone";
    if (!region) return "undecided";
    return overlaps(claim(estimate), region) ? "agrees" : "falseticker";
  };
  const servers = all.map((samples, i) => {
    const sameAs = same[i];
    return { ...samples, verdict: verdictOf(samples), ...(sameAs !== undefined && { sameAs }) };
  });
  if (!first) return { servers, outcome: "failed" };
  if (isAlone) return { servers, outcome: "alone" };
  if (!region) return { servers, outcome: "disagree" };
  const survivors = estimates.map(claim).filter((interval) => overlaps(interval, region));
  const { mean, bound } = weightedMean(survivors, region);
  return {
    servers,
    outcome: survivors.length === estimates.length ? "agree" : "disagree",
    offset: first.offset.add(fromSeconds(mean)),
    errorBound: fromSeconds(bound),
  };
}

/** The mean by inverse root distance (RFC 5905 §11.2.3), within the region, and how far its ends are. */
function weightedMean(
  survivors: readonly (Interval & { middle: number })[],
  region: Interval,
): { mean: number; bound: number } {
  let [sum, weights] = [0, 0];
  for (const { low, middle } of survivors) {
    const weight = 1 / (middle - low);
    sum += weight * middle;
    weights += weight;
  }
  const mean = Math.min(Math.max(sum / weights, region.low), region.high);
  return { mean, bound: Math.max(mean - region.low, region.high - mean) };
}
