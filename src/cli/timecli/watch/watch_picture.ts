/** A picture of what `timecli watch` saw: offset and delay over time, and how often each offset came. */
import {
  binX,
  dot,
  gridX,
  gridY,
  type Markish,
  plot,
  type PlotOptions,
  rectY,
  type RectYOptions,
  ruleX,
  ruleY,
  text,
} from "@observablehq/plot";
import { DOMImplementation, type Element } from "@xmldom/xmldom";
import { type Add, drawLegend } from "./picture_legend.ts";
import { type Reference, referenceOf, type Series, seriesOf } from "./picture_series.ts";
import { type TimeAxis, timeAxis } from "./time_axis.ts";
import { type ValueAxis, valueAxis } from "./value_axis.ts";
import type { WatchRecord } from "./watch_record.ts";

const SVG = "http://www.w3.org/2000/svg";

const WIDTH = 900;
const PLOT_HEIGHT = 260;
const MARGIN = 24;
const BINS = 40;
const TICKS = 6;
const FONT = "font-family: system-ui, sans-serif; font-size: 12px";

/** What a character of an axis is wide at most, in pixels. */
const CHARACTER = 8;

/** Names of events nearer than this would run into each other, in pixels. */
const LABEL_WIDTH = 60;

interface Row {
  readonly value: number;
  readonly server: string;
}

type TimedRow = Row & { readonly at: Date };

/** All that the plots have in common. */
interface Frame {
  readonly options: PlotOptions;
  readonly time: TimeAxis;
  readonly series: readonly Series[];
}

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
  const add: Add = (name, attributes, content = "") => {
    const element = document.createElementNS(SVG, name);
    setAttributes(element, attributes);
    element.textContent = content;
    svg.appendChild(element);
    return element;
  };
  add("rect", { width: "100%", height: "100%", fill: "white" });
  const series = seriesOf(records);
  const [first, last] = timesOf(records);
  const legend = { title: titleOf(records, first, last), series, notes: notesOf(records) };
  const top = drawLegend(legend, add) + MARGIN / 2;
  const plots = plotsOf({
    options: optionsFor(document, series),
    time: timeAxis(first, last),
    series,
  });
  for (const [i, each] of plots.entries()) {
    setAttributes(each, { y: top + i * (PLOT_HEIGHT + MARGIN) });
    svg.appendChild(each);
  }
  const height = top + plots.length * (PLOT_HEIGHT + MARGIN);
  const size = { width: WIDTH + MARGIN, height, viewBox: `0 0 ${WIDTH + MARGIN} ${height}` };
  setAttributes(svg, { ...size, style: FONT });
  return `${svg.toString()}\n`;
}

function optionsFor(document: PlotOptions["document"], series: readonly Series[]): PlotOptions {
  const domain = series.map(({ record }) => record.url);
  return {
    ...(document && { document }),
    width: WIDTH,
    height: PLOT_HEIGHT,
    marginBottom: 40,
    marginTop: 30,
    style: FONT,
    color: { domain, range: series.map(({ colour }) => colour) },
    symbol: { domain, range: series.map(({ symbol }) => symbol) },
  };
}

/** The first and the last moment of which anything is shown. */
function timesOf(records: readonly WatchRecord[]): [first: number, last: number] {
  const times = records.flatMap(({ all, failures, news }) => [
    ...all.map(({ atMs }) => atMs),
    ...failures.values,
    ...news.map(({ at }) => at.epochMilliseconds),
  ]);
  return times.reduce<[number, number]>(
    ([first, last], at) => [Math.min(first, at), Math.max(last, at)],
    [times[0] ?? 0, times[0] ?? 0],
  );
}

function titleOf(records: readonly WatchRecord[], first: number, last: number): string {
  const servers = records.length === 1 ? records[0]?.url : `${records.length} servers`;
  if (records.every(({ delays }) => delays.count === 0)) return `${servers}: no time was received`;
  const [from, to] = [first, last].map((ms) =>
    new Date(ms).toISOString().slice(0, 19).replace("T", " ")
  );
  // The day is said once if it is the same.
  const end = from?.slice(0, 10) === to?.slice(0, 10) ? to?.slice(11) : to;
  return `${servers}, ${from} to ${end} UTC`;
}

function notesOf(records: readonly WatchRecord[]): string[] {
  return [
    ...(records.some(({ failures }) => failures.values.length > 0)
      ? ["Short lines at the foot: requests lost, or answered with no time fit to trust."]
      : []),
    ...(records.some(({ news }) => news.length > 0)
      ? ["Dashed lines: what happened at the server of that colour."]
      : []),
  ];
}

function plotsOf(frame: Frame): Element[] {
  const reference = referenceOf(frame.series);
  const rowsOf = (name: "offset" | "delay"): TimedRow[] =>
    frame.series.flatMap((each) => {
      const base = name === "offset" ? reference.of(each) : 0;
      return each.record.all.flatMap(({ atMs, [name]: value }) =>
        value === undefined
          ? []
          : [{ at: new Date(atMs), value: value - base, server: each.record.url }]
      );
    });
  const [offsets, delays] = [rowsOf("offset"), rowsOf("delay")];
  const zero = reference.isZero ? [ruleY([0], { strokeOpacity: 0.3 })] : [];
  const panels = [
    ...(offsets.length > 0 ? [panelOf(reference.text, offsets, zero)] : []),
    ...(delays.length > 0 ? [panelOf("Delay", delays)] : []),
  ];
  // The same for all, so that one moment is above the other.
  const characters = panels.flatMap(({ axis: { ticks, number } }) =>
    ticks.map((tick) => number(tick).length)
  );
  const marginLeft = CHARACTER * Math.max(...characters) + 16;
  return [
    ...panels.map((panel, i) => overTime({ ...panel, hasFailures: i === 0 }, frame, marginLeft)),
    ...(offsets.length > 0 ? [histogram(reference, frame)] : []),
  ];
}

