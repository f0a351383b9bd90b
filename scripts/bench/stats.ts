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
): Summary | undefined {
  const ratios: number[] = [];
  ours.forEach((figure, round) => {
    const other = theirs[round];
    if (figure !== undefined && other !== undefined && other > 0) ratios.push(figure / other);
  });
  return summarize(ratios);
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
