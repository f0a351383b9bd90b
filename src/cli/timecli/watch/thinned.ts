/** Values and points over time in bounded memory. */

/** Keeps every value that is added, then every second, every fourth and so on. */
export class Thinned<T> {
  values: T[] = [];
  readonly #max: number;
  #stride = 1;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(value: T): void {
    if (this.#count++ % this.#stride === 0) this.values.push(value);
    if (this.values.length <= this.#max) return;
    this.values = this.values.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }
}

/** An exchange with a usable time. */
export interface PlotPoint {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Seconds; undefined where the protocol has none. */
  readonly offset: number | undefined;
  /** Seconds. */
  readonly delay: number;
}

export interface ThinnedPointsOptions {
  readonly bucketMs: number;
  readonly buckets: number;
  /** Beyond that number, `all` makes the buckets longer, `latest` drops the oldest. */
  readonly keep: "all" | "latest";
}

/** Keeps the points with the extreme offsets and delays of each bucket of time, four at most. */
export class ThinnedPoints {
  readonly #options: ThinnedPointsOptions;
  #bucketMs: number;
  #buckets: { readonly key: number; points: readonly PlotPoint[] }[] = [];

  constructor(options: ThinnedPointsOptions) {
    this.#options = options;
    this.#bucketMs = options.bucketMs;
  }

  get points(): PlotPoint[] {
    return this.#buckets.flatMap(({ points }) => points);
  }

  add(point: PlotPoint): void {
    this.#put(point);
    const { buckets, keep } = this.#options;
    if (keep === "all") {
      while (this.#buckets.length > buckets) this.#lengthenBuckets();
    } else if (this.#buckets.length > buckets * 1.25) {
      // Not one by one, which would move all the others each time.
      this.#buckets = this.#buckets.slice(-buckets);
    }
  }

  #put(point: PlotPoint): void {
    const key = Math.floor(point.atMs / this.#bucketMs);
    const last = this.#buckets.at(-1);
    if (last?.key === key) last.points = selectExtremes([...last.points, point]);
    else this.#buckets.push({ key, points: [point] });
  }

  #lengthenBuckets(): void {
    const { points } = this;
    this.#bucketMs *= 2;
    this.#buckets = [];
    for (const point of points) this.#put(point);
  }
}

function selectExtremes(points: readonly PlotPoint[]): readonly PlotPoint[] {
  const kept = new Set<PlotPoint | undefined>();
  for (const name of ["offset", "delay"] as const) {
    const sorted = points.filter((point) => point[name] !== undefined)
      .toSorted((a, b) => (a[name] ?? 0) - (b[name] ?? 0));
    kept.add(sorted[0]).add(sorted.at(-1));
  }
  return points.filter((point) => kept.has(point));
}
