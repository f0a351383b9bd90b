/**
 * What more of something costs: more workers, more flows, more listeners.
 *
 * @module
 */

import { compare, ratiosOf, type Trial } from "../compare.ts";
import { type Contender, timesrv } from "../contenders.ts";
import type { Load } from "../generator.ts";
import { type Bench, type Findings, type Section, SLICE_SECONDS } from "../section.ts";
import { startAll } from "../servers.ts";
import { figureTable, ratioTable } from "../tables.ts";

/** Sockets that requests come from; the others are compared with the first. */
const FLOWS = [8, 1, 64, 256, 1024] as const;

/** Enough for the kernel to give each of two workers its share. */
const FLOWS_OF_WORKERS = 64;

const one = timesrv("ntp", "ntp", "mmsg");
const two: Contender = {
  ...timesrv("ntp", "ntp", "mmsg", ["--workers", "2"]),
  isOnAllCores: true,
};
const five = timesrv(
  "ntp",
  "ntp",
  "mmsg",
  ["asctime", "daytime", "time", "auto"].map((scheme) => `${scheme}://127.0.0.1:0`),
);

/** More of each. */
export const growth: Section = {
  summary: "what two workers, 1 to 1,024 flows and five listeners change",
  async measure(bench: Bench): Promise<Findings> {
    const { slices, window, flows } = bench.options;
    const load = (flows: number): Load => ({
      seconds: SLICE_SECONDS,
      flows,
      // Each flow has a request on its way at least.
      pace: { window: Math.max(window, flows) },
    });
    const workers = await measurePart(
      [["1 worker", one, load(FLOWS_OF_WORKERS)], ["2 workers", two, load(FLOWS_OF_WORKERS)]],
      bench,
    );
    const manyFlows = await measurePart(
      FLOWS.map((flows) => [`${flows} ${flows === 1 ? "flow" : "flows"}`, one, load(flows)]),
      bench,
    );
    const listeners = await measurePart(
      [["1 listener", one, load(flows)], ["5 listeners", five, load(flows)]],
      bench,
    );
    return {
      figures: {
        workers: workers.figures,
        flows: manyFlows.figures,
        listeners: listeners.figures,
      },
      lines: [
        `Growth: timesrv ntp:// (mmsg), ${window} requests on their way or one a flow if those are more, ` +
        `${slices} slices of ${SLICE_SECONDS} s; medians`,
        "",
        `Workers, ${FLOWS_OF_WORKERS} flows: one has core 0 to itself, two have all cores of the machine, ` +
        "of which one is the load generator's too; so on two cores this shows that they share, not what they gain",
        ...workers.lines,
        ...["", "Flows: where the load is hardly ever idle, it and not the server is the limit"],
        ...manyFlows.lines,
        ...["", "Listeners: asctime, daytime, time and auto open beside the one under load"],
        ...listeners.lines,
      ],
    };
  },
};

async function measurePart(
  parts: readonly (readonly [name: string, contender: Contender, load: Load])[],
  bench: Bench,
): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const contenders = [...new Set(parts.map(([, contender]) => contender))];
  const servers = await startAll(contenders, stack, bench);
  const trials = parts.flatMap(([name, contender, load]): Trial[] => {
    const server = servers.find((server) => server.contender === contender);
    return server === undefined ? [] : [{ name, server, load }];
  });
  const figures = await compare(trials, bench.options.slices, bench);
  const [first, ...others] = figures;
  const ratios = first === undefined
    ? []
    : others.map((other) => ratiosOf(other, first, ["goodPerSecond", "cpuUsPerReply"]));
  return {
    figures: { trials: figures, ratios },
    lines: [
      figureTable(figures, {
        spread: ["goodPerSecond", "cpuUsPerReply"],
        median: ["latencyP50Us", "latencyP99Us", "generatorIdlePercent"],
      }),
      ...["", ratioTable(ratios)],
    ],
  };
}
