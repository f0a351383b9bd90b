/** Resources of a server over millions of replies. */
import { layOutTable } from "../../../src/text/table.ts";
import { type RunningServer, timesrv } from "../contenders.ts";
import type { LoadResult } from "../../../src/load/figures.ts";
import { measureLoad } from "../generator.ts";
import type { Bench, Findings, Section } from "../section.ts";
import { startAll } from "../servers.ts";
import { fitSlope } from "../stats.ts";
import { formatDecimal } from "../tables.ts";
import { readUsage, type Usage } from "../usage.ts";

/** The interval of the samples. */
const SAMPLE_EVERY_MS = 1000;

/** The length of a measurement. */
const STRETCH_SECONDS = 10;

/** The resources at one time. */
interface Sample extends Usage {
  /** Since the first sample. */
  readonly seconds: number;
}

export const endurance: Section = {
  summary: "memory, descriptors and threads over millions of replies",
  async measure(bench: Bench): Promise<Findings> {
    await using stack = new AsyncDisposableStack();
    const [server] = await startAll([timesrv("ntp", "ntp", "mmsg")], stack, bench);
    if (server === undefined) throw new Error("Cannot measure endurance: there is no server");
    const samples: Sample[] = [];
    const start = performance.now();
    const sample = (): void => {
      samples.push({ seconds: (performance.now() - start) / 1000, ...readUsage(server.pid) });
    };
    sample();
    const timer = setInterval(sample, SAMPLE_EVERY_MS);
    let stretches: readonly LoadResult[];
    try {
      stretches = await measureStretches(server, bench);
    } finally {
      clearInterval(timer);
    }
    sample();
    return report(stretches, samples);
  },
};

async function measureStretches(
  server: RunningServer,
  bench: Bench,
): Promise<readonly LoadResult[]> {
  const { replies, flows, window } = bench.options;
  const stretches: LoadResult[] = [];
  let good = 0;
  while (good < replies) {
    bench.showProgress(
      `endurance: ${formatDecimal(good, 0)} of ${formatDecimal(replies, 0)} replies`,
    );
    const load = { duration: STRETCH_SECONDS, flows, window };
    const stretch = await measureLoad(server, load, bench);
    if (stretch.good === 0) throw new Error("The server does not answer any more");
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
  const whole = (value: number): string => formatDecimal(value, 0);
  const row = (title: string, digits: number, of: (usage: Usage) => number): readonly string[] => {
    const values = samples.map(of);
    const growth = (from: number): number | undefined => {
      const points = samples.filter((sample) => sample.seconds >= from)
        .map((sample) => [sample.seconds, of(sample)] as const);
      const perSecond = fitSlope(points);
      return perSecond && perSecond * seconds / (replies / 1e6);
    };
    return [
      title,
      ...[values.at(0), values.at(-1), Math.max(...values)].map((value) =>
        formatDecimal(value, digits)
      ),
      ...[growth(0), growth(seconds / 2)].map((value) => formatDecimal(value, 4)),
    ];
  };
  return {
    figures: { replies, lost, bad, stray, stretches, samples },
    lines: [
      `Endurance: ${whole(replies)} replies by timesrv ntp:// (mmsg) in ${whole(seconds)} s, ` +
      `${whole(lost)} lost, ${whole(bad)} bad, ${whole(stray)} stray; ${samples.length} samples; ` +
      `peak ${formatDecimal((samples.at(-1)?.peakKib ?? 0) / 1024, 2)} MiB resident (VmHWM)`,
      "",
      layOutTable([
        ["", "first", "last", "peak", "growth per million replies", "in the second half"],
        row("resident MiB", 2, ({ residentKib }) => residentKib / 1024),
        row("descriptors", 0, ({ descriptors }) => descriptors),
        row("threads", 0, ({ threads }) => threads),
      ]),
    ],
  };
}
