/**
 * Whether the client's error bounds hold: over loopback, where client and server share a clock and the true offset is
 * 0, with and without the kernel's receive timestamps, idle and busy.
 */
import { layOutTable } from "../../../src/text/table.ts";
import { runScript } from "../commands.ts";
import { timesrv } from "../contenders.ts";
import type { SampledServer } from "../samples.ts";
import type { Bench, Findings, Section } from "../section.ts";
import { startAll } from "../servers.ts";
import { type Magnitudes, summarizeMagnitudes } from "../stats.ts";
import { formatDecimal } from "../tables.ts";
import { occupyCores } from "./stamps.ts";

/** The exchanges with one server under one condition. */
export interface Bounds {
  readonly server: string;
  /** Whether another process kept each core busy. */
  readonly isBusy: boolean;
  /** Whether the client used the kernel's timestamps of arrival. */
  readonly isStamped: boolean;
  readonly offsetUs: Magnitudes;
  readonly boundUs: Magnitudes;
  readonly delayUs: Magnitudes;
  /** Exchanges whose offset was beyond their bound. */
  readonly outside: number;
  /** The largest of their offsets, in multiples of its bound; 0 without any. */
  readonly worst: number;
  /** Samples of 100 exchanges whose offsets contradict each other. */
  readonly contradictions: number;
}

export const bounds: Section = {
  summary: "whether error bounds hold, idle and busy, with and without FFI",
  async measure(bench: Bench): Promise<Findings> {
    await using stack = new AsyncDisposableStack();
    const { options: { bounds: exchanges } } = bench;
    const contenders = [timesrv("ntp", "ntp", "mmsg"), timesrv("ntp", "ntp", "datagram")];
    const servers = await startAll(contenders, stack, bench);
    const figures: Bounds[] = [];
    for (const isBusy of [false, true]) {
      using _hogs = isBusy ? occupyCores() : undefined;
      for (const { contender: { name }, port } of servers) {
        for (const isStamped of [false, true]) {
          bench.showProgress(`bounds of ${name}, ${isBusy ? "busy" : "idle"}`);
          const sampled = await runScript<SampledServer>(
            "take samples",
            ["samples.ts", `${exchanges}`, `${port}`],
            {
              signal: bench.signal,
              permissions: ["--no-prompt", "--allow-net", ...isStamped ? ["--allow-ffi"] : []],
            },
          );
          figures.push({ server: name, isBusy, isStamped, ...summarizeBounds(sampled) });
        }
      }
    }
    return {
      figures,
      lines: [
        `Error bounds over loopback, ${exchanges} exchanges each: medians and 99th percentiles in us; ` +
        "outside are the offsets beyond their bound",
        boundsTable(figures),
      ],
    };
  },
};

/** Compares each offset, whose true value is 0, with its bound. */
export function summarizeBounds(
  { offsetsUs, boundsUs, delaysUs, contradictions }: SampledServer,
): Omit<Bounds, "server" | "isBusy" | "isStamped"> {
  const shares = offsetsUs.map((offset, i) => Math.abs(offset) / (boundsUs[i] ?? NaN));
  const outside = shares.filter((share) => share > 1);
  return {
    offsetUs: summarizeMagnitudes(offsetsUs),
    boundUs: summarizeMagnitudes(boundsUs),
    delayUs: summarizeMagnitudes(delaysUs),
    outside: outside.length,
    worst: Math.max(0, ...outside),
    contradictions,
  };
}

function boundsTable(figures: readonly Bounds[]): string {
  const both = ({ median, p99 }: Magnitudes): string[] =>
    [median, p99].map((us) => formatDecimal(us, 1));
  const rows = figures.map((figure) => [
    figure.isBusy ? "busy" : "idle",
    figure.server,
    figure.isStamped ? "kernel" : "program",
    ...[figure.delayUs, figure.boundUs, figure.offsetUs].flatMap(both),
    `${figure.outside}`,
    `${figure.contradictions}`,
  ]);
  const head = [
    ...["cores", "server", "arrivals by", "delay", "p99", "bound", "p99", "|offset|", "p99"],
    ...["outside", "contradictions"],
  ];
  return layOutTable([head, ...rows]);
}
