/** The servers of a picture: their marks, their medians, and the reference of their offsets. */
import { median } from "../../../../client/statistics.ts";
import { chooseBase, chooseRange } from "../axes.ts";
import type { WatchRecord } from "../record.ts";

/** Okabe and Ito's colours, which colour-blind people can distinguish. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/** One per server, and others beside the same colours after seven. */
const symbols = ["circle", "triangle", "square", "diamond2", "cross", "star", "wye"] as const;

/** Offsets further apart than this multiple of each server's own spread would hide it. */
const FAR_APART = 20;

export interface Series {
  readonly record: WatchRecord;
  readonly colour: string;
  readonly symbol: typeof symbols[number];
  /** The median offset and its error bound. */
  readonly middle: { readonly offset: number; readonly bound: number } | undefined;
  /** In seconds; NaN without replies. */
  readonly medianDelay: number;
}

export function createSeries(records: readonly WatchRecord[]): Series[] {
  return records.map((record, i) => {
    const samples = record.samples.values;
    const sorted = samples
      .flatMap(({ measured }) => measured ?? [])
      .toSorted((a, b) => a.offset - b.offset);
    const cycle = Math.floor(i / colours.length);
    return {
      record,
      colour: lighten(colours[i % colours.length] ?? "", Math.min(0.6, cycle * 0.3)),
      symbol: symbols[(i + cycle) % symbols.length] ?? "circle",
      middle: sorted[sorted.length - 1 >> 1],
      medianDelay: median(samples.map(({ delay }) => delay)),
    };
  });
}

/** Distinguishes servers of one colour in the histogram, which has no symbols. */
function lighten(colour: string, share: number): string {
  const channels = [1, 3, 5].map((at) => {
    const channel = parseInt(colour.slice(at, at + 2), 16);
    return Math.round(channel + (255 - channel) * share).toString(16).padStart(2, "0");
  });
  return `#${channels.join("")}`;
}

export interface Reference {
  readonly label: string;
  /** Whether 0 means no offset. */
  readonly isZero: boolean;
  readonly of: (series: Series) => number;
}

/** The offsets themselves, or from one base if all are far from 0. */
export function trueReference(series: readonly Series[]): Reference {
  const offsets = series.flatMap(({ record: { offsets } }) => offsets.count > 0 ? [offsets] : []);
  const base = chooseBase(
    Math.min(...offsets.map(({ min }) => min)),
    Math.max(...offsets.map(({ max }) => max)),
  );
  return {
    label: `Offset${base ? ` from ${base.text}` : ""}`,
    isZero: !base,
    of: () => base?.seconds ?? 0,
  };
}

/** Each server's own median, if they are so far apart that each one's spread would be hidden. */
export function relativeReference(series: readonly Series[]): Reference | undefined {
  const measured = series.filter(({ record }) => record.offsets.count > 0);
  // At least half of the servers have no larger spread, a few late replies apart.
  const spread = median(measured.map(({ record: { samples } }) => {
    const [low, high] = chooseRange(
      samples.values.flatMap(({ measured }) => measured?.offset ?? []),
    );
    return high - low;
  }));
  const middles = measured.map(({ middle }) => middle?.offset ?? 0);
  const distance = Math.max(...middles) - Math.min(...middles);
  if (measured.length < 2 || !(spread > 0) || distance <= FAR_APART * spread) return undefined;
  return {
    label: "Offset from each server's median",
    isZero: false,
    of: ({ middle }) => middle?.offset ?? 0,
  };
}
