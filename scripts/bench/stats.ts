/** Statistics of figures measured in rounds. */
/** The median and the range of some figures. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Summarizes figures in any order; undefined if there are none. */
export function summarize(figures: readonly number[]): Summary | undefined {
  const sorted = figures.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? max;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  return { median: (lower + upper) / 2, min, max };
}

/** The ratios of two contenders' figures. */
export interface Ratio extends Summary {
  /** Rounds with both figures. */
  readonly count: number;
  /** Rounds with a ratio above 1. */
  readonly above: number;
  /** Rounds with a ratio below 1. */
  readonly below: number;
  /** The interval of the median with at least 95 % confidence; undefined with fewer than six rounds. */
  readonly interval: Interval | undefined;
}

export type Interval = readonly [low: number, high: number];

/**
 * Summarizes the ratios of two contenders, round by round: what slows a whole round down slows both and leaves their ratio.
 *
 * @param ours One figure per round
 * @param theirs The other's figures of the same rounds
 * @returns The summary of ours divided by theirs; undefined if no round has both
 */
export function summarizeRatios(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): Ratio | undefined {
  const ratios: number[] = [];
  ours.forEach((figure, round) => {
    const other = theirs[round];
    if (figure !== undefined && other !== undefined && other > 0) ratios.push(figure / other);
  });
  const summary = summarize(ratios);
  return summary && {
    ...summary,
    count: ratios.length,
    above: ratios.filter((ratio) => ratio > 1).length,
    below: ratios.filter((ratio) => ratio < 1).length,
    interval: medianInterval(ratios),
  };
}

/** The probability that an interval misses the median. */
const MISSES = 0.05;

/**
 * Computes the confidence interval of a median, whatever the distribution: a figure is as likely below the median as above
 * it, so the number below is binomial, and the k-th smallest and k-th largest enclose it.
 *
 * @param figures At most 1000, in any order
 * @returns The narrowest such pair with at least 95 % confidence; undefined if not even the smallest and largest have it
 */
export function medianInterval(figures: readonly number[]): Interval | undefined {
  const sorted = figures.toSorted((a, b) => a - b);
  const { length } = sorted;
  let rank = 0;
  let share = 2 ** -length;
  // The share of samples with at most `rank` figures below the median, that is, of intervals that miss it on one side.
  for (let tail = share; 2 * tail <= MISSES; tail += share) {
    rank++;
    share *= (length - rank + 1) / rank;
  }
  const [low, high] = [sorted[rank - 1], sorted[length - rank]];
  return low === undefined || high === undefined ? undefined : [low, high];
}

/**
 * Fits a straight line by least squares.
 *
 * @returns Its slope; undefined without two different x
 */
export function fitSlope(points: readonly (readonly [x: number, y: number])[]): number | undefined {
  const mean = (axis: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let covariance = 0;
  let variance = 0;
  for (const [x, y] of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return variance > 0 ? covariance / variance : undefined;
}

/** Statistics of absolute errors. */
export interface Magnitudes {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Summarizes errors, whatever their sign. */
export function summarizeMagnitudes(errors: readonly number[]): Magnitudes {
  const sorted = errors.map(Math.abs).toSorted((a, b) => a - b);
  const { median, max } = summarize(sorted) ?? { median: NaN, max: NaN };
  const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? NaN;
  return { count: sorted.length, median, p99, max };
}

/** Orders the contenders of a round, counted from 0: reversed every other round, so that none always goes first. */
export function turnsOf<T>(contenders: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? contenders : contenders.toReversed();
}
