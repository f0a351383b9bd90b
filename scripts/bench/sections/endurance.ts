/**
 * Whether a server keeps what it has while it answers millions.
 *
 * @module
 */

import { layOutTable } from "../../../src/text/table.ts";
import { timesrv } from "../contenders.ts";
import type { LoadResult } from "../../../src/load/figures.ts";
import { putLoadOn } from "../generator.ts";
import type { Bench, Findings, Section } from "../section.ts";
import { type RunningServer, startAll } from "../servers.ts";
import { slope } from "../stats.ts";
import { decimal } from "../tables.ts";
import { type Usage, usageOf } from "../usage.ts";

/** How often the server is looked at. */
const SAMPLE_EVERY_MS = 1000;

/** How long it is asked before the replies are counted. */
const STRETCH_SECONDS = 10;

/** The server at a moment. */
interface Sample extends Usage {
  /** Since the first. */
  readonly seconds: number;
}

/** Millions of replies. */
export const endurance: Section = {
  summary: "memory, descriptors and threads over millions of replies",
  async measure(bench: Bench): Promise<Findings> {
    await using stack = new AsyncDisposableStack();
    const [server] = await startAll([timesrv("ntp", "ntp", "mmsg")], stack, bench);
    if (server === undefined) throw new Error("Cannot measure endurance: there is no server");
    const samples: Sample[] = [];
    const start = performance.now();
    const sample = (): void => {
      samples.push({ seconds: (performance.now() - start) / 1000, ...usageOf(server.pid) });
    };
    sample();
    const timer = setInterval(sample, SAMPLE_EVERY_MS);
    let stretches: readonly LoadResult[];
    try {
      stretches = await askUntilAnswered(server, bench);
    } finally {
      clearInterval(timer);
    }
    sample();
    return report(stretches, samples);
  },
};

async function askUntilAnswered(
  server: RunningServer,
  bench: Bench,
): Promise<readonly LoadResult[]> {
  const { replies, flows, window } = bench.options;
  const stretches: LoadResult[] = [];
  let good = 0;
  while (good < replies) {
    bench.showProgress(`endurance: ${decimal(good, 0)} of ${decimal(replies, 0)} replies`);
    const load = { seconds: STRETCH_SECONDS, flows, pace: { window } };
    const stretch = await putLoadOn(server, load, bench);
    if (stretch.good === 0) throw new Error("Cannot go on: the server does not answer any more");
    stretches.push(stretch);
    good += stretch.good;
  }
  return stretches;
}

function report(stretches: readonly LoadResult[], samples: readonly Sample[]): Findings {
  const total = (of: (stretch: LoadResult) => number): number =>
    stretches.reduce((sum, stretch) => sum + of(stretch), 0);
  const replies = total(({ good }) => good);
  const lost = total(({ lost }) => lost);
  const bad = total(({ bad, duplicate }) => bad + duplicate);
  const stray = total(({ stray }) => stray);
  const seconds = samples.at(-1)?.seconds ?? 0;
  const row = (title: string, digits: number, of: (usage: Usage) => number): readonly string[] => {
    const values = samples.map(of);
    const growth = (from: number): number | undefined => {
      const points = samples.filter((sample) => sample.seconds >= from)
        .map((sample) => [sample.seconds, of(sample)] as const);
      const aSecond = slope(points);
      return aSecond && aSecond * seconds / (replies / 1e6);
    };
    return [
      title,
      ...[values.at(0), values.at(-1), Math.max(...values)].map((value) => decimal(value, digits)),
      ...[growth(0), growth(seconds / 2)].map((value) => decimal(value, 4)),
    ];
  };
  return {
    figures: { replies, lost, bad, stray, stretches, samples },
    lines: [
      `Endurance: ${decimal(replies, 0)} replies by timesrv ntp:// (mmsg) in ${
        decimal(seconds, 0)
      } s, ` +
      `${decimal(lost, 0)} lost, ${decimal(bad, 0)} bad, ${decimal(stray, 0)} stray; ` +
      `looked at ${samples.length} times; ` +
      `at most ${decimal((samples.at(-1)?.peakKib ?? 0) / 1024, 2)} MiB were ever resident (VmHWM)`,
      "",
      layOutTable([
        ["", "first", "last", "peak", "growth a million replies", "of the later half"],
        row("resident MiB", 2, ({ residentKib }) => residentKib / 1024),
        row("descriptors", 0, ({ descriptors }) => descriptors),
        row("threads", 0, ({ threads }) => threads),
      ]),
    ],
  };
}
