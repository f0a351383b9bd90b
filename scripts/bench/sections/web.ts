/** The cost of a server that is watched, for the time that it serves. */
import { type Contender, timesrv } from "../contenders.ts";
import { runContest } from "../contest.ts";
import type { Bench, Findings, Section } from "../section.ts";
import { freeTcpPort } from "../servers.ts";

/** As in the section of the fixed rate. */
const RATE = 20_000;

/** Each slice has several scrapes. */
const SLICE_SECONDS = 3;

const SCRAPE_MS = 1000;

export const web: Section = {
  summary: `NTP at ${RATE.toLocaleString("en")} requests/s with and without scrapes and a viewer`,
  async measure(bench: Bench): Promise<Findings> {
    const { options: { rounds, flows } } = bench;
    const http = `127.0.0.1:${freeTcpPort()}`;
    const plain = timesrv("ntp", "ntp", "mmsg");
    const contenders: readonly Contender[] = [
      { ...timesrv("ntp", "ntp", "mmsg", ["--http", http]), name: "watched over HTTP" },
      { ...plain, name: "without --http", isOurs: false },
    ];
    const turns = rounds * 4;
    await using watcher = new Watcher(`http://${http}`);
    const { figures, lines } = await runContest({
      contenders,
      load: { duration: SLICE_SECONDS, flows, rate: RATE },
      turns,
      columns: { median: ["goodPerSecond", "latencyP50Us", "latencyP99Us", "cpuUsPerReply"] },
      ratios: ["latencyP50Us", "latencyP99Us", "cpuUsPerReply"],
    }, bench);
    const scrapeMs = watcher.medianMs;
    return {
      figures: { ...figures as object, scrapes: watcher.count, scrapeMs },
      lines: [
        `Watched: ${
          RATE.toLocaleString("en")
        } NTP requests/s, a scrape per second and a viewer of ` +
        `/events, ${turns} slices of ${SLICE_SECONDS} s; medians`,
        ...["", ...lines, ""],
        `${watcher.count} scrapes, ${scrapeMs.toFixed(2)} ms each as the scraper saw them (median)`,
      ],
    };
  },
};

/** Scrapes a server each second, and reads its events, from when it is there. */
class Watcher implements AsyncDisposable {
  readonly #url: string;
  readonly #end = new AbortController();
  readonly #timesMs: number[] = [];
  readonly #done: Promise<unknown>;

  constructor(url: string) {
    this.#url = url;
    this.#done = Promise.all([this.#scrape(), this.#view()]);
  }

  get count(): number {
    return this.#timesMs.length;
  }

  get medianMs(): number {
    return this.#timesMs.toSorted((a, b) => a - b)[this.count >> 1] ?? NaN;
  }

  async #scrape(): Promise<void> {
    const headers = { accept: "application/openmetrics-text", "accept-encoding": "gzip" };
    await this.#repeat(async (signal) => {
      const start = performance.now();
      const response = await fetch(`${this.#url}/metrics`, { headers, signal });
      await response.bytes();
      this.#timesMs.push(performance.now() - start);
    });
  }

  async #view(): Promise<void> {
    await this.#repeat(async (signal) => {
      const { body } = await fetch(`${this.#url}/events`, { signal });
      for await (const _part of body ?? []);
    });
  }

  /** Tries again while the server is not there. */
  async #repeat(ask: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await ask(signal).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, signal.aborted ? 0 : SCRAPE_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#done;
  }
}
