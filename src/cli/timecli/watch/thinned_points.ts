/** Points over time in bounded memory: what a plot cannot show is left out, extremes are not. */

/** One exchange that brought a time fit to trust. */
export interface PlotPoint {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Seconds; undefined where the protocol has none. */
  readonly offset: number | undefined;
  /** Seconds. */
  readonly delay: number;
}

/** What to keep. */
export interface ThinnedPointsOptions {
  /** Of each span of so many milliseconds the extremes are kept. */
  readonly bucketMs: number;
  /** So many spans with points in them are kept. */
  readonly buckets: number;
  /** What becomes of more: the spans get longer, or the oldest are forgotten. */
  readonly keep: "all" | "latest";
}

interface Bucket {
  readonly key: number;
  /** Four at most. */
  readonly points: readonly PlotPoint[];
}

/** Keeps the points with the least and the largest offset and delay of each span of time. */
export class ThinnedPoints {
  readonly #options: ThinnedPointsOptions;
  #bucketMs: number;
  #buckets: Bucket[] = [];

  /** @param options What to keep */
  constructor(options: ThinnedPointsOptions) {
    this.#options = options;
    this.#bucketMs = options.bucketMs;
  }

  /** What is kept, in the order in which it came. */
  get points(): PlotPoint[] {
    return this.#buckets.flatMap(({ points }) => points);
  }

  /** Takes the next point. */
  add(point: PlotPoint): void {
    this.#put(point);
    const { buckets, keep } = this.#options;
    if (keep === "all") {
      while (this.#buckets.length > buckets) this.#lengthen();
    } else if (this.#buckets.length > buckets * 1.25) {
      // Not one by one, which would move all the others each time.
      this.#buckets = this.#buckets.slice(-buckets);
    }
  }

  #put(point: PlotPoint): void {
    const key = Math.floor(point.atMs / this.#bucketMs);
    const last = this.#buckets.at(-1);
    if (last?.key !== key) this.#buckets.push({ key, points: [point] });
    else {this.#buckets.push({
        key,
        points: extremesOf([...this.#buckets.pop()?.points ?? [], point]),
      });}
  }

  #lengthen(): void {
    const { points } = this;
    this.#bucketMs *= 2;
    this.#buckets = [];
    for (const point of points) this.#put(point);
  }
}

function extremesOf(points: readonly PlotPoint[]): PlotPoint[] {
  const kept = new Set<PlotPoint>();
  for (const name of ["offset", "delay"] as const) {
    let [least, most]: (PlotPoint | undefined)[] = [];
    for (const point of points) {
      const value = point[name];
      if (value === undefined) continue;
      if (least === undefined || value < (least[name] ?? NaN)) least = point;
      if (most === undefined || value > (most[name] ?? NaN)) most = point;
    }
    if (least) kept.add(least);
    if (most) kept.add(most);
  }
  return points.filter((point) => kept.has(point));
}
