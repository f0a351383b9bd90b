/** A measured offset with its error bound either way, and when it was measured on a clock that is never set. */
export interface OffsetPoint {
  readonly atSeconds: number;
  readonly offsetSeconds: number;
  readonly boundSeconds: number;
}

/** How much faster one clock runs than another. */
export interface FrequencyError {
  /** In parts per million (µs per second); positive if the local clock is too slow. */
  readonly ppm: number;
  /** The error bound either way, in parts per million. */
  readonly boundPpm: number;
}

/** NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted.length >> 1;
  const low = sorted.length - 1 >> 1;
  return ((sorted[low] as number) + (sorted[high] as number)) / 2;
}

/**
 * Computes the jitter as RFC 5905 §10 defines it: the root mean square of the differences of all other offsets from
 * the one with the least delay. NaN with fewer than two.
 */
export function computeJitter(offsets: readonly number[], delays: readonly number[]): number {
  const best = delays.indexOf(Math.min(...delays));
  const differences = offsets.toSpliced(best, 1).map((offset) => offset - (offsets[best] ?? NaN));
  return Math.sqrt(
    differences.reduce((sum, value) => sum + value * value, 0) / differences.length,
  );
}

/**
 * The range of slopes of the straight lines that pass through the error bars of all offsets, which are in
 * the order of time: its low end is above its high one if no line fits, as a clock was stepped or its rate
 * changed.
 *
 * If the bounds hold and both clocks ran evenly, the true line is one of these, however asymmetric the
 * delays were: half of the range is a bound, not a confidence. A regression would assume that the errors
 * cancel out, which those of an asymmetric path do not. Between two bars the slope is at most from the
 * bottom of the earlier to the top of the later, so the range is what all pairs allow.
 */
export function slopeRange(points: readonly OffsetPoint[]): { low: number; high: number } {
  let [low, high] = [-Infinity, Infinity];
  for (const [i, later] of points.entries()) {
    for (const earlier of points.slice(0, i)) {
      const run = later.atSeconds - earlier.atSeconds;
      if (run <= 0) continue;
      const rise = later.offsetSeconds - earlier.offsetSeconds;
      const slack = later.boundSeconds + earlier.boundSeconds;
      low = Math.max(low, (rise - slack) / run);
      high = Math.min(high, (rise + slack) / run);
    }
  }
  return { low, high };
}

/**
 * Statistics of numbers that come one by one and are not kept, such as the offsets of a watch.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RunningStatistics } from "@timesrv/timesrv/measure";
 *
 * const offsets = new RunningStatistics();
 * for (const seconds of [0.001, 0.003, 0.002]) offsets.add(seconds);
 * assertEquals([offsets.count, offsets.min, offsets.mean, offsets.max], [3, 0.001, 0.002, 0.003]);
 * ```
 */
export class RunningStatistics {
  /** The number of values. */
  count = 0;
  /** The smallest; Infinity without values. */
  min: number = Infinity;
  /** The largest; -Infinity without values. */
  max: number = -Infinity;
  /** The mean; 0 without values. */
  mean = 0;
  #squaredDeviations = 0;

  /**
   * Adds a value.
   *
   * @param value The value
   */
  add(value: number): void {
    this.count++;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    // Welford's algorithm: a sum of squares would lose a spread of microseconds around hours.
    const deviation = value - this.mean;
    this.mean += deviation / this.count;
    this.#squaredDeviations += deviation * (value - this.mean);
  }

  /** The sample standard deviation; NaN with fewer than two values. */
  get standardDeviation(): number {
    return this.count < 2 ? NaN : Math.sqrt(this.#squaredDeviations / (this.count - 1));
  }
}
