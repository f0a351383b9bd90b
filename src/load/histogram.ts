/** Latencies counted in buckets of fixed relative width, so that recording one allocates nothing. */

/** Buckets per power of two: a bucket is at most 1/64 = 1.6 % wide. */
const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;

/** Longer latencies count as this one, about 4.3 s. */
const MAX_NS = 2 ** 32 - 1;

export class Histogram {
  readonly #counts = new Uint32Array(bucketOf(MAX_NS) + 1);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Records a latency; a negative one counts as 0. */
  record(latencyNs: number): void {
    const bucket = bucketOf(Math.min(Math.max(latencyNs, 0), MAX_NS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** The latency that a share of all, 0.5 for the median, does not exceed: the middle of its bucket. */
  percentileNs(share: number): number | undefined {
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    const bucket = this.#counts.findIndex((count) => (seen += count) >= rank);
    return bucket < 0 ? undefined : middleNs(bucket);
  }
}

function bucketOf(ns: number): number {
  const value = ns >>> 0;
  if (value < SUB_BUCKETS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BUCKET_BITS;
  return SUB_BUCKETS * (shift + 1) + ((value >>> shift) - SUB_BUCKETS);
}

function middleNs(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const low = (SUB_BUCKETS + bucket % SUB_BUCKETS) * 2 ** shift;
  return low + (2 ** shift - 1) / 2;
}
