/**
 * Summaries of figures measured in rounds.
 *
 * @module
 */

/** The middle of some figures and how far they spread. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Sums up figures.
 *
 * @param figures in any order
 * @returns the summary, or `undefined` when there is no figure
 */
export function summarize(figures: readonly number[]): Summary | undefined {
  const sorted = figures.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? max;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  return { median: (lower + upper) / 2, min, max };
}

/** How the figures of two contenders compare. */
export interface Ratio extends Summary {
  /** Rounds that have both figures. */
  readonly count: number;
  /** Rounds in which ours was the larger. */
  readonly above: number;
  /** Rounds in which ours was the smaller. */
  readonly below: number;
  /** Where the median lies with at least 95 % confidence; with fewer than six rounds nobody can say. */
  readonly interval: Interval | undefined;
}

/** From where to where. */
export type Interval = readonly [low: number, high: number];

/**
 * Sums up how two contenders compare, round by round: what slows a whole round down slows both and leaves their ratio.
 *
 * @param ours a figure a round, `undefined` where there is none
 * @param theirs the other's figures of the same rounds
 * @returns the summary of ours divided by theirs, or `undefined` when no round has both
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

/** How often an interval may miss the median that it is for. */
const MISSES = 0.05;

/**
 * Where the median lies of what some figures are a sample of, whatever its distribution: each figure is below the median
 * as likely as above it, so how many are below is binomial, and the k-th smallest and k-th largest enclose it.
 *
 * @param figures at most 1000, in any order
 * @returns the narrowest such pair that encloses the median with at least 95 % confidence, or `undefined` when not even the
 * smallest and the largest do
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
 * How fast one quantity grows with another: the slope of the straight line of least squares.
 *
 * @param points pairs of x and y
 * @returns the growth of y for each 1 of x, or `undefined` when there are not two different x
 */
export function slope(points: readonly (readonly [x: number, y: number])[]): number | undefined {
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

/** How large some errors are, whatever their sign. */
export interface Magnitudes {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Sums up errors.
 *
 * @param errors at least one, in any order
 * @returns their magnitudes
 */
export function summarizeMagnitudes(errors: readonly number[]): Magnitudes {
  const sorted = errors.map(Math.abs).toSorted((a, b) => a - b);
  const { median, max } = summarize(sorted) ?? { median: NaN, max: NaN };
  const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? NaN;
  return { count: sorted.length, median, p99, max };
}

/**
 * The order in which contenders take their turns: reversed every other round, so that none always goes first.
 *
 * @param contenders in their first round's order
 * @param round counted from 0
 * @returns the order of this round
 */
export function turnsOf<T>(contenders: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? contenders : contenders.toReversed();
}
