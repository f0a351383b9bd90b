/**
 * The figures of a load test. Each request ends as good, bad or lost; late, duplicate and stray replies
 * are counted besides.
 */
export interface LoadResult {
  /** The URL of the server, with its port. */
  readonly url: string;
  /** The address that was tested. */
  readonly address: string;
  /** The UDP port. */
  readonly port: number;
  /** Seconds measured: while requests were sent, or until the last reply if their number was limited. */
  readonly seconds: number;
  /** Requests sent. */
  readonly sent: number;
  /** Correct replies. */
  readonly good: number;
  /** Wrong replies. */
  readonly bad: number;
  /** Second replies to a request. */
  readonly duplicate: number;
  /** Requests without a reply in time. */
  readonly lost: number;
  /** Replies to requests that were already lost; always 0 where replies cannot be matched to requests. */
  readonly late: number;
  /** Replies to no request. */
  readonly stray: number;
  /** Good replies per second. */
  readonly goodPerSecond: number;
  /** CPU time of the server's process per good reply. */
  readonly cpuUsPerReply?: number | undefined;
  /**
   * From before the system call that sent a request, or from when it was due, to after the one that
   * received its reply.
   */
  readonly latencyUs: Percentiles;
  /** Absolute offsets of NTP replies; of the first request in each system call. */
  readonly offsetUs?: Pick<Percentiles, "p50" | "p99">;
  /** The share of receive calls that found nothing: near 0, the generator is the limit. */
  readonly idleShare: number;
}

/** Percentiles in microseconds; undefined where nothing was measured. */
export interface Percentiles {
  /** The median. */
  readonly p50: number | undefined;
  /** The 90th percentile. */
  readonly p90: number | undefined;
  /** The 99th percentile. */
  readonly p99: number | undefined;
  /** The 99.9th percentile. */
  readonly p999: number | undefined;
}

export type Figures = Omit<LoadResult, "url" | "address" | "port">;

export class Tally {
  sent = 0;
  good = 0;
  bad = 0;
  duplicate = 0;
  late = 0;
  lost = 0;
  stray = 0;
  /** Receive calls, and those that found nothing. */
  looks = 0;
  idleLooks = 0;
  /** The time measured so far, and the good replies in it. */
  seconds = 0;
  goodInTime = 0;
  /** CPU time of the server's process; NaN if it is not measured. */
  cpuNs = NaN;
  readonly latencies = new Histogram();
  /** Absolute offsets, where the protocol has timestamps. */
  offsets: Histogram | undefined;

  summarize(): Figures {
    const { seconds, sent, good, bad, duplicate, lost, late, stray, cpuNs, offsets } = this;
    const isTimed = !Number.isNaN(cpuNs) && good > 0;
    return {
      ...{ seconds, sent, good, bad, duplicate, lost, late, stray },
      goodPerSecond: this.goodInTime / seconds,
      cpuUsPerReply: isTimed ? cpuNs / 1000 / good : undefined,
      latencyUs: {
        p50: microseconds(this.latencies, 0.5),
        p90: microseconds(this.latencies, 0.9),
        p99: microseconds(this.latencies, 0.99),
        p999: microseconds(this.latencies, 0.999),
      },
      ...(offsets && {
        offsetUs: { p50: microseconds(offsets, 0.5), p99: microseconds(offsets, 0.99) },
      }),
      idleShare: this.idleLooks / this.looks,
    };
  }
}

function microseconds(histogram: Histogram, share: number): number | undefined {
  const ns = histogram.percentileNs(share);
  return ns === undefined ? undefined : ns / 1000;
}

/** Buckets per power of two: a bucket is at most 1/64 = 1.6 % wide. */
const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;

/** Longer latencies count as this one, about 4.3 s. */
const MAX_NS = 2 ** 32 - 1;

/** Latencies counted in buckets of fixed relative width, so that recording one allocates nothing. */
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
