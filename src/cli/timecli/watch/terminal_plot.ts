/** A plot over time in characters. */
import plot from "simple-ascii-chart";
import type { TimeSpan } from "./axes.ts";
import { chooseRange, createValueAxis, type ValueAxis } from "./axes.ts";

export interface TerminalPlot {
  /** Times in seconds from now, 0 or less and within the span, and values in seconds. */
  readonly points: readonly (readonly [secondsFromNow: number, value: number])[];
  readonly span: TimeSpan;
  readonly width: number;
  /** The height in lines, with the axis. */
  readonly height: number;
  readonly isSigned: boolean;
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

/** The lines around the plot area: an arrow above, the time axis and its labels below. */
const AXIS_LINES = 3;

/** Fewer lines show nothing. */
export const MIN_PLOT_HEIGHT = AXIS_LINES + 3;

/** In fewer columns the labels of the time axis overlap. */
export const MIN_PLOT_WIDTH = 50;

/** Draws a plot as lines; none without points. */
export function drawPlot(
  { points, span, width, height, isSigned, isAscii }: TerminalPlot,
): string[] {
  const values = points.map(([, value]) => value);
  if (values.length === 0) return [];
  const rows = height - AXIS_LINES;
  const { ticks: yTicks, unit, number } = createAxis(values, rows);
  const format = (value: number): string => {
    return `${isSigned && value > 0 ? "+" : ""}${number(value)} ${unit}`;
  };
  const [low = 0, high = 0] = [yTicks[0], yTicks.at(-1)];
  const labelWidth = Math.max(...yTicks.map((tick) => format(tick).length));
  // The time axis has no option for its range: it spans the series.
  const frame: [number, number][] = [[-span.seconds, low], [0, low]];
  const chart = plot(frame, {
    lineFormatter: () => [],
    points: points.filter(([, y]) => y >= low && y <= high).map(([x, y]) => ({ x, y })),
    width: width - labelWidth - 3,
    height: rows,
    yRange: [low, high],
    customYAxisTicks: [...yTicks],
    customXAxisTicks: Array.from(
      { length: Math.floor(span.seconds / span.tick) + 1 },
      (_, i) => -i * span.tick,
    ),
    formatter: (value, { axis }) =>
      // The chart makes room for the first label only.
      axis === "y" ? format(value).padStart(labelWidth) : formatAge(value, span.tick),
    symbols: { point: isAscii ? "*" : "•", ...(isAscii && { axis: asciiAxis }) },
  });
  const lines = chart.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
  // The first line has the arrow of the axis; the plot area begins behind the axis.
  const area = { first: 1, last: rows, left: labelWidth + 1, width: width - labelWidth - 3 };
  for (const [x, y] of points) {
    if (y >= low && y <= high) continue;
    const column = area.left + Math.round((1 + x / span.seconds) * (area.width - 1));
    const row = y > high ? area.first : area.last;
    const mark = y > high ? (isAscii ? "^" : "▲") : isAscii ? "v" : "▼";
    const line = (lines[row] ?? "").padEnd(column);
    lines[row] = line.slice(0, column) + mark + line.slice(column + 1);
  }
  return lines;
}

/** Creates an axis with a tick on every other line at most, and never more ticks than lines: one step has three. */
function createAxis(values: readonly number[], rows: number): ValueAxis {
  const [min, max] = chooseRange(values);
  let count = Math.max(2, Math.min(6, Math.floor(rows / 2)));
  let axis = createValueAxis(min, max, count);
  while (axis.ticks.length > rows) axis = createValueAxis(min, max, --count);
  return axis;
}

function formatAge(seconds: number, tick: number): string {
  if (seconds === 0) return "now";
  if (tick % 3600 === 0) return `${seconds / 3600} h`;
  return tick % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
