/** What `timecli watch` keeps of a server: its figures, and points to plot. */
import type { QueryFailure } from "../../../protocols/failure.ts";
import { RunningStatistics } from "../../../client/running_statistics.ts";
import type { WatchedExchange, WatchEvent, WatchEventBase } from "../../../client/watch.ts";
import { escapeLine } from "../../../text/printable.ts";
import { type PlotPoint, ThinnedPoints } from "./thinned_points.ts";
import { timeSpans } from "./time_spans.ts";
import type { WatchNews } from "./watch_news.ts";

/** In so many parts a span of time is kept: a terminal of more columns is rare, a picture has not as many. */
const BUCKETS = 500;

/** More cannot be told apart in a histogram. */
const MOST_SAMPLES = 4096;

/** More marks would cover a picture. */
const MOST_MARKS = 512;

/** Shorter spans are parts of this. */
const SHORTEST_KEPT_SECONDS = 60;

/** No reply came. What else may be wrong is wrong with a reply. */
const losses: ReadonlySet<QueryFailure> = new Set<QueryFailure>([
  ...["timeout", "refused", "unknown-host", "unreachable"] as const,
]);

/** A reply's measurements, in seconds. */
export interface Sample {
  readonly delay: number;
  /** And how wrong it may be either way; undefined where the protocol has none. */
  readonly measured?: { readonly offset: number; readonly bound: number } | undefined;
}

/** One server's row. */
export class WatchRecord {
  /** Its URL, safe to print. */
  readonly url: string;
  /** The offsets, in seconds. */
  readonly offsets: RunningStatistics = new RunningStatistics();
  /** The delays, in seconds. */
  readonly delays: RunningStatistics = new RunningStatistics();
  /** Requests that have ended. */
  asked = 0;
  /** Those that no reply came to. */
  lost = 0;
  /** Those that a reply came to which is no time fit to trust. */
  bad = 0;
  /** The last exchange. */
  last: WatchedExchange | undefined;
  /** Replies of the whole time, evenly thinned out: extremes would come too often among points. */
  readonly samples: Thinned<Sample> = new Thinned(MOST_SAMPLES);
  /** When exchanges failed, in milliseconds since the Unix epoch, thinned out. */
  readonly failures: Thinned<number> = new Thinned(MOST_MARKS);
  /** What happened at the last. */
  news: WatchNews[] = [];
  readonly #whole = new ThinnedPoints({ bucketMs: 1, buckets: 2 * BUCKETS, keep: "all" });
  readonly #latest = timeSpans
    .filter(({ seconds }) => seconds >= SHORTEST_KEPT_SECONDS)
    .map(({ seconds }) => ({
      seconds,
      points: new ThinnedPoints({
        bucketMs: seconds * 1000 / BUCKETS,
        // One is cut at either end.
        buckets: BUCKETS + 2,
        keep: "latest",
      }),
    }));

  /** @param url As it is in the events */
  constructor(url: string) {
    this.url = escapeLine(url);
  }

  /** Points of the whole time, thinned out. */
  get all(): PlotPoint[] {
    return this.#whole.points;
  }

  /** Points of at least the latest so many seconds, thinned out. */
  latest(seconds: number): PlotPoint[] {
    return this.#latest.find((each) => each.seconds >= seconds)?.points.points ?? this.all;
  }

  /** Takes an event. */
  take(event: WatchEvent): void {
    if (event.type === "exchange") return this.#add(event);
    this.news.push(event);
    if (this.news.length > MOST_MARKS) this.news.shift();
  }

  #add(event: WatchEventBase & WatchedExchange): void {
    const { reply, error, at } = event;
    this.last = event;
    this.asked++;
    if (error) {
      this.failures.add(at.epochMilliseconds);
      if (losses.has(error.reason)) this.lost++;
      else this.bad++;
    }
    if (!reply || error) return;
    const offset = "offset" in reply ? reply.offset.total("seconds") : undefined;
    const delay = ("delay" in reply ? reply.delay : reply.roundTrip).total("seconds");
    const measured = "errorBound" in reply && offset !== undefined
      ? { offset, bound: reply.errorBound.total("seconds") }
      : undefined;
    if (measured) this.offsets.add(measured.offset);
    this.delays.add(delay);
    this.samples.add({ delay, measured });
    const point = { atMs: at.epochMilliseconds, offset, delay };
    this.#whole.add(point);
    for (const { points } of this.#latest) points.add(point);
  }
}

/** Every one, then every second, every fourth, ... of what is added, so that there are never too many. */
export class Thinned<T> {
  /** What is kept. */
  values: T[] = [];
  readonly #most: number;
  #stride = 1;
  #count = 0;

  /** @param most How many to keep */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes the next one. */
  add(value: T): void {
    if (this.#count++ % this.#stride === 0) this.values.push(value);
    if (this.values.length <= this.#most) return;
    this.values = this.values.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }
}
