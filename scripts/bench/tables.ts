/** Figures in tables for people. */
import { layOutTable } from "../../src/text/table.ts";
import type { Figures, Ratios } from "./compare.ts";
import type { LoadResult } from "../../src/load/figures.ts";
import { quantities, type QuantityName } from "./quantities.ts";
import { type Ratio, summarize, type Summary } from "./stats.ts";

/**
 * Under full load a server uses its whole core. With less than this share, other processes disturbed it, which lowers its
 * replies per second but hardly changes its CPU time per reply.
 */
const UNDISTURBED_SHARE = 0.9;

export interface FigureColumns {
  /** Medians with the range. */
  readonly spread?: readonly QuantityName[];
  /** Medians alone. */
  readonly median?: readonly QuantityName[];
}

/** Lays out one row per trial: its figures, its errors and its memory. */
export function layOutFigures(
  figures: readonly Figures[],
  { spread = [], median = [] }: FigureColumns,
): string {
  const over = ({ turns }: Figures, name: QuantityName): Summary | undefined =>
    summarize(turns.map(quantities[name].of).filter((figure) => figure !== undefined));
  const total = ({ turns }: Figures, of: (turn: LoadResult) => number): string =>
    formatDecimal(turns.reduce((sum, turn) => sum + of(turn), 0), 0);
  return layOutTable([
    [
      "",
      ...spread.map((name) => `${quantities[name].title} (min-max)`),
      ...median.map((name) => quantities[name].title),
      ...["lost", "bad", "stray", "peak MiB"],
    ],
    ...figures.map((trial) => [
      trial.name,
      ...spread.map((name) => formatRange(over(trial, name), quantities[name].digits)),
      ...median.map((name) => formatDecimal(over(trial, name)?.median, quantities[name].digits)),
      total(trial, ({ lost }) => lost),
      total(trial, ({ bad, duplicate }) => bad + duplicate),
      total(trial, ({ stray }) => stray),
      formatDecimal(trial.peakMemoryKib / 1024, 1),
    ]),
  ]);
}

/** Warns about servers that did not have a core to themselves under full load. */
export function disturbances(figures: readonly Figures[]): readonly string[] {
  return figures.flatMap(({ name, turns }) => {
    const share = summarize(
      turns.map(({ goodPerSecond, cpuUsPerReply = NaN }) => goodPerSecond * cpuUsPerReply / 1e6)
        .filter(Number.isFinite),
    )?.median ?? 1;
    if (share >= UNDISTURBED_SHARE) return [];
    return [
      `${name} had only ${formatDecimal(100 * share, 0)} % of a core: ` +
      "the machine was busy, so trust CPU time per reply rather than replies/s",
    ];
  });
}

/** Lays out one row per pair, all of the same quantities. */
export function layOutRatios(pairs: readonly Ratios[]): string {
  const names = [...new Set(pairs.flatMap(({ ratios }) => Object.keys(ratios) as QuantityName[]))];
  const isEstimated = names.every((name) =>
    pairs.every(({ ratios }) => ratios[name] === undefined || ratios[name].interval !== undefined)
  );
  const range = isEstimated ? "95 %" : "min-max";
  return layOutTable([
    ["", ...names.flatMap((name) => [`${quantities[name].title} (${range})`, "ahead in"])],
    ...pairs.map(({ of, to, ratios }) => [
      `${of} to ${to}`,
      ...names.flatMap((name) => {
        const ratio = ratios[name];
        const [min, max] = isEstimated && ratio?.interval || [ratio?.min, ratio?.max];
        return [
          ratio === undefined
            ? "-"
            : `${formatDecimal(ratio.median, 3)} (${formatDecimal(min, 3)}-${
              formatDecimal(max, 3)
            })`,
          aheadIn(ratio, quantities[name].better),
        ];
      }),
    ]),
  ]);
}

function aheadIn(ratio: Ratio | undefined, better: "more" | "less"): string {
  if (ratio === undefined) return "-";
  return `${better === "more" ? ratio.above : ratio.below} of ${ratio.count}`;
}

function formatRange(summary: Summary | undefined, digits: number): string {
  if (summary === undefined) return "-";
  const [median, min, max] = [summary.median, summary.min, summary.max]
    .map((figure) => formatDecimal(figure, digits));
  return `${median} (${min}-${max})`;
}

/** Formats a number, such as `1,234.5`, or `-` for none. */
export function formatDecimal(value: number | undefined, digits: number): string {
  if (value === undefined) return "-";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
