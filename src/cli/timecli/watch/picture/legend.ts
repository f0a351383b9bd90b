/** The head of a picture: its title, a table of the servers, and what the marks mean. */
import type { Element } from "@xmldom/xmldom";
import { escapeLine, shortenMiddle } from "../../../../text/printable.ts";
import { formatMeasured, formatSeconds } from "../../../../text/units.ts";
import { formatShare } from "../figures.ts";
import type { Series } from "./series.ts";

const LINE_HEIGHT = 18;

const columns = { server: 34, offset: 345, delay: 650, lost: 760, bad: 830 } as const;

/** The characters that fit into the first column. */
const NAME_WIDTH = 44;

/** The part of an error message for which there is room. */
const longMessage = /^(.{43}).{2,}$/s;

const shapes: Readonly<Record<Series["symbol"], string>> = {
  circle: "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  triangle: "M0,-5L5,4L-5,4Z",
  square: "M-4,-4H4V4H-4Z",
  diamond2: "M0,-5L5,0L0,5L-5,0Z",
  cross: "M-5,-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z",
  star: "M0,-5L1.2,-1.6L4.8,-1.5L1.9,0.6L2.9,4L0,2L-2.9,4L-1.9,0.6L-4.8,-1.5L-1.2,-1.6Z",
  wye: "M-1.5,5V1L-5,-1.5L-3.5,-4L0,-1.8L3.5,-4L5,-1.5L1.5,1V5Z",
};

export type Add = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
) => Element;

export interface Legend {
  readonly title: string;
  readonly series: readonly Series[];
  readonly notes: readonly string[];
}

/** Draws a legend, and returns its height. */
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
    const { symbol, colour: fill } = each;
    add("path", { d: shapes[symbol], fill, transform: `translate(22,${y - 4})` });
    line(cellsOf(each));
  }
  for (const note of notes) line({ server: note }, { fill: "#555" });
  return y;
}

function cellsOf({ record, middle, medianDelay }: Series): Record<string, string> {
  const { url, sent, lost, bad, last } = record;
  const offset = middle
    ? `${formatMeasured(middle.offset, middle.bound)} ± ${formatSeconds(middle.bound)}`
    : record.delays.count > 0
    ? "-"
    : escapeLine(last?.error?.message ?? "-").replace(longMessage, "$1…");
  return {
    server: shortenMiddle(url, NAME_WIDTH),
    offset,
    ...(Number.isNaN(medianDelay) ? {} : { delay: formatSeconds(medianDelay) }),
    lost: formatShare(lost, sent),
    bad: formatShare(bad, sent),
  };
}
