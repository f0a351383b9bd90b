/** The offset by the quickest datagrams of each way, which bound them from both sides. */
import { type Sample, STAMP_NOISE, wanderVariance } from "./sample.ts";

/** Fewer samples show no quickest ones. */
const MIN_SAMPLES = 8;

/** Slopes that are tried at once, and how often the range of those that are likely is looked at more closely. */
const SLOPES = 33;
const LOOKS = 3;

/** The first range of slopes, in deviations of the known frequency. */
const RANGE_DEVIATIONS = 5;

/** A slope less likely than this, relative to the likeliest one, is left out of a closer look. */
const MIN_LIKELIHOOD = 1e-4;

/** What is known of the queues and of the oscillator. */
export interface Known {
  readonly frequency: number;
  readonly frequencyDeviation: number;
  /** The mean time that a datagram waits on one way, in seconds. */
  readonly queueSeconds: number;
  /** The random walk of the frequency: per root of a second. */
  readonly wander: number;
}

/** What one sample bounds the offset by, extrapolated from it. */
interface Bounds {
  readonly age: number;
  /** How far the clocks may have moved apart since, beyond their frequency, as a deviation in seconds. */
  readonly slack: number;
  /** The offset plus half the least delay is below this, before the frequency is applied. */
  readonly above: number;
  /** Half the least delay minus the offset is below this. */
  readonly below: number;
}

/** An offset at the last sample, in seconds, with its variance. */
export interface Offset {
  readonly offset: number;
  readonly variance: number;
}

interface Slope extends Offset {
  readonly frequency: number;
  readonly logLikelihood: number;
}

/**
 * Estimates the offset from samples whose queues are exponential on each way; undefined if there are too few.
 *
 * Each way alone bounds the offset, since no datagram is quicker than the least delay of its way. For a given frequency
 * the bounds leave an interval whose middle is the offset, and whose width shrinks with the number of samples, where
 * that of the quickest exchange shrinks with the root of it only. How far apart the bounds are is how likely the
 * frequency is.
 */
export function estimateByFloors(samples: readonly Sample[], known: Known): Offset | undefined {
  const last = samples.at(-1);
  if (last === undefined || samples.length < MIN_SAMPLES) return undefined;
  const bounds = samples.map((sample) => boundsOf(sample, last.at - sample.at, known.wander));
  // How densely the quickest datagrams lie above the floor: an old one counts less, by what it may be off.
  const density = sumOf(bounds.map(({ slack }) => 1 / (known.queueSeconds + slack)));
  const spread = RANGE_DEVIATIONS * known.frequencyDeviation;
  let [low, high] = [known.frequency - spread, known.frequency + spread];
  let slopes: readonly (Slope & { readonly weight: number })[] = [];
  for (let look = 0; look < LOOKS; look++) {
    const step = (high - low) / (SLOPES - 1);
    slopes = weigh(
      Array.from({ length: SLOPES }, (_, i) => fit(bounds, low + i * step, density)),
    );
    const likely = slopes.filter(({ weight }) => weight > MIN_LIKELIHOOD);
    low = (likely[0] as Slope).frequency - step;
    high = (likely.at(-1) as Slope).frequency + step;
  }
  const total = sumOf(slopes.map(({ weight }) => weight));
  const mean = (of: (slope: Slope) => number): number =>
    sumOf(slopes.map((slope) => slope.weight * of(slope))) / total;
  const offset = mean((slope) => slope.offset);
  const variance = mean((slope) => (slope.offset - offset) ** 2 + slope.variance);
  // Each bound is off by an exponential distance.
  return { offset, variance: variance + 0.5 / density ** 2 + STAMP_NOISE ** 2 };
}

function boundsOf({ offset, delay }: Sample, age: number, wander: number): Bounds {
  const slack = Math.sqrt(wanderVariance(wander, age) + STAMP_NOISE ** 2);
  return { age, slack, above: offset + delay / 2 + slack, below: delay / 2 - offset + slack };
}

/** The offset in the middle of what the bounds leave, if the frequency is this one. */
function fit(bounds: readonly Bounds[], frequency: number, density: number): Slope {
  let [above, below, aboveSlack, belowSlack] = [Infinity, Infinity, 0, 0];
  for (const bound of bounds) {
    const [high, low] = [bound.above + frequency * bound.age, bound.below - frequency * bound.age];
    if (high < above) [above, aboveSlack] = [high, bound.slack];
    if (low < below) [below, belowSlack] = [low, bound.slack];
  }
  return {
    frequency,
    offset: (above - below) / 2,
    variance: (aboveSlack ** 2 + belowSlack ** 2) / 2,
    logLikelihood: density * (above + below),
  };
}

/** Gives each slope the weight of its likelihood relative to the greatest. */
function weigh(slopes: readonly Slope[]): (Slope & { readonly weight: number })[] {
  const most = Math.max(...slopes.map(({ logLikelihood }) => logLikelihood));
  return slopes.map((slope) => ({ ...slope, weight: Math.exp(slope.logLikelihood - most) }));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
