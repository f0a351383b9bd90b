/** The picture of `timecli watch --plot`: a legend above the plots, in one SVG document. */
import { DOMImplementation, type Element } from "@xmldom/xmldom";
import type { WatchRecord } from "../record.ts";
import { type Add, drawLegend } from "./legend.ts";
import { drawPlots, FONT, PLOT_HEIGHT, WIDTH } from "./plots.ts";
import { createSeries } from "./series.ts";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 24;

export function drawPicture(records: readonly WatchRecord[]): string {
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
  add("rect", { width: "100%", height: "100%", fill: "white" });
  const series = createSeries(records);
  const times = findTimes(records);
  const legend = { title: titleOf(records, times), series, notes: notesOf(records) };
  let y = drawLegend(legend, add) + MARGIN / 2;
  for (const plot of drawPlots(document, series, times)) {
    setAttributes(plot, { y });
    svg.appendChild(plot);
    y += PLOT_HEIGHT + MARGIN;
  }
  const width = WIDTH + MARGIN;
  setAttributes(svg, { width, height: y, viewBox: `0 0 ${width} ${y}`, style: FONT });
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

function titleOf(records: readonly WatchRecord[], times: readonly [number, number]): string {
  const servers = records.length === 1 ? records[0]?.url : `${records.length} servers`;
  if (records.every(({ delays }) => delays.count === 0)) return `${servers}: no time was received`;
  const [from = "", to = ""] = times.map((ms) =>
    new Date(ms).toISOString().slice(0, 19).replace("T", " ")
  );
  const end = from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to;
  return `${servers}, ${from} to ${end} UTC`;
}

function notesOf(records: readonly WatchRecord[]): string[] {
  return [
    ...(records.some(({ failures }) => failures.values.length > 0)
      ? ["Short lines at the bottom: requests lost, or answered without a usable time."]
      : []),
    ...(records.some(({ notices }) => notices.length > 0)
      ? ["Dashed lines: events at the server of that colour."]
      : []),
  ];
}

function setAttributes(
  element: Element,
  attributes: Readonly<Record<string, string | number>>,
): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
