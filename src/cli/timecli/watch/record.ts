/** The records of watched servers: their figures, points to plot, and which of them is wrong. */
import { combine } from "../../../client/compare.ts";
import { estimate } from "../../../client/estimate.ts";
import type { Samples } from "../../../client/sample.ts";
import { delayOf, unsentFailures } from "../../../client/query.ts";
import { computeJitter, RunningStatistics } from "../../../client/statistics.ts";
import { formatDisagreement } from "../../../client/verdicts.ts";
import type { WatchedExchange, WatchEvent, WatchEventBase } from "../../../client/watch.ts";
import type { QueryFailure } from "../../../protocols/failure.ts";
import type { TimeReply } from "../../../protocols/registry.ts";
import { toSeconds } from "../../../text/duration.ts";
import { escapeLine } from "../../../text/printable.ts";
import type { StyledLine } from "../../shared/output.ts";
import { formatServer } from "../query/report.ts";
import { type PlotPoint, Thinned, ThinnedPoints } from "./thinned.ts";
import { timeSpans } from "./axes.ts";

/** Parts of a span of time: a terminal rarely has as many columns, a picture has fewer. */
const BUCKETS = 500;

/** More cannot be distinguished in a histogram. */
const MAX_SAMPLES = 4096;

/** More would cover a picture. */
const MAX_MARKS = 512;

/** The replies that the jitter is of: NSTAGE of RFC 5905 §7.2. */
const MAX_JITTER_REPLIES = 8;

/** Shorter spans are parts of this one. */
const MIN_SPAN_SECONDS = 60;

/** Failures of a request without a reply; others are those of a reply, or come before a request. */
const losses: readonly QueryFailure[] = ["timeout", "refused", "unreachable"];

/** An event that is not an exchange. */
export type WatchNotice = Exclude<WatchEvent, { readonly type: "exchange" }>;

export interface Sample {
  readonly delay: number;
  /** The offset and its error bound; undefined where the protocol has none. */
  readonly measured?: { readonly offset: number; readonly bound: number } | undefined;
}

/** Counts and statistics over some time. */
export class Figures {
  readonly offsets: RunningStatistics = new RunningStatistics();
  readonly delays: RunningStatistics = new RunningStatistics();
  /** Requests that were answered or lost. */
  sent = 0;
  /** Requests that could not be sent. */
  unsent = 0;
  /** Requests without a reply. */
  lost = 0;
  /** Requests with a reply that has no usable time. */
  bad = 0;
  #register: { readonly offset: number; readonly delay: number }[] = [];

  /** The jitter of the latest replies with an offset, in seconds; NaN with fewer than two. */
  get jitter(): number {
    return computeJitter(
      this.#register.map(({ offset }) => offset),
      this.#register.map(({ delay }) => delay),
    );
  }

  count({ error }: WatchedExchange, sample: Sample | undefined): void {
    if (error && unsentFailures.includes(error.reason)) return void this.unsent++;
    this.sent++;
    if (error && losses.includes(error.reason)) this.lost++;
    else if (error) this.bad++;
    if (!sample) return;
    const { delay, measured } = sample;
    this.delays.add(delay);
    if (!measured) return;
    const { offset } = measured;
    this.offsets.add(offset);
    this.#register = [...this.#register.slice(1 - MAX_JITTER_REPLIES), { offset, delay }];
  }
}

/** The figures of the whole time, and those that are shown besides. */
export class WatchRecord extends Figures {
  /** Its URL, safe to print. */
  readonly url: string;
  /** The figures since the screen was reset. */
  shown = new Figures();
  last: WatchedExchange | undefined;
  /** The last exchange with a usable time. */
  lastGood: WatchedExchange | undefined;
  /** Replies of the whole time, evenly thinned: plot points have too many extremes. */
  readonly samples: Thinned<Sample> = new Thinned(MAX_SAMPLES);
  /** When requests that failed were sent, in milliseconds since the Unix epoch. */
  readonly failures: Thinned<number> = new Thinned(MAX_MARKS);
  notices: WatchNotice[] = [];
  readonly #whole = new ThinnedPoints({ bucketMs: 1, buckets: 2 * BUCKETS, keep: "all" });
  readonly #latest = timeSpans
    .filter(({ seconds }) => seconds >= MIN_SPAN_SECONDS)
    .map(({ seconds }) => ({
      seconds,
      points: new ThinnedPoints({
        bucketMs: seconds * 1000 / BUCKETS,
        // A span cuts one at either end.
        buckets: BUCKETS + 2,
        keep: "latest",
      }),
    }));

  constructor(url: string) {
    super();
    this.url = escapeLine(url);
  }

  /** Begins the figures of the screen anew; those of the whole time stay. */
  reset(): void {
    this.shown = new Figures();
  }

  /** The last reply; the last with a usable time where the exchange after it failed. */
  get reply(): TimeReply | undefined {
    return (this.last?.error ? this.lastGood : this.last)?.reply;
  }

  /** Its URL with the address behind it, safe to print. */
  get name(): string {
    return this.reply ? formatServer({ url: this.url, from: this.reply.from }) : this.url;
  }

  get all(): PlotPoint[] {
    return this.#whole.points;
  }

  /** Points of at least the latest `seconds`. */
  latest(seconds: number): PlotPoint[] {
    return this.#latest.find((each) => each.seconds >= seconds)?.points.points ?? this.all;
  }

  add(event: WatchEvent): void {
    if (event.type === "exchange") return this.#addExchange(event);
    this.notices.push(event);
    if (this.notices.length > MAX_MARKS) this.notices.shift();
  }

  #addExchange(event: WatchEventBase & WatchedExchange): void {
    const { error, sentAt } = event;
    const sample = sampleOf(event);
    this.last = event;
    for (const figures of [this, this.shown]) figures.count(event, sample);
    if (error) this.failures.add(sentAt.epochMilliseconds);
    if (!sample) return;
    this.lastGood = event;
    this.samples.add(sample);
    const { delay, measured } = sample;
    const point = { atMs: sentAt.epochMilliseconds, offset: measured?.offset, delay };
    this.#whole.add(point);
    for (const { points } of this.#latest) points.add(point);
  }
}

/** The figures of an exchange, if its time is usable. */
function sampleOf({ reply, error }: WatchedExchange): Sample | undefined {
  if (!reply || error) return undefined;
  const delay = toSeconds(delayOf(reply));
  if (!("offset" in reply)) return { delay };
  return {
    delay,
    measured: { offset: toSeconds(reply.offset), bound: toSeconds(reply.errorBound) },
  };
}

/** A line per server that is wrong, or one if no majority agrees; none as long as all can be right. */
export function disagreementOf(records: readonly WatchRecord[]): StyledLine[] {
  const comparison = combine(records.flatMap(samplesOf));
  if (comparison.outcome !== "disagree") return [];
  return formatDisagreement(comparison).map((text) => ({ text: escapeLine(text), tone: "bad" }));
}

/** The latest reply of a server as the only one of a sampling. */
function samplesOf({ url, last }: WatchRecord): Samples[] {
  const { reply, error } = last ?? {};
  if (!reply || error || !("offset" in reply)) return [];
  const startedAfter = new Temporal.Duration();
  const estimated = estimate([{ reply, startedAfter }], startedAfter);
  return estimated ? [{ url, exchanges: [], loss: 0, estimate: estimated, warnings: [] }] : [];
}
