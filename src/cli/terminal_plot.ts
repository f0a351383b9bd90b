/** A plot over time in characters. */
import plot from "simple-ascii-chart";

/** What to plot, where. */
export interface TerminalPlot {
  /** Points as seconds from now, 0 and less, and what was measured. */
  readonly points: readonly (readonly [secondsFromNow: number, value: number])[];
  /** How far back the axis goes, in seconds, and from tick to tick. */
  readonly span: TimeSpan;
  /** Columns in all. */
  readonly width: number;
  /** Lines in all, the axis included. */
  readonly height: number;
  /** Writes a value with its unit. */
  readonly format: (value: number) => string;
  /** Keep to ASCII. */
  readonly isAscii: boolean;
}

/** A scale of the time axis, in seconds. */
export interface TimeSpan {
  /** From its left end to now. */
  readonly seconds: number;
  /** From one tick to the next. */
  readonly tick: number;
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
export function plotLines(options: TerminalPlot): string[] {
  const { span, width, height, isAscii } = options;
  const format = (value: number): string => value === 0 ? "0 s" : options.format(value);
  const points = options.points.filter(([x]) => x >= -span.seconds);
  const values = points.map(([, value]) => value);
  if (values.length === 0) return [];
  const rows = height - AXIS_LINES;
  const marks = Math.max(2, Math.min(6, Math.floor(rows / 2)));
  const yTicks = ticksAround(Math.min(...values), Math.max(...values), marks);
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
    customYAxisTicks: yTicks,
    customXAxisTicks: Array.from(
      { length: Math.floor(span.seconds / span.tick) + 1 },
      (_, i) => -i * span.tick,
    ),
    formatter: (value, { axis }) =>
      // The chart makes room for the first label alone.
      axis === "y" ? format(tidy(value)).padStart(labelWidth) : ago(value, span.tick),
    symbols: { point: isAscii ? "*" : "•", ...(isAscii && { axis: asciiAxis }) },
  });
  return chart.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
}

/** Round values about evenly spaced, the first at most `min` and the last at least `max`. */
function ticksAround(min: number, max: number, count: number): number[] {
  // Equal values are shown in the middle of an axis.
  const margin = min === max ? Math.abs(min) / 10 || 1e-6 : 0;
  const rough = (max - min + 2 * margin) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor((min - margin) / step);
  const last = Math.ceil((max + margin) / step);
  return Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
}

/** Without the last bits of a multiplication, which would show as -0 or 3.0000000000000004. */
function tidy(value: number): number {
  return Number(value.toPrecision(12)) || 0;
}

function ago(seconds: number, tick: number): string {
  if (seconds === 0) return "now";
  return tick % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
