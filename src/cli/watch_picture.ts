/** A picture of what `timecli watch` saw: offset and delay over time, and how often each offset came. */
import {
  binX,
  dot,
  gridX,
  gridY,
  plot,
  type PlotOptions,
  rectY,
  type RectYOptions,
  ruleY,
} from "@observablehq/plot";
import { DOMImplementation, type Element } from "@xmldom/xmldom";
import type { WatchRecord } from "./watch_record.ts";

const SVG = "http://www.w3.org/2000/svg";

const WIDTH = 900;
const PLOT_HEIGHT = 260;
const MARGIN = 24;
const BINS = 40;
const LINE_HEIGHT = 18;
const FONT = "font-family: system-ui, sans-serif; font-size: 12px";

/** Okabe and Ito's colours, which colour-blind people can tell apart. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

interface Row {
  readonly at: Date;
  readonly value: number;
  readonly server: string;
}

/** Units that a whole axis is in, by the largest value on it. */
const units = [[1, 1, "s"], [1e-3, 1e3, "ms"], [1e-6, 1e6, "µs"], [0, 1e9, "ns"]] as const;

/**
 * Draws it.
 *
 * @param records The servers and their points
 * @returns An SVG document
 */
export function pictureOf(records: readonly WatchRecord[]): string {
  const document = new DOMImplementation().createDocument(SVG, "");
  const svg = document.createElementNS(SVG, "svg");
  document.appendChild(svg);
  const names = records.map(({ url }) => url);
  const rowsOf = (name: "offset" | "delay"): Row[] =>
    records.flatMap(({ url, all }) =>
      all.flatMap(({ atMs, [name]: value }) =>
        value === undefined ? [] : [{ at: new Date(atMs), value, server: url }]
      )
    );
  const [offsets, delays] = [rowsOf("offset"), rowsOf("delay")];
  const common: PlotOptions = {
    document,
    width: WIDTH,
    height: PLOT_HEIGHT,
    marginLeft: 64,
    marginBottom: 40,
    style: FONT,
    color: { domain: names, range: names.map((_, i) => colours[i % colours.length] ?? "") },
  };
  const plots = [
    ...(offsets.length > 0 ? [overTime("Offset", offsets, common)] : []),
    ...(delays.length > 0 ? [overTime("Delay", delays, common)] : []),
    ...(offsets.length > 0 ? [histogram(offsets, common)] : []),
  ];
  const top = MARGIN + (names.length + 1) * LINE_HEIGHT;
  const height = top + plots.length * (PLOT_HEIGHT + MARGIN);
  setAttributes(svg, {
    width: WIDTH + MARGIN,
    height,
    viewBox: `0 0 ${WIDTH + MARGIN} ${height}`,
    style: FONT,
  });
  const add = (
    name: string,
    attributes: Readonly<Record<string, string | number>>,
    text = "",
  ): void => {
    const element = document.createElementNS(SVG, name);
    setAttributes(element, attributes);
    element.textContent = text;
    svg.appendChild(element);
  };
  add("rect", { width: "100%", height: "100%", fill: "white" });
  add("text", { x: MARGIN / 2, y: MARGIN, "font-weight": "bold" }, titleOf(records));
  for (const [i, name] of names.entries()) {
    const y = MARGIN + (i + 1) * LINE_HEIGHT;
    add("circle", { cx: MARGIN, cy: y - 4, r: 4, fill: colours[i % colours.length] ?? "" });
    add("text", { x: MARGIN + 10, y }, name);
  }
  for (const [i, each] of plots.entries()) {
    setAttributes(each, { y: top + i * (PLOT_HEIGHT + MARGIN) });
    svg.appendChild(each);
  }
  return `${svg.toString()}\n`;
}

function titleOf(records: readonly WatchRecord[]): string {
  const times = records.flatMap(({ all }) => all.map(({ atMs }) => atMs)).toSorted((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return "No time was received";
  return `${utc(first)} to ${utc(last)} UTC`;
}

function utc(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function overTime(name: string, rows: readonly Row[], common: PlotOptions): Element {
  const { values, unit } = inUnit(rows);
  return plot({
    ...common,
    x: { type: "utc", label: "Time (UTC)", tickFormat: "%H:%M:%S" },
    y: { label: `${name} (${unit})`, nice: true },
    marks: [
      gridX(),
      gridY(),
      ...(name === "Offset" ? [ruleY([0], { strokeOpacity: 0.3 })] : []),
      dot(values, { x: "at", y: "value", fill: "server", r: 2 }),
    ],
  });
}

function histogram(rows: readonly Row[], common: PlotOptions): Element {
  const { values, unit } = inUnit(rows);
  return plot({
    ...common,
    x: { label: `Offset (${unit})` },
    y: { label: "Replies" },
    marks: [
      gridY(),
      rectY(
        values,
        binX<RectYOptions>({ y: "count" }, { x: "value", fill: "server", thresholds: BINS }),
      ),
      ruleY([0]),
    ],
  });
}

function inUnit(rows: readonly Row[]): { values: Row[]; unit: string } {
  const largest = rows.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0);
  const [, factor, unit] = units.find(([least]) => largest >= least) ?? units[0];
  return { values: rows.map((row) => ({ ...row, value: row.value * factor })), unit };
}

function setAttributes(
  element: Element,
  attributes: Readonly<Record<string, string | number>>,
): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
