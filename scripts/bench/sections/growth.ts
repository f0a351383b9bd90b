/** The cost of more workers, more flows and more listeners. */
import { compare, type Figures, type Ratios, ratiosOf, type Trial } from "../compare.ts";
import { type Contender, timesrv } from "../contenders.ts";
import { present } from "../field.ts";
import type { Load } from "../generator.ts";
import { type Bench, type Findings, type Section, SLICE_SECONDS } from "../section.ts";
import { startAll } from "../servers.ts";
import { layOutFigures, layOutRatios } from "../tables.ts";

/** Sockets to send from; the others are compared with the first. */
const FLOWS = [8, 1, 64, 256, 1024] as const;

/** Enough for the kernel to give each of two workers its share. */
const FLOWS_OF_WORKERS = 64;

const one = timesrv("ntp", "ntp", "mmsg");
const two: Contender = {
  ...timesrv("ntp", "ntp", "mmsg", ["--workers", "2"]),
  isOnAllCores: true,
};
const others = ["asctime", "daytime", "time", "auto"].map((scheme) => `${scheme}://127.0.0.1:0`);
const five = timesrv("ntp", "ntp", "mmsg", others);

export const growth: Section = {
  summary: "the cost of two workers, 1 to 1,024 flows and five listeners",
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { slices, window, flows } } = bench;
    const load = (flows: number): Load => ({
      duration: SLICE_SECONDS,
      flows,
      // At least one outstanding request per flow.
      window: Math.max(window, flows),
    });
    const workers = await measurePart(
      [["1 worker", one, load(FLOWS_OF_WORKERS)], ["2 workers", two, load(FLOWS_OF_WORKERS)]],
      bench,
    );
    // The C program shows the share of the kernel and the load generator.
    const servers = present(one, field.limit);
    const manyFlows = await measurePart(
      FLOWS.flatMap((flows) =>
        servers.map((server): Part => {
          const name = `${server.name}, ${flows} ${flows === 1 ? "flow" : "flows"}`;
          return [name, server, load(flows)];
        })
      ),
      bench,
      (figures) => ratiosOfFlows(figures, servers.length),
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
        `Growth: timesrv ntp:// (mmsg), ${window} outstanding requests, or one per flow if those are more, ` +
        `${slices} slices of ${SLICE_SECONDS} s; medians`,
        "",
        `Workers, ${FLOWS_OF_WORKERS} flows: one has core 0 to itself, two have all cores of the machine, ` +
        "the load generator's included; so on two cores this shows that they share, not their gain",
        ...workers.lines,
        "",
        "Flows: where the load generator is hardly ever idle, it is the limit rather than the server",
        ...manyFlows.lines,
        ...["", "Listeners: asctime, daytime, time and auto besides the one under load"],
        ...listeners.lines,
      ],
    };
  },
};

/** A server under a load, with a name. */
type Part = readonly [name: string, contender: Contender, load: Load];

/** Each server's figures to its first ones, then the first server to the other at each number of flows. */
function ratiosOfFlows(figures: readonly Figures[], servers: number): readonly Ratios[] {
  const to = (other: Figures | undefined, ours: Figures | undefined): readonly Ratios[] =>
    ours && other ? [ratiosOf(ours, other, RATIOS)] : [];
  const growing = figures.flatMap((ours, i) => i < servers ? [] : to(figures[i % servers], ours));
  const beside = figures.flatMap((ours, i) =>
    servers < 2 || i % servers !== 0 ? [] : to(figures[i + 1], ours)
  );
  return [...growing, ...beside];
}

const RATIOS = ["goodPerSecond", "cpuUsPerReply"] as const;

function ratiosToFirst([first, ...others]: readonly Figures[]): readonly Ratios[] {
  return first === undefined ? [] : others.map((other) => ratiosOf(other, first, RATIOS));
}

async function measurePart(
  parts: readonly Part[],
  bench: Bench,
  compared: (figures: readonly Figures[]) => readonly Ratios[] = ratiosToFirst,
): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const contenders = [...new Set(parts.map(([, contender]) => contender))];
  const servers = await startAll(contenders, stack, bench);
  const trials = parts.flatMap(([name, contender, load]): Trial[] => {
    const server = servers.find((server) => server.contender === contender);
    return server === undefined ? [] : [{ name, server, load }];
  });
  const figures = await compare(trials, bench.options.slices, bench);
  const ratios = compared(figures);
  return {
    figures: { trials: figures, ratios },
    lines: [
      layOutFigures(figures, {
        spread: ["goodPerSecond", "cpuUsPerReply"],
        median: ["latencyP50Us", "latencyP99Us", "generatorIdlePercent"],
      }),
      ...["", layOutRatios(ratios)],
    ],
  };
}
