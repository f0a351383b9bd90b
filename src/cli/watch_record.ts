/** What `timecli watch` keeps of a server: its figures, and points to plot. */
import { RunningStatistics } from "../client/running_statistics.ts";
import type { Sighting, WatchedExchange, WatchEvent } from "../client/watch.ts";
import { onOneLine } from "./one_line.ts";

/** One exchange that brought a time fit to trust. */
export interface PlotPoint {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Seconds; undefined where the protocol has none. */
  readonly offset: number | undefined;
  /** Seconds. */
  readonly delay: number;
}

/** More than the longest span that is shown has at a request a second, and a picture can tell apart. */
const MOST_POINTS = 4096;

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
  /** The last exchange. */
  last: WatchedExchange | undefined;
  /** The last points. */
  recent: PlotPoint[] = [];
  /** Points of the whole time, evenly thinned out. */
  all: PlotPoint[] = [];
  #stride = 1;
  #points = 0;

  /** @param url As it is in the events */
  constructor(url: string) {
    this.url = onOneLine(url);
  }

  /** Takes an exchange. */
  add(event: Sighting & WatchedExchange): void {
    const { reply, error, at } = event;
    this.last = event;
    this.asked++;
    if (!reply) this.lost++;
    if (!reply || error) return;
    const offset = "offset" in reply ? reply.offset.total("seconds") : undefined;
    const delay = ("delay" in reply ? reply.delay : reply.roundTrip).total("seconds");
    if (offset !== undefined) this.offsets.add(offset);
    this.delays.add(delay);
    this.#keep({ atMs: at.epochMilliseconds, offset, delay });
  }

  #keep(point: PlotPoint): void {
    this.recent.push(point);
    if (this.recent.length > 2 * MOST_POINTS) this.recent = this.recent.slice(-MOST_POINTS);
    if (this.#points++ % this.#stride === 0) this.all.push(point);
    if (this.all.length >= 2 * MOST_POINTS) {
      this.all = this.all.filter((_, i) => i % 2 === 0);
      this.#stride *= 2;
    }
  }
}

/** An event that is no exchange. */
export type WatchNews = Exclude<WatchEvent, { readonly type: "exchange" }>;

/** What happened, for people. */
export function describeNews(news: WatchNews, formatStep: (seconds: number) => string): string {
  switch (news.type) {
    case "kiss":
      return `kiss ${onOneLine(news.code)}, ` +
        (news.interval === undefined
          ? "it is not asked any more"
          : `it is asked every ${news.interval} s from now on`);
    case "stratum":
      return `stratum ${news.from} → ${news.to}`;
    case "leap":
      return `leap second ${news.from} → ${news.to}`;
    case "step": {
      const whose = news.clock === "local" ? "this machine's clock was set" : "its clock was set";
      return `step of the offset by ${formatStep(news.step.total("seconds"))}: ${whose}`;
    }
  }
}
