/**
 * Figures as tables for people.
 *
 * @module
 */

import { layOutTable } from "../../src/text/table.ts";
import type { Figures, Ratios } from "./compare.ts";
import type { LoadResult } from "../../src/load/figures.ts";
import { quantities, type QuantityName } from "./quantities.ts";
import { type Ratio, summarize, type Summary } from "./stats.ts";

/**
 * Under full load a server has its core to itself and uses all of it. With less than this share of the core, something else
 * on the machine was in the way, which shows in its replies a second but hardly in its CPU time a reply.
 */
const UNDISTURBED_SHARE = 0.9;

/** The columns of a table of figures. */
export interface FigureColumns {
  /** Medians with the range. */
  readonly spread?: readonly QuantityName[];
  /** Medians alone. */
  readonly median?: readonly QuantityName[];
}

/**
 * A row for each trial.
 *
 * @param figures at least one trial's
 * @param columns what to show besides errors and memory
 * @returns lines of text
 */
export function figureTable(
  figures: readonly Figures[],
  { spread = [], median = [] }: FigureColumns,
): string {
  const over = ({ turns }: Figures, name: QuantityName): Summary | undefined =>
    summarize(turns.map(quantities[name].of).filter((figure) => figure !== undefined));
  const total = ({ turns }: Figures, of: (turn: LoadResult) => number): string =>
    decimal(turns.reduce((sum, turn) => sum + of(turn), 0), 0);
  return layOutTable([
    [
      "",
      ...spread.map((name) => `${quantities[name].title} (min-max)`),
      ...median.map((name) => quantities[name].title),
      ...["lost", "bad", "stray", "peak MiB"],
    ],
    ...figures.map((trial) => [
      trial.name,
      ...spread.map((name) => withRange(over(trial, name), quantities[name].digits)),
      ...median.map((name) => decimal(over(trial, name)?.median, quantities[name].digits)),
      total(trial, ({ lost }) => lost),
      total(trial, ({ bad, duplicate }) => bad + duplicate),
      total(trial, ({ stray }) => stray),
      decimal(trial.peakMemoryKib / 1024, 1),
    ]),
  ]);
}

/**
 * Says which servers were held up under full load.
 *
 * @param figures of servers that share their core with nothing
 * @returns a line for each that was
 */
export function disturbances(figures: readonly Figures[]): readonly string[] {
  return figures.flatMap(({ name, turns }) => {
    const share = summarize(
      turns.map(({ goodPerSecond, cpuUsPerReply = NaN }) => goodPerSecond * cpuUsPerReply / 1e6)
        .filter(Number.isFinite),
    )?.median ?? 1;
    if (share >= UNDISTURBED_SHARE) return [];
    return [
      `${name} had only ${decimal(100 * share, 0)} % of a core: ` +
      "the machine was busy with something else, so trust CPU a reply rather than replies/s",
    ];
  });
}

/**
 * A row for each pair.
 *
 * @param pairs at least one, all of the same quantities
 * @returns lines of text
 */
export function ratioTable(pairs: readonly Ratios[]): string {
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
            : `${decimal(ratio.median, 3)} (${decimal(min, 3)}-${decimal(max, 3)})`,
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

function withRange(summary: Summary | undefined, digits: number): string {
  if (summary === undefined) return "-";
  const [median, min, max] = [summary.median, summary.min, summary.max]
    .map((figure) => decimal(figure, digits));
  return `${median} (${min}-${max})`;
}

/**
 * Writes a number.
 *
 * @param value the number
 * @param digits how many after the point
 * @returns such as `1,234.5`, or `-` for none
 */
export function decimal(value: number | undefined, digits: number): string {
  if (value === undefined) return "-";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
