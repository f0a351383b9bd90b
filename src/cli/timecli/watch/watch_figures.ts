/** The figures of a watched server in words: each with the digits that tell it from the others. */
import type { RunningStatistics } from "../../../client/running_statistics.ts";
import { formatExactSeconds, formatSeconds } from "../../../text/units.ts";
import type { Base } from "./value_axis.ts";

/** Their names, in the order in which they are given. */
export const figureNames: readonly string[] = ["min", "mean", "max", "stddev", "jitter"];

/** How to write them. */
export interface FigureOptions {
  /** Always write the sign. */
  readonly isSigned: boolean;
  /** What minimum, mean and maximum are told from. */
  readonly base?: Base | undefined;
}

/** Minimum, mean, maximum, standard deviation and jitter. */
export function figuresOf(
  { min, mean, max, standardDeviation, jitter }: RunningStatistics,
  { isSigned, base }: FigureOptions,
): string[] {
  // A hundredth of the range: two digits of what differs.
  const resolution = (max - min) / 100;
  const write = (value: number): string => {
    const difference = value - (base?.seconds ?? 0);
    const text = formatExactSeconds(difference, resolution);
    return difference >= 0 && (isSigned || base) ? `+${text}` : text;
  };
  const spread = [standardDeviation, jitter].map((value) =>
    Number.isNaN(value) ? "-" : formatSeconds(value)
  );
  return [...[min, mean, max].map(write), ...spread];
}

/** A part of all, in percent. */
export function shareOf(count: number, all: number): string {
  return all === 0 ? "-" : `${(count / all * 100).toFixed(count === 0 || count === all ? 0 : 1)} %`;
}
