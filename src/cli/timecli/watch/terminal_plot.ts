/** A plot over time in characters. */
import plot from "simple-ascii-chart";
import type { TimeSpan } from "./time_spans.ts";
import { type ValueAxis, valueAxis } from "./value_axis.ts";

/** What to plot, where. */
export interface TerminalPlot {
  /** Points as seconds from now, 0 and less, and seconds that were measured; none older than the span. */
  readonly points: readonly (readonly [secondsFromNow: number, value: number])[];
  /** How far back the axis goes, in seconds, and from tick to tick. */
  readonly span: TimeSpan;
  /** Columns in all. */
  readonly width: number;
  /** Lines in all, the axis included. */
  readonly height: number;
  /** Always write the sign of a value. */
  readonly isSigned: boolean;
  /** Keep to ASCII. */
  readonly isAscii: boolean;
}

const asciiAxis = {
  n: "^",
  ns: "|",
  y: "+",
  nse: "+",
  x: "+",
  we: "-",
  e: ">",
  intersectionXY: "+",
  intersectionX: "+",
  intersectionY: "+",
};

/** Lines around the plot's own area: an arrow above, the time axis and its labels below. */
const AXIS_LINES = 3;

/** Fewer lines show nothing. */
export const LEAST_PLOT_HEIGHT = AXIS_LINES + 3;

/** In fewer columns the labels of the time axis run into each other. */
export const LEAST_PLOT_WIDTH = 50;

/** Draws it, as lines; empty without points. */
export function plotLines(
  { points, span, width, height, isSigned, isAscii }: TerminalPlot,
): string[] {
  const values = points.map(([, value]) => value);
  if (values.length === 0) return [];
  const rows = height - AXIS_LINES;
  const { ticks: yTicks, unit, number } = axisFor(values, rows);
  const format = (value: number): string => {
    const text = number(value);
    return `${isSigned && value > 0 && text !== "0" ? "+" : ""}${text} ${unit}`;
  };
  const [low = 0, high = 0] = [yTicks[0], yTicks.at(-1)];
  const labelWidth = Math.max(...yTicks.map((tick) => format(tick).length));
  // The chart has no option for the range of the time axis but what its series span.
  const frame: [number, number][] = [[-span.seconds, low], [0, low]];
  const chart = plot(frame, {
    lineFormatter: () => [],
    points: points.map(([x, y]) => ({ x, y })),
    width: width - labelWidth - 3,
    height: rows,
    yRange: [low, high],
    customYAxisTicks: [...yTicks],
    customXAxisTicks: Array.from(
      { length: Math.floor(span.seconds / span.tick) + 1 },
      (_, i) => -i * span.tick,
    ),
    formatter: (value, { axis }) =>
      // The chart makes room for the first label alone.
      axis === "y" ? format(value).padStart(labelWidth) : ago(value, span.tick),
    symbols: { point: isAscii ? "*" : "•", ...(isAscii && { axis: asciiAxis }) },
  });
  return chart.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
}

/** An axis with every other line a tick at most, and in any case no more ticks than lines. */
function axisFor(values: readonly number[], rows: number): ValueAxis {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  let count = Math.max(2, Math.min(6, Math.floor(rows / 2)));
  let axis = valueAxis(min, max, count);
  while (axis.ticks.length > rows && count > 1) axis = valueAxis(min, max, --count);
  return axis;
}

function ago(seconds: number, tick: number): string {
  if (seconds === 0) return "now";
  if (tick % 3600 === 0) return `${seconds / 3600} h`;
  return tick % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
