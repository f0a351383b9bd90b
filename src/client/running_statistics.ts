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
