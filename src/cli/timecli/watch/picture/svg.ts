/** The picture of `timecli watch --plot`: a legend above the plots, in one SVG document. */
import { DOMImplementation, type Element } from "@xmldom/xmldom";
import { escapeLine, shortenMiddle } from "../../../../text/printable.ts";
import {
  formatMeasured,
  formatPlural,
  formatSeconds,
  formatSignedSeconds,
} from "../../../../text/units.ts";
import { formatShare } from "../figures.ts";
import type { WatchRecord } from "../record.ts";
import { drawPlots, FONT, WIDTH } from "./plots.ts";
import { createSeries, type Series } from "./series.ts";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 24;

/** Draws the records as seen by the clock of a machine, whose name may be unknown. */
export function drawPicture(records: readonly WatchRecord[], machine?: string): string {
  const document = new DOMImplementation().createDocument(SVG, "");
  const svg = document.createElementNS(SVG, "svg");
  document.appendChild(svg);
  const add: Add = (name, attributes, content = "") => {
    const element = document.createElementNS(SVG, name);
    setAttributes(element, attributes);
    element.textContent = content;
    svg.appendChild(element);
    return element;
  };
  const times = findTimes(records);
  const title = titleOf(records, times, machine);
  add("title", { id: "title" }, title);
  add("desc", { id: "desc" }, describe(records));
  add("rect", { width: "100%", height: "100%", fill: "white" });
  const series = createSeries(records);
  const { plots, hasOutliers } = drawPlots(document, series, times);
  const legend = { title, series, notes: notesOf(records, hasOutliers) };
  let y = drawLegend(legend, add) + MARGIN / 2;
  for (const plot of plots) {
    setAttributes(plot, { y });
    svg.appendChild(plot);
    y += Number(plot.getAttribute("height")) + MARGIN;
  }
  const width = WIDTH + MARGIN;
  setAttributes(svg, {
    ...{ width, height: y, viewBox: `0 0 ${width} ${y}`, style: FONT },
    // Screen readers read the title and the description, not every dot.
    ...{ role: "img", "aria-labelledby": "title desc" },
  });
  return `${svg.toString()}\n`;
}

/** Finds the first and the last moment shown, in milliseconds since the Unix epoch. */
function findTimes(records: readonly WatchRecord[]): [first: number, last: number] {
  const times = records.flatMap(({ all, failures, notices }) => [
    ...all.map(({ atMs }) => atMs),
    ...failures.values,
    ...notices.map(({ at }) => at.epochMilliseconds),
  ]).toSorted((a, b) => a - b);
  return [times[0] ?? 0, times.at(-1) ?? 0];
}

function titleOf(
  records: readonly WatchRecord[],
  times: readonly [number, number],
  machine: string | undefined,
): string {
  const servers = records.length === 1 ? records[0]?.url : `${records.length} servers`;
  if (records.every(({ delays }) => delays.count === 0)) return `${servers}: no time was received`;
  const [from = "", to = ""] = times.map((ms) =>
    new Date(ms).toISOString().slice(0, 19).replace("T", " ")
  );
  const end = from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to;
  const clock = machine === undefined ? "" : ` by the clock of ${escapeLine(machine)}`;
  return `${servers}${clock}, ${from} to ${end} UTC`;
}

/** The figures of each server in words. */
function describe(records: readonly WatchRecord[]): string {
  const figures = records.map(({ url, offsets, sent, lost, bad, notices, last }) => {
    const { count, min, max } = offsets;
    const offset = count > 0
      ? `offset ${formatSignedSeconds(min)} to ${formatSignedSeconds(max)}`
      : "no offset";
    const share = sent === 0 && last?.error
      ? "no request could be sent"
      : `${lost} of ${formatPlural(sent, "request")} lost${
        bad > 0 ? `, ${formatPlural(bad, "reply", "replies")} unusable` : ""
      }`;
    const events = notices.map(({ type }) => type).join(", ");
    return `${url}: ${offset}, ${share}${events && `; events: ${events}`}.`;
  });
  return `Offset and delay over time, and a histogram of the offsets. ${figures.join(" ")}`;
}

function notesOf(records: readonly WatchRecord[], hasOutliers: boolean): string[] {
  return [
    ...(records.some(({ failures }) => failures.values.length > 0)
      ? [
        "Ticks at the bottom, when sent: requests lost, not sent, or answered without a usable time.",
      ]
      : []),
    ...(records.some(({ notices }) => notices.length > 0)
      ? [
        "Dashed lines: events at the server of that colour and shape; those of one moment side by side.",
      ]
      : []),
    ...(hasOutliers
      ? ["Open triangles at the edge: values beyond the axis, which fits the middle 95 %."]
      : []),
  ];
}

function setAttributes(
  element: Element,
  attributes: Readonly<Record<string, string | number>>,
): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

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

type Add = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
) => Element;

interface Legend {
  readonly title: string;
  readonly series: readonly Series[];
  readonly notes: readonly string[];
}

/** Draws a legend, and returns its height. */
function drawLegend({ title, series, notes }: Legend, add: Add): number {
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
