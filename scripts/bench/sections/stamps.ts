/**
 * How true transmit timestamps are: the time from each to the arrival of its reply by the kernel's timestamp, over
 * loopback, where both are of one clock. It must never be negative: that reply was stamped with a time still to come.
 */
import { layOutTable } from "../../../src/text/table.ts";
import { runScript } from "../commands.ts";
import { ntpContenders } from "../field.ts";
import type { Bench, Findings, Section } from "../section.ts";
import { startAll } from "../servers.ts";
import { formatDecimal } from "../tables.ts";
import { summarize } from "../stats.ts";

/** Requests sent by one system call. */
const BURSTS = [1, 8, 64] as const;

/** The transits of one server's replies, in microseconds. */
export interface Transits {
  readonly server: string;
  readonly burst: number;
  /** Whether another process kept each core busy. */
  readonly isBusy: boolean;
  readonly count: number;
  readonly medianUs: number;
  readonly meanUs: number;
  readonly deviationUs: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** Replies stamped with a time after their arrival. */
  readonly early: number;
}

export const stamps: Section = {
  summary: "how far transmit timestamps are from the departure, idle and busy",
  async measure(bench: Bench): Promise<Findings> {
    await using stack = new AsyncDisposableStack();
    const { field, options: { stamps: exchanges } } = bench;
    const servers = await startAll(ntpContenders(field), stack, bench);
    const ports = servers.map(({ port }) => `${port}`);
    const figures: Transits[] = [];
    for (const isBusy of [false, true]) {
      using _hogs = isBusy ? occupyCores() : undefined;
      for (const burst of BURSTS) {
        bench.showProgress(`stamps, ${isBusy ? "busy" : "idle"}, bursts of ${burst}`);
        const transitsNs = await runScript<number[][]>(
          "measure transits",
          ["transits.ts", `${exchanges}`, `${burst}`, ...ports],
          { core: bench.loadCore, signal: bench.signal },
        );
        servers.forEach(({ contender: { name } }, i) => {
          figures.push({ server: name, burst, isBusy, ...summarizeTransits(transitsNs[i] ?? []) });
        });
      }
    }
    return {
      figures,
      lines: [
        `Transmit timestamps: us from each to the arrival of its reply, ${exchanges} exchanges each; ` +
        "early are those stamped after that",
        transitTable(figures),
      ],
    };
  },
};

/** Keeps each core busy until disposed of. */
export function occupyCores(): Disposable {
  const hogs = Array.from(
    { length: navigator.hardwareConcurrency },
    () => new Deno.Command("sh", { args: ["-c", "while :; do :; done"] }).spawn(),
  );
  return { [Symbol.dispose]: () => hogs.forEach((hog) => hog.kill("SIGKILL")) };
}

export function summarizeTransits(
  transitsNs: readonly number[],
): Omit<Transits, "server" | "burst" | "isBusy"> {
  const sorted = transitsNs.map((ns) => ns / 1000).toSorted((a, b) => a - b);
  const count = sorted.length;
  const mean = sorted.reduce((sum, us) => sum + us, 0) / count;
  const variance = sorted.reduce((sum, us) => sum + (us - mean) ** 2, 0) / count;
  const { median = NaN, max = NaN } = summarize(sorted) ?? {};
  return {
    count,
    medianUs: median,
    meanUs: mean,
    deviationUs: Math.sqrt(variance),
    p99Us: sorted[Math.ceil(0.99 * count) - 1] ?? NaN,
    maxUs: max,
    early: sorted.filter((us) => us < 0).length,
  };
}

function transitTable(figures: readonly Transits[]): string {
  const rows = figures.map((figure) => [
    figure.isBusy ? "busy" : "idle",
    `${figure.burst}`,
    figure.server,
    ...[figure.medianUs, figure.meanUs, figure.deviationUs, figure.p99Us, figure.maxUs]
      .map((us) => formatDecimal(us, 1)),
    `${figure.early}`,
  ]);
  const head = ["cores", "burst", "server", "median", "mean", "deviation", "p99", "max", "early"];
  return layOutTable([head, ...rows]);
}
