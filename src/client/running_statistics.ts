/**
 * The figures of numbers that come one by one and are not kept, as of the offsets of a watch.
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
  /** How many there were. */
  count = 0;
  /** The smallest; Infinity if there was none. */
  min: number = Infinity;
  /** The largest; -Infinity if there was none. */
  max: number = -Infinity;
  /** The mean; 0 if there was none. */
  mean = 0;
  #last = 0;
  #squaredDeviations = 0;
  #squaredDifferences = 0;

  /**
   * Takes the next one.
   *
   * @param value The number
   */
  add(value: number): void {
    if (this.count > 0) this.#squaredDifferences += (value - this.#last) ** 2;
    this.#last = value;
    this.count++;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    // Welford's way: a sum of squares would lose a spread of microseconds around hours.
    const deviation = value - this.mean;
    this.mean += deviation / this.count;
    this.#squaredDeviations += deviation * (value - this.mean);
  }

  /** The standard deviation of a sample; NaN of fewer than two. */
  get standardDeviation(): number {
    return this.count < 2 ? NaN : Math.sqrt(this.#squaredDeviations / (this.count - 1));
  }

  /** The jitter: the root mean square of the differences from one to the next; NaN of fewer than two. */
  get jitter(): number {
    return this.count < 2 ? NaN : Math.sqrt(this.#squaredDifferences / (this.count - 1));
  }
}
