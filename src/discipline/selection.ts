/** Which upstream servers are right, and one time of them. */
import { intersection, type Interval, overlaps } from "../client/intersection.ts";
import type { Estimate } from "./filter.ts";
import type { Sample } from "./sample.ts";

/** An upstream that may count now. */
export interface Candidate {
  readonly estimate: Estimate;
  readonly samples: readonly Sample[];
  /** The stratum of its last reply. */
  readonly stratum: number;
}

/** How an upstream counts: the nearest of those combined, combined with it, too far off, or wrong. */
export type Role = "selected" | "combined" | "distant" | "falseticker";

/** The time that the candidates have in common. */
export interface Selection {
  readonly roles: readonly Role[];
  /** The index of the nearest one. */
  readonly best: number;
  /** The best sample of that one. */
  readonly bestSample: Sample;
  readonly offset: number;
  readonly frequency: number;
  readonly offsetDeviation: number;
  readonly frequencyDeviation: number;
  /** Where the true offset lies as long as less than half of the candidates are wrong. */
  readonly hull: Interval;
  /** The distances of the candidates, in seconds. */
  readonly distances: readonly number[];
}

/** The drift that remains of a frequency known exactly, and the most that is assumed: seconds per second. */
const LEAST_DRIFT = 1e-6;
const MOST_DRIFT = 500e-6;

/** One stratum counts as much as this many seconds of distance. */
const STRATUM_SECONDS = 1e-3;

/** Clients see the reference id, so it does not change for less. */
const NEARER = 0.7;

/** Upstreams farther than this many times the nearest, and these seconds, are not combined with it. */
const COMBINED_DISTANCES = 3;
const COMBINED_SECONDS = 0.1e-3;

/** The share of half the delay to the reference that an offset may be off by unseen: ways are not quite alike. */
const ASYMMETRY = 0.02;

/** How fast the error of a clock grows whose frequency is known to a deviation, in seconds per second. */
export function driftOf(frequencyDeviation: number): number {
  return Math.min(LEAST_DRIFT + 3 * frequencyDeviation, MOST_DRIFT);
}

interface Distance {
  readonly seconds: number;
  readonly interval: Interval;
  readonly sample: Sample;
}

/** The root distance of a candidate by the sample that makes it least, and the interval it stands for. */
export function distanceOf({ estimate, samples }: Candidate, at: number): Distance | undefined {
  const drift = driftOf(estimate.frequencyDeviation);
  let least: Distance | undefined;
  for (const sample of samples) {
    const age = at - sample.at;
    const seconds = sample.delay / 2 + sample.dispersion + sample.rootDelay / 2 +
      sample.rootDispersion + age * drift;
    if (least !== undefined && seconds >= least.seconds) continue;
    const middle = sample.offset + age * estimate.frequency;
    least = { seconds, interval: { low: middle - seconds, high: middle + seconds }, sample };
  }
  return least;
}

/**
 * Selects and combines; undefined if no majority of the candidates agrees.
 *
 * @param before The index of the one selected before, which stays so unless another one is much nearer
 */
export function select(
  candidates: readonly Candidate[],
  at: number,
  before?: number,
): Selection | undefined {
  const distances = candidates.map((candidate) => distanceOf(candidate, at));
  if (distances.some((distance) => distance === undefined)) return undefined;
  const all = distances as readonly Distance[];
  const intervals = all.map(({ interval }) => interval);
  const region = intersection(intervals);
  const hull = hullOfMajority(intervals);
  if (region === undefined || hull === undefined) return undefined;
  const isTrue = intervals.map((interval) => overlaps(interval, region));
  const rank = (i: number): number =>
    (all[i] as Distance).seconds + STRATUM_SECONDS * (candidates[i] as Candidate).stratum;
  const truechimers = all.keys().filter((i) => isTrue[i]).toArray();
  const first = truechimers.reduce((best, i) => rank(i) < rank(best) ? i : best);
  const stays = before !== undefined && isTrue[before] && rank(first) > NEARER * rank(before);
  const best = stays ? before : first;
  const nearest = Math.min(...truechimers.map((i) => (all[i] as Distance).seconds));
  const limit = COMBINED_DISTANCES * nearest + COMBINED_SECONDS;
  const combined = truechimers.filter((i) => i === best || (all[i] as Distance).seconds <= limit);
  const roles = all.map((_, i): Role => {
    if (i === best) return "selected";
    if (!isTrue[i]) return "falseticker";
    return combined.includes(i) ? "combined" : "distant";
  });
  return {
    roles,
    best,
    bestSample: (all[best] as Distance).sample,
    hull,
    distances: all.map(({ seconds }) => seconds),
    ...combine(
      combined.map((i) => ({
        estimate: (candidates[i] as Candidate).estimate,
        way: wayOf((all[i] as Distance).sample),
      })),
      region,
    ),
  };
}

function wayOf({ delay, rootDelay }: Sample): number {
  return (delay + rootDelay) / 2;
}

function combine(
  parts: readonly { readonly estimate: Estimate; readonly way: number }[],
  region: Interval,
): Estimate {
  let [offset, offsetWeights, frequency, frequencyWeights, variance] = [0, 0, 0, 0, 0];
  for (const { estimate, way } of parts) {
    const byOffset = 1 / (estimate.offsetDeviation ** 2 + (ASYMMETRY * way) ** 2);
    const byFrequency = 1 / estimate.frequencyDeviation ** 2;
    offset += byOffset * estimate.offset;
    variance += byOffset * estimate.offsetDeviation ** 2;
    offsetWeights += byOffset;
    frequency += byFrequency * estimate.frequency;
    frequencyWeights += byFrequency;
  }
  return {
    offset: Math.min(Math.max(offset / offsetWeights, region.low), region.high),
    // Their errors are not independent: the base clock is the same.
    offsetDeviation: Math.sqrt(variance / offsetWeights),
    frequency: frequency / frequencyWeights,
    frequencyDeviation: Math.sqrt(1 / frequencyWeights),
  };
}

/**
 * The hull of all points that more than half of the intervals hold, not only the most that happen to overlap: with
 * fewer than half of them wrong, the truth is within it.
 */
export function hullOfMajority(intervals: readonly Interval[]): Interval | undefined {
  const lows = intervals.map(({ low }) => low).toSorted((a, b) => a - b);
  const highs = intervals.map(({ high }) => high).toSorted((a, b) => a - b);
  const isHeld = (at: number): boolean =>
    2 * intervals.filter(({ low, high }) => low <= at && at <= high).length > intervals.length;
  const [low, high] = [lows.find(isHeld), highs.findLast(isHeld)];
  return low === undefined || high === undefined ? undefined : { low, high };
}
