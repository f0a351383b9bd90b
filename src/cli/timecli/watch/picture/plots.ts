/** The plots of a picture: offset and delay over time, and a histogram of the offsets. */
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
import type { Document, Element } from "@xmldom/xmldom";
import { createValueAxis, type ValueAxis } from "../value_axis.ts";
import { chooseReference, type Reference, type Series } from "./series.ts";
import { createTimeAxis, type TimeAxis } from "./time_axis.ts";

export const WIDTH = 900;
export const PLOT_HEIGHT = 260;
export const FONT = "font-family: system-ui, sans-serif; font-size: 12px";

const BINS = 40;
const TICKS = 6;

/** The maximum width of a character on an axis, in pixels. */
const CHARACTER = 8;

/** Names of events closer than this would overlap, in pixels. */
const LABEL_WIDTH = 60;

interface Row {
  readonly value: number;
  readonly server: string;
}

type TimedRow = Row & { readonly at: Date };

interface Frame {
  readonly options: PlotOptions;
  readonly time: TimeAxis;
  readonly series: readonly Series[];
}

/** Draws the plots of what was measured, in the order from top to bottom. */
export function drawPlots(
  document: Document,
  series: readonly Series[],
  [firstMs, lastMs]: readonly [number, number],
): Element[] {
  const domain = series.map(({ record }) => record.url);
  const frame: Frame = {
    series,
    time: createTimeAxis(firstMs, lastMs),
    options: {
      document: document as unknown as NonNullable<PlotOptions["document"]>,
      width: WIDTH,
      height: PLOT_HEIGHT,
      marginBottom: 40,
      marginTop: 30,
      style: FONT,
      color: { domain, range: series.map(({ colour }) => colour) },
      symbol: { domain, range: series.map(({ symbol }) => symbol) },
    },
  };
  const reference = chooseReference(series);
  const offsets = rowsOf(series, "offset", reference.of);
  const delays = rowsOf(series, "delay", () => 0);
  const zero = reference.isZero ? [ruleY([0], { strokeOpacity: 0.3 })] : [];
  const panels: Panel[] = [
    { name: reference.label, rows: offsets, axis: axisOf(offsets), below: zero },
    { name: "Delay", rows: delays, axis: axisOf(delays), below: [] },
  ].filter(({ rows }) => rows.length > 0);
  // The same for all, so that one moment is above the other.
  const characters = panels.flatMap(({ axis: { ticks, number } }) =>
    ticks.map((tick) => number(tick).length)
  );
  const marginLeft = CHARACTER * Math.max(...characters) + 16;
  return [
    ...panels.map((panel, i) => drawOverTime(panel, frame, { marginLeft, hasFailures: i === 0 })),
    ...(offsets.length > 0 ? [drawHistogram(reference, frame)] : []),
  ];
}

function rowsOf(
  series: readonly Series[],
  name: "offset" | "delay",
  reference: Reference["of"],
): TimedRow[] {
  return series.flatMap((each) =>
    each.record.all.flatMap(({ atMs, [name]: value }) =>
      value === undefined
        ? []
        : [{ at: new Date(atMs), value: value - reference(each), server: each.record.url }]
    )
  );
}

interface Panel {
  readonly name: string;
  readonly rows: readonly TimedRow[];
  readonly axis: ValueAxis;
  readonly below: readonly Markish[];
}

function axisOf(rows: readonly Row[]): ValueAxis {
  const [min, max] = rows.reduce(
    ([min, max], { value }) => [Math.min(min, value), Math.max(max, value)],
    [Infinity, -Infinity],
  );
  return createValueAxis(min, max, TICKS);
}

/** Marks failures in one plot only: short delays lie where the marks would be. */
function drawOverTime(
  { name, rows, below, axis: { ticks, unit, number } }: Panel,
  { options, time, series }: Frame,
  { marginLeft, hasFailures }: { readonly marginLeft: number; readonly hasFailures: boolean },
): Element {
  const domain = [ticks[0] ?? 0, ticks.at(-1) ?? 0] as const;
  const hasSymbols = new Set(series.map(({ symbol }) => symbol)).size > 1;
  return plot({
    ...options,
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
      ...(hasFailures ? [markFailures(series, domain)] : []),
      ...markNotices(series, time, domain),
      dot(rows, {
        ...{ x: "at", y: "value", fill: "server", r: hasSymbols ? 2.5 : 2 },
        ...(hasSymbols && { symbol: "server" }),
      }),
    ],
  });
}

function markFailures(series: readonly Series[], [low, high]: readonly [number, number]): Markish {
  const failures = series.flatMap(({ record: { url, failures } }) =>
    failures.values.map((ms) => ({ at: new Date(ms), server: url }))
  );
  const bottom = { y1: low, y2: low + (high - low) / 20 };
  return ruleX(failures, { x: "at", ...bottom, stroke: "server", strokeWidth: 1.5 });
}

/** Marks each event by a line from top to bottom, with its name where there is room. */
function markNotices(
  series: readonly Series[],
  time: TimeAxis,
  [low, high]: readonly [number, number],
): Markish[] {
  const notices = series
    .flatMap(({ record: { url, notices } }) =>
      notices.map(({ at, type }) => ({ at: new Date(at.epochMilliseconds), type, server: url }))
    )
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const [from, to] = time.domain.map(Number) as [number, number];
  let free = -Infinity;
  const named = notices.filter(({ at }) => {
    const x = (at.getTime() - from) / (to - from) * WIDTH;
    if (x < free) return false;
    free = x + LABEL_WIDTH;
    return true;
  });
  return [
    ruleX(notices, { x: "at", y1: low, y2: high, stroke: "server", strokeDasharray: "4 3" }),
    text(named, { x: "at", y: high, text: "type", dy: -8, fill: "server" }),
  ];
}

function drawHistogram(reference: Reference, { options, series }: Frame): Element {
  const rows = series.flatMap((each) =>
    each.record.samples.values.flatMap(({ measured }): Row[] =>
      measured ? [{ value: measured.offset - reference.of(each), server: each.record.url }] : []
    )
  );
  const { ticks, unit, number } = axisOf(rows);
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 0];
  const bin = ({ value }: Row): number => Math.floor((value - low) / (high - low) * BINS);
  const counts = Object.values(Object.groupBy(rows, bin)).map((each) => each?.length ?? 0);
  // No more ticks than replies: there is no half reply.
  const countTicks = Math.min(TICKS, Math.max(...counts));
  const thresholds = Array.from({ length: BINS + 1 }, (_, i) => low + (high - low) * i / BINS);
  return plot({
    ...options,
    marginLeft: 64,
    x: {
      label: `${reference.label} (${unit})`,
      domain: [low, high],
      ticks: [...ticks],
      tickFormat: number,
    },
    y: { label: "Replies", ticks: countTicks },
    marks: [
      gridY({ ticks: countTicks }),
      rectY(rows, binX<RectYOptions>({ y: "count" }, { x: "value", fill: "server", thresholds })),
      ruleY([0]),
    ],
  });
}
