/** The servers of a picture: how each is marked, its middle figures, and what its offsets are told from. */
import { median } from "../../../client/statistics.ts";
import { type Base, baseOf } from "./value_axis.ts";
import type { WatchRecord } from "./watch_record.ts";

/** Okabe and Ito's colours, which colour-blind people can tell apart. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/** For servers beyond the first seven, the next seven, ...; then they begin again. */
const symbols = ["circle", "triangle", "square", "diamond2", "cross", "star", "wye"] as const;

/** Offsets are that much further apart than each server's own spread before it would be invisible. */
const FAR_APART = 20;

/** A server. */
export interface Series {
  readonly record: WatchRecord;
  readonly colour: string;
  readonly symbol: typeof symbols[number];
  /** The middle one of its offsets and its bound; undefined if there is none. */
  readonly middle: { readonly offset: number; readonly bound: number } | undefined;
  /** In seconds; not a number if there is none. */
  readonly medianDelay: number;
}

/** The series of servers. */
export function seriesOf(records: readonly WatchRecord[]): Series[] {
  return records.map((record, i) => {
    const samples = record.samples.values;
    const sorted = samples
      .flatMap(({ measured }) => measured ?? [])
      .toSorted((a, b) => a.offset - b.offset);
    const cycle = Math.floor(i / colours.length);
    return {
      record,
      colour: shade(colours[i % colours.length] ?? "", cycle),
      symbol: symbols[cycle % symbols.length] ?? "circle",
      middle: sorted[sorted.length - 1 >> 1],
      medianDelay: median(samples.map(({ delay }) => delay)),
    };
  });
}

/** Lighter from cycle to cycle: the histogram has no symbols. */
function shade(colour: string, cycle: number): string {
  const part = Math.min(0.6, cycle * 0.3);
  const channels = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const lighter = channels.map((each) => Math.round(each + (255 - each) * part));
  return `#${lighter.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/** What a picture's offsets are told from. */
export interface Reference {
  /** What an axis says of it. */
  readonly text: string;
  /** Whether 0 is no difference between the clocks. */
  readonly isZero: boolean;
  /** In seconds. */
  readonly of: (series: Series) => number;
}

/** Each server's own median if they are far apart; or one base if all are far from 0. */
export function referenceOf(series: readonly Series[]): Reference {
  const measured = series.filter(({ record }) => record.offsets.count > 0);
  const [mins, maxes] = [
    measured.map(({ record }) => record.offsets.min),
    measured.map(({ record }) => record.offsets.max),
  ];
  const [min, max] = [Math.min(...mins), Math.max(...maxes)];
  // Half of the servers or more have no larger spread; one that jumps is to be seen jumping.
  const spread = median(mins.map((least, i) => (maxes[i] ?? least) - least));
  const middles = measured.map(({ middle }) => middle?.offset ?? 0);
  const apart = Math.max(...middles) - Math.min(...middles);
  if (measured.length > 1 && spread > 0 && apart > FAR_APART * spread) {
    return {
      text: "Offset from each server's median",
      isZero: false,
      of: ({ middle }) => middle?.offset ?? 0,
    };
  }
  const base: Base | undefined = baseOf(min, max);
  return {
    text: `Offset${base ? ` from ${base.text}` : ""}`,
    isZero: !base,
    of: () => base?.seconds ?? 0,
  };
}
