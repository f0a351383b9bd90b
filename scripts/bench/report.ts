/**
 * The figures as tables for people.
 *
 * @module
 */

import { layOutTable } from "../../src/cli/table.ts";
import { type CompareOptions, type Figures, type Ratios, ratiosOf } from "./compare.ts";
import type { LoadResult } from "./load.ts";
import type { OffsetError } from "./offset.ts";
import { summarize, type Summary } from "./stats.ts";

/**
 * Under full load a server has its core to itself and uses all of it. With less than this share of the core, something else
 * on the machine was in the way, which shows in its replies a second but hardly in its CPU time a reply.
 */
const UNDISTURBED_SHARE = 0.9;

/** What was measured on, and when. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly deno: string;
  readonly python: string | undefined;
  readonly chronyd: string | undefined;
  /** Whether servers and load generator had a core each. */
  readonly pinned: boolean;
}

/** Everything that was measured. */
export interface Measurements {
  readonly machine: Machine;
  readonly options: CompareOptions;
  readonly servers: readonly Figures[];
  readonly offsets: readonly OffsetError[];
}

/**
 * Lays out what was measured.
 *
 * @param measurements all of it
 * @returns lines of text
 */
export function report({ machine, options, servers, offsets }: Measurements): string {
  const cores = machine.pinned ? "servers on core 0, load on core 1" : "servers and load anywhere";
  const versions = [`Deno ${machine.deno}`];
  if (machine.python !== undefined) versions.push(`Python ${machine.python}`);
  if (machine.chronyd !== undefined) versions.push(`chronyd ${machine.chronyd}`);
  const text = servers.filter(({ protocol }) => protocol === "text");
  const ntp = servers.filter(({ protocol }) => protocol === "ntp");
  return [
    `${machine.date}  ${machine.cpu}, ${machine.cores} cores, ${machine.kernel}, ${
      versions.join(", ")
    }`,
    `${options.window} requests on their way over ${options.flows} flows of loopback, ` +
    `${options.rounds} rounds of ${options.seconds} s in turn, ${cores}; medians`,
    "",
    "Text",
    ...loadSection(text),
    "",
    "NTP",
    ...loadSection(ntp),
    "",
    "NTP offset of an idle server over loopback, where the truth is 0: |offset| in us",
    offsetTable(offsets),
  ].join("\n");
}

function loadSection(figures: readonly Figures[]): readonly string[] {
  return [loadTable(figures), ...figures.flatMap(disturbance), ...ratiosOf(figures).map(ratioLine)];
}

function loadTable(figures: readonly Figures[]): string {
  const rows = figures.map(({ name, rounds, peakMemoryKib }) => {
    const over = (of: (round: LoadResult) => number | undefined): Summary | undefined =>
      summarize(rounds.map(of).filter((figure) => figure !== undefined));
    const total = (of: (round: LoadResult) => number): string =>
      String(rounds.reduce((sum, round) => sum + of(round), 0));
    return [
      name,
      spread(over((round) => round.goodPerSecond), 0),
      spread(over((round) => round.cpuUsPerReply), 2),
      decimal(over((round) => round.latencyUs.p50)?.median, 0),
      decimal(over((round) => round.latencyUs.p99)?.median, 0),
      total((round) => round.lost),
      total((round) => round.bad + round.stray),
      decimal(peakMemoryKib === undefined ? undefined : peakMemoryKib / 1024, 1),
    ];
  });
  return layOutTable([
    [
      "server",
      "replies/s (min-max)",
      "CPU us/reply (min-max)",
      "p50 us",
      "p99 us",
      "lost",
      "bad",
      "peak MiB",
    ],
    ...rows,
  ]);
}

function offsetTable(offsets: readonly OffsetError[]): string {
  const rows = offsets.map(({ asker, server, errorUs }) => [
    server,
    asker,
    `${errorUs.count}`,
    decimal(errorUs.median, 1),
    // Of a hundred or fewer, the 99th percentile is the largest.
    decimal(errorUs.count > 100 ? errorUs.p99 : undefined, 1),
    decimal(errorUs.max, 1),
  ]);
  return layOutTable([["server", "asked by", "exchanges", "median", "p99", "max"], ...rows]);
}

function disturbance({ name, rounds }: Figures): readonly string[] {
  const share = summarize(
    rounds.map(({ goodPerSecond, cpuUsPerReply = NaN }) => goodPerSecond * cpuUsPerReply / 1e6)
      .filter(Number.isFinite),
  )?.median ?? 1;
  if (share >= UNDISTURBED_SHARE) return [];
  return [
    `${name} had only ${decimal(100 * share, 0)} % of a core: ` +
    "the machine was busy with something else, so trust CPU a reply rather than replies/s",
  ];
}

function ratioLine({ of, to, goodPerSecond, cpuUsPerReply }: Ratios): string {
  return `${of} to ${to}, same rounds: ` +
    `replies/s ${spread(goodPerSecond, 2)}, CPU a reply ${spread(cpuUsPerReply, 2)}`;
}

function spread(summary: Summary | undefined, digits: number): string {
  if (summary === undefined) return "-";
  const [median, min, max] = [summary.median, summary.min, summary.max]
    .map((figure) => decimal(figure, digits));
  return `${median} (${min}-${max})`;
}

function decimal(value: number | undefined, digits: number): string {
  if (value === undefined) return "-";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
