/** Events in the plots of a picture: lines in the colour of their server, with its shape and a name. */
import { dot, type Markish, ruleX, text } from "@observablehq/plot";
import { toSeconds } from "../../../../text/duration.ts";
import { formatSignedSeconds } from "../../../../text/units.ts";
import type { WatchNotice } from "../record.ts";
import type { Series } from "./series.ts";

/** The height of a row of names, in pixels. */
export const LABEL_ROW = 13;

/** Names of more events at one moment are left out; their lines remain. */
const MAX_LABEL_ROWS = 4;

/** The width of a character of a name, and the gap between two names, in pixels. */
const CHARACTER = 6.5;
const GAP = 8;

/** Lines of different events closer than this would look like one, in pixels. */
const LINE_GAP = 6;

/** A line of its own for each kind of event. */
const dashes: Readonly<Record<WatchNotice["type"], string>> = {
  step: "8 3",
  stratum: "2 3",
  leap: "2 3 8 3",
  kiss: "4 3",
  gone: "1 2",
  back: "12 3",
};

export interface PlacedEvent {
  readonly at: Date;
  readonly server: string;
  readonly symbol: Series["symbol"];
  readonly type: WatchNotice["type"];
  readonly label: string;
  /** The row of its name, the lowest first; undefined where there is no room. */
  readonly row: number | undefined;
}

/** Places all events side by side, and their names in rows where they do not overlap. */
export function eventsOf(
  series: readonly Series[],
  [fromMs, toMs]: readonly [number, number],
  width: number,
): PlacedEvent[] {
  const events = series
    .flatMap(({ record: { url, notices }, symbol }) =>
      notices.map((notice) => ({
        notice,
        server: url,
        symbol,
        ms: timeOf(notice).epochMilliseconds,
      }))
    )
    .toSorted((a, b) => a.ms - b.ms);
  const perPixel = (toMs - fromMs) / width;
  const ends: number[] = [];
  let last = -Infinity;
  return events.map(({ notice, server, symbol, ms }) => {
    const x = Math.max((ms - fromMs) / perPixel, last + LINE_GAP);
    last = x;
    const label = labelOf(notice);
    const half = label.length * CHARACTER / 2;
    const free = ends.findIndex((end) => x - half >= end + GAP);
    const row = free >= 0 ? free : ends.length < MAX_LABEL_ROWS ? ends.length : undefined;
    if (row !== undefined) ends[row] = x + half;
    return { at: new Date(fromMs + x * perPixel), server, symbol, type: notice.type, label, row };
  });
}

/** A step is reported with the exchange that confirms it, and belongs to the one that showed it first. */
function timeOf(notice: WatchNotice): Temporal.Instant {
  return notice.type === "step" ? notice.since : notice.at;
}

/** The rows of names above the first. */
export function rowsOfLabels(events: readonly PlacedEvent[]): number {
  return Math.max(0, ...events.map(({ row = 0 }) => row));
}

function labelOf(notice: WatchNotice): string {
  switch (notice.type) {
    case "step":
      return `step ${formatSignedSeconds(toSeconds(notice.step))}`;
    case "stratum":
      return `stratum ${notice.from} → ${notice.to}`;
    case "leap":
      return `leap ${notice.to}`;
    case "kiss":
      return `KoD ${notice.code}`;
    case "gone":
    case "back":
      return notice.type;
  }
}

/** Draws each event as a line from top to bottom, with the shape of its server at the top. */
export function markEvents(
  events: readonly PlacedEvent[],
  [low, high]: readonly [number, number],
  areNamed: boolean,
): Markish[] {
  const named = areNamed ? events.filter(({ row }) => row !== undefined) : [];
  return [
    ...Object.entries(dashes).flatMap(([type, strokeDasharray]) => {
      const some = events.filter((event) => event.type === type);
      const line = { x: "at", y1: low, y2: high, stroke: "server", strokeDasharray };
      return some.length > 0 ? [ruleX(some, line)] : [];
    }),
    ...(events.length > 0
      ? [dot(events, { x: "at", y: () => high, symbol: "server", fill: "server", r: 3.5 })]
      : []),
    ...Map.groupBy(named, ({ row }) => row ?? 0).entries().map(([row, some]) =>
      text(some, {
        ...{ x: "at", y: () => high, text: "label", fill: "server" },
        dy: -11 - row * LABEL_ROW,
      })
    ),
  ];
}
