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
} from "@observablehq/plot";
import type { Document, Element } from "@xmldom/xmldom";
import { chooseRange, createValueAxis, type ValueAxis } from "../axes.ts";
import { eventsOf, LABEL_ROW, markEvents, rowsOfLabels } from "./events.ts";
import { type Reference, relativeReference, type Series, trueReference } from "./series.ts";
import { createTimeAxis, type TimeAxis } from "../axes.ts";

export const WIDTH = 900;
const PLOT_HEIGHT = 260;
export const FONT = "font-family: system-ui, sans-serif; font-size: 12px";

const MARGIN_TOP = 30;
const BINS = 40;
const TICKS = 6;

/** The maximum width of a character on an axis, in pixels. */
const CHARACTER = 8;

/** The heights of the marks of outliers and of failures, as shares of a plot. */
const OUTLIER_HEIGHT = 0.025;
const FAILURE_HEIGHT = 0.03;

/** More rows of failures would reach into the plot; further servers share them. */
const MAX_FAILURE_ROWS = 6;

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

export interface Plots {
  /** The plots of what was measured, in the order from top to bottom. */
  readonly plots: readonly Element[];
  /** Whether values are beyond an axis. */
  readonly hasOutliers: boolean;
}

export function drawPlots(
  document: Document,
  series: readonly Series[],
  [firstMs, lastMs]: readonly [number, number],
): Plots {
  const domain = series.map(({ record }) => record.url);
  const frame: Frame = {
    series,
    time: createTimeAxis(firstMs, lastMs),
    options: {
      document: document as unknown as NonNullable<PlotOptions["document"]>,
      width: WIDTH,
      height: PLOT_HEIGHT,
      marginBottom: 40,
      marginTop: MARGIN_TOP,
      style: FONT,
      color: { domain, range: series.map(({ colour }) => colour) },
      symbol: { domain, range: series.map(({ symbol }) => symbol) },
    },
  };
  const reference = trueReference(series);
  const relative = relativeReference(series);
  const offsets = rowsOf(series, "offset", reference.of);
  const spreads = relative ? rowsOf(series, "offset", relative.of) : [];
  const delays = rowsOf(series, "delay", () => 0);
  const zero = reference.isZero ? [ruleY([0], { strokeOpacity: 0.3 })] : [];
  const panels: Panel[] = [
    { name: reference.label, rows: offsets, axis: axisOf(offsets), below: zero },
    { name: relative?.label ?? "", rows: spreads, axis: axisOf(spreads), below: [] },
    { name: "Delay", rows: delays, axis: axisOf(delays), below: [] },
  ].filter(({ rows }) => rows.length > 0);
  // The same for all, so that one moment is above the other.
  const characters = panels.flatMap(({ axis: { ticks, number } }) =>
    ticks.map((tick) => number(tick).length)
  );
  const marginLeft = CHARACTER * Math.max(...characters) + 16;
  return {
    plots: [
      ...panels.map((panel, i) => drawOverTime(panel, frame, { marginLeft, hasFailures: i === 0 })),
      ...(offsets.length > 0 ? [drawHistogram(relative ?? reference, frame)] : []),
    ],
    hasOutliers: panels.some(({ rows, axis: { ticks } }) =>
      rows.some(({ value }) => value < (ticks[0] ?? 0) || value > (ticks.at(-1) ?? 0))
    ),
  };
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
  return createValueAxis(...chooseRange(rows.map(({ value }) => value)), TICKS);
}

/** Marks failures and names events in one plot only: short delays lie where the marks would be. */
function drawOverTime(
  { name, rows, below, axis: { ticks, unit, number } }: Panel,
  { options, time, series }: Frame,
  { marginLeft, hasFailures }: { readonly marginLeft: number; readonly hasFailures: boolean },
): Element {
  const [low = 0, high = 0] = [ticks[0], ticks.at(-1)];
  const failing = hasFailures
    ? series.filter(({ record }) => record.failures.values.length > 0)
    : [];
  const step = (high - low) * FAILURE_HEIGHT;
  // Below all values, which would cover them.
  const band = step * Math.min(failing.length && failing.length + 1, MAX_FAILURE_ROWS + 1);
  const domain = [low - band, high] as const;
  const hasSymbols = series.length > 1;
  const inside = rows.filter(({ value }) => value >= low && value <= high);
  const events = eventsOf(series, time.domain.map(Number) as [number, number], WIDTH - marginLeft);
  const labelRows = hasFailures ? rowsOfLabels(events) : 0;
  return plot({
    ...options,
    marginLeft,
    marginTop: MARGIN_TOP + labelRows * LABEL_ROW,
    height: PLOT_HEIGHT + labelRows * LABEL_ROW,
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
      ...(failing.length > 0 ? [markFailures(failing, domain[0], step)] : []),
      ...markEvents(events, domain, hasFailures),
      dot(inside, {
        ...{ x: "at", y: "value", fill: "server", r: hasSymbols ? 2.5 : 2 },
        ...(hasSymbols && { symbol: "server" }),
      }),
      ...markOutliers(rows, [low, high]),
    ],
  });
}

/** Marks each failure where its request was sent, each server in a row of its own. */
function markFailures(failing: readonly Series[], bottom: number, step: number): Markish {
  const failures = failing.flatMap(({ record: { url, failures } }, i) => {
    const y1 = bottom + (i % MAX_FAILURE_ROWS) * step;
    return failures.values.map((ms) => ({
      at: new Date(ms),
      server: url,
      y1,
      y2: y1 + 0.8 * step,
    }));
  });
  return ruleX(failures, { x: "at", y1: "y1", y2: "y2", stroke: "server", strokeWidth: 2 });
}

/** Marks values beyond the axis by triangles at its ends. */
function markOutliers(
  rows: readonly TimedRow[],
  [low, high]: readonly [number, number],
): Markish[] {
  const inset = (high - low) * OUTLIER_HEIGHT;
  return ([
    [rows.filter(({ value }) => value > high), high - inset, 0],
    [rows.filter(({ value }) => value < low), low + inset, 180],
  ] as const).flatMap(([beyond, y, rotate]) =>
    beyond.length === 0 ? [] : [dot(beyond, {
      ...{ x: "at", y: () => y, symbol: "triangle2", r: 4, rotate },
      ...{ fill: "white", stroke: "server", strokeWidth: 1.5 },
    })]
  );
}

function drawHistogram(reference: Reference, { options, series }: Frame): Element {
  const rows = series.flatMap((each) =>
    each.record.samples.values.flatMap(({ measured }): Row[] =>
      measured ? [{ value: measured.offset - reference.of(each), server: each.record.url }] : []
    )
  );
  const { ticks, unit, number } = axisOf(rows);
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 0];
  // In the middle of the last bin, whose end is beyond all bins.
  const last = high - (high - low) / BINS / 2;
  const shown = rows.map((row) => ({ ...row, value: Math.min(Math.max(row.value, low), last) }));
  const bin = ({ value }: Row): number =>
    Math.min(BINS - 1, Math.floor((value - low) / (high - low) * BINS));
  const counts = Object.values(Object.groupBy(shown, bin)).map((each) => each?.length ?? 0);
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
      rectY(shown, binX<RectYOptions>({ y: "count" }, { x: "value", fill: "server", thresholds })),
      ruleY([0]),
    ],
  });
}