/** A plot over time. */
interface Panel {
  /** Whether failures are marked in it: once is enough, and short delays lie where they would. */
  readonly hasFailures: boolean;
  readonly name: string;
  readonly rows: readonly TimedRow[];
  readonly axis: ValueAxis;
  readonly below: readonly Markish[];
}

function panelOf(name: string, rows: readonly TimedRow[], below: readonly Markish[] = []): Panel {
  return { name, rows, axis: axisOf(rows), below, hasFailures: false };
}

function axisOf(rows: readonly Row[]): ValueAxis {
  const [min, max] = rows.reduce(
    ([min, max], { value }) => [Math.min(min, value), Math.max(max, value)],
    [Infinity, -Infinity],
  );
  return valueAxis(min, max, TICKS);
}

function overTime(panel: Panel, frame: Frame, marginLeft: number): Element {
  const { name, rows, below, hasFailures, axis: { ticks, unit, number } } = panel;
  const { time, series } = frame;
  const domain = [ticks[0] ?? 0, ticks.at(-1) ?? 0] as const;
  const hasSymbols = new Set(series.map(({ symbol }) => symbol)).size > 1;
  return plot({
    ...frame.options,
    marginLeft,
    x: {
      type: "utc",
      label: time.label,
      domain: [...time.domain],
      ticks: [...time.ticks],
      tickFormat: time.format,
    },
    y: { label: `${name} (${unit})`, domain, ticks: [...ticks], tickFormat: number },
    marks: [
      gridX({ ticks: [...time.ticks] }),
      gridY({ ticks: [...ticks] }),
      ...below,
      ...(hasFailures ? [failureMarks(series, domain)] : []),
      ...newsMarks(series, time, domain),
      dot(rows, {
        ...{ x: "at", y: "value", fill: "server", r: hasSymbols ? 2.5 : 2 },
        ...(hasSymbols && { symbol: "server" }),
      }),
    ],
  });
}

/** A short line at the foot for each. */
function failureMarks(
  series: readonly Series[],
  [low, high]: readonly [number, number],
): Markish {
  const failures = series.flatMap(({ record: { url, failures } }) =>
    failures.values.map((ms) => ({ at: new Date(ms), server: url }))
  );
  const foot = { y1: low, y2: low + (high - low) / 20 };
  return ruleX(failures, { x: "at", ...foot, stroke: "server", strokeWidth: 1.5 });
}

/** A line from top to bottom for each event, with its name where there is room for it. */
function newsMarks(
  series: readonly Series[],
  time: TimeAxis,
  [low, high]: readonly [number, number],
): Markish[] {
  const news = series
    .flatMap(({ record: { url, news } }) =>
      news.map(({ at, type }) => ({ at: new Date(at.epochMilliseconds), type, server: url }))
    )
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const [from, to] = time.domain.map(Number) as [number, number];
  let free = -Infinity;
  const named = news.filter(({ at }) => {
    const x = (at.getTime() - from) / (to - from) * WIDTH;
    if (x < free) return false;
    free = x + LABEL_WIDTH;
    return true;
  });
  return [
    ruleX(news, { x: "at", y1: low, y2: high, stroke: "server", strokeDasharray: "4 3" }),
    text(named, { x: "at", y: high, text: "type", dy: -8, fill: "server" }),
  ];
}

function histogram(reference: Reference, frame: Frame): Element {
  const rows = frame.series.flatMap((each) =>
    each.record.samples.values.flatMap(({ measured }): Row[] =>
      measured ? [{ value: measured.offset - reference.of(each), server: each.record.url }] : []
    )
  );
  const { ticks, unit, number } = axisOf(rows);
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 0];
  const bin = ({ value }: Row): number => Math.floor((value - low) / (high - low) * BINS);
  const counts = Object.values(Object.groupBy(rows, bin)).map((each) => each?.length ?? 0);
  // No more ticks than replies: half a reply is none.
  const countTicks = Math.min(TICKS, Math.max(...counts));
  const thresholds = Array.from(
    { length: BINS + 1 },
    (_, i) => low + (high - low) * i / BINS,
  );
  return plot({
    ...frame.options,
    marginLeft: 64,
    x: {
      label: `${reference.text} (${unit})`,
      domain: [low, high],
      ticks: [...ticks],
      tickFormat: number,
    },
    y: { label: "Replies", ticks: countTicks },
    marks: [
      gridY({ ticks: countTicks }),
      rectY(
        rows,
        binX<RectYOptions>({ y: "count" }, { x: "value", fill: "server", thresholds }),
      ),
      ruleY([0]),
    ],
  });
}

function setAttributes(
  element: Element,
  attributes: Readonly<Record<string, string | number>>,
): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
