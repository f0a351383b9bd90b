/** What stands above the plots of a picture: what it is of, and a table of the servers. */
import type { Element } from "@xmldom/xmldom";
import { escapeLine, shortenMiddle } from "../../../text/printable.ts";
import type { Series } from "./picture_series.ts";
import { formatExactSeconds, formatSeconds } from "../../../text/units.ts";
import { shareOf } from "./watch_figures.ts";

const LINE_HEIGHT = 18;

/** Where the table's columns begin. */
const columns = { server: 34, offset: 345, delay: 650, lost: 760, bad: 830 } as const;

/** As many characters as fit into the first column. */
const NAME_WIDTH = 44;

/** What a message of failure begins with, and what there is no room for. */
const failureCut = /^(.{43}).{2,}$/s;

/** Adds a child to a picture. */
export type Add = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
) => Element;

/** What a legend says. */
export interface Legend {
  readonly title: string;
  readonly series: readonly Series[];
  /** What the marks in the plots mean, a line each. */
  readonly notes: readonly string[];
}

/**
 * Draws it.
 *
 * @param legend What it says
 * @param add Adds what is drawn
 * @returns Its height
 */
export function drawLegend({ title, series, notes }: Legend, add: Add): number {
  let y = LINE_HEIGHT + 6;
  const line = (cells: Partial<Record<keyof typeof columns, string>>, style = {}): void => {
    for (const [name, text] of Object.entries(cells)) {
      add("text", { x: columns[name as keyof typeof columns], y, ...style }, text);
    }
    y += LINE_HEIGHT;
  };
  add("text", { x: 12, y, "font-weight": "bold", "font-size": 14 }, title);
  y += LINE_HEIGHT + 4;
  const head = { server: "Server", offset: "Offset, median", delay: "Delay, median" };
  line({ ...head, lost: "Lost", bad: "Bad" }, { fill: "#555" });
  for (const each of series) {
    drawMark(each, y - 4, add);
    line(cellsOf(each));
  }
  for (const note of notes) line({ server: note }, { fill: "#555" });
  return y;
}

function cellsOf({ record, middle, medianDelay }: Series): Record<string, string> {
  const { url, asked, lost, bad, last } = record;
  const sign = middle && middle.offset >= 0 ? "+" : "";
  const offset = middle
    ? `${sign}${formatExactSeconds(middle.offset, middle.bound / 10)} ± ${
      formatSeconds(middle.bound)
    }`
    : record.delays.count > 0
    ? "-"
    : escapeLine(last?.error?.message ?? "-").replace(failureCut, "$1…");
  const counts = { lost: shareOf(lost, asked), bad: shareOf(bad, asked) };
  const delay = Number.isNaN(medianDelay) ? {} : { delay: formatSeconds(medianDelay) };
  return { server: shortenMiddle(url, NAME_WIDTH), offset, ...delay, ...counts };
}

const shapes: Readonly<Record<Series["symbol"], string>> = {
  circle: "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  triangle: "M0,-5L5,4L-5,4Z",
  square: "M-4,-4H4V4H-4Z",
  diamond2: "M0,-5L5,0L0,5L-5,0Z",
  cross: "M-5,-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z",
  star: "M0,-5L1.2,-1.6L4.8,-1.5L1.9,0.6L2.9,4L0,2L-2.9,4L-1.9,0.6L-4.8,-1.5L-1.2,-1.6Z",
  wye: "M-1.5,5V1L-5,-1.5L-3.5,-4L0,-1.8L3.5,-4L5,-1.5L1.5,1V5Z",
};

function drawMark({ colour, symbol }: Series, y: number, add: Add): void {
  add("path", { d: shapes[symbol], fill: colour, transform: `translate(22,${y})` });
}
