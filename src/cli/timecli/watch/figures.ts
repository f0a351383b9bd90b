/** The figures of a watched server, each with the digits that distinguish it from the others. */
import type { RunningStatistics } from "../../../client/statistics.ts";
import { formatExactSeconds, formatSeconds } from "../../../text/units.ts";
import type { Base } from "./axes.ts";

export const figureNames: readonly string[] = ["min", "mean", "max", "stddev"];

/** Formats the figures of {@linkcode figureNames}; minimum, mean and maximum are relative to the base. */
export function formatFigures(
  { min, mean, max, standardDeviation }: RunningStatistics,
  { isSigned, base }: { readonly isSigned: boolean; readonly base?: Base | undefined },
): string[] {
  // A hundredth of the range: two digits of the differences.
  const resolution = (max - min) / 100;
  const format = (value: number): string => {
    const difference = value - (base?.seconds ?? 0);
    const text = formatExactSeconds(difference, resolution);
    return difference >= 0 && (isSigned || base) ? `+${text}` : text;
  };
  return [...[min, mean, max].map(format), formatSpread(standardDeviation)];
}

/** Formats a spread, which is NaN where there are too few values for it. */
export function formatSpread(seconds: number): string {
  return Number.isNaN(seconds) ? "-" : formatSeconds(seconds);
}

export function formatShare(count: number, all: number): string {
  return all === 0 ? "-" : `${(count / all * 100).toFixed(count === 0 || count === all ? 0 : 1)} %`;
}
