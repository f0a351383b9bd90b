/** What `timecli watch` shows on a terminal: a table of the servers, plots of one of them, the news. */
import type { RunningStatistics } from "../client/running_statistics.ts";
import { toAscii } from "./ascii.ts";
import { describe } from "./exit_codes.ts";
import { layOutTable } from "./table.ts";
import type { ScreenSize } from "./terminal.ts";
import { LEAST_PLOT_HEIGHT, LEAST_PLOT_WIDTH, plotLines, type TimeSpan } from "./terminal_plot.ts";
import { readableSeconds, signedSeconds } from "./units.ts";
import { figuresOf } from "./watch_lines.ts";
import type { PlotPoint, WatchRecord } from "./watch_record.ts";

/** The scales of the time axis to choose from. */
export const timeSpans: readonly TimeSpan[] = [
  { seconds: 60, tick: 15 },
  { seconds: 300, tick: 60 },
  { seconds: 900, tick: 180 },
  { seconds: 3600, tick: 900 },
];

/** All that a screen shows. */
export interface WatchView {
  /** The servers. */
  readonly records: readonly WatchRecord[];
  /** Which of them is plotted. */
  readonly selected: number;
  /** What happened, the latest last. */
  readonly news: readonly string[];
  /** Now, in milliseconds since the Unix epoch: the right end of the plots. */
  readonly nowMs: number;
  /** How long it has been watching. */
  readonly elapsedSeconds: number;
  /** The scale of the time axis. */
  readonly span: TimeSpan;
  /** Whether the screen stands still. */
  readonly isPaused: boolean;
  /** Keep to ASCII. */
  readonly isAscii: boolean;
  /** Sets text in bold. */
  readonly bold: (text: string) => string;
}

/** Lines of news to leave room for. */
const NEWS_LINES = 4;

/** The screen's lines, as many as it has rows at most, none wider than it is. */
export function screenOf(view: WatchView, { columns, rows }: ScreenSize): string[] {
  const { records, news, isAscii, bold } = view;
  const fit = (line: string): string => {
    const text = isAscii ? toAscii(line) : line;
    return text.length <= columns ? text : `${text.slice(0, columns - 1)}${isAscii ? ">" : "…"}`;
  };
  const title = `timecli watch   ${clock(view.elapsedSeconds)}${view.isPaused ? "   paused" : ""}`;
  const [head = "", ...servers] = tableFor(view, columns);
  const keys = `q quit  p ${view.isPaused ? "resume" : "pause"}  + - time scale` +
    (records.length > 1 ? "  Tab next server" : "");
  const room = Math.max(0, rows - 3);
  const shown = servers.slice(0, room);
  const latest = news.slice(-Math.min(NEWS_LINES, Math.max(1, room - shown.length)));
  const plotRoom = Math.max(0, room - shown.length - latest.length);
  const plots = plotsFor(view, { columns, rows: plotRoom });
  // In front of the news, so that the keys stay on the last line.
  const gap = Array<string>(Math.max(0, plotRoom - plots.length)).fill("");
  const body = [...shown, ...plots, ...gap, ...latest].slice(0, room);
  return [bold(fit(title)), bold(fit(head)), ...body.map(fit), fit(keys)].slice(0, rows);
}

const head = ["  SERVER", "OFFSET", "DELAY", "JITTER"];
const spreadHead = ["MIN", "MEAN", "MAX", "STDDEV"];
const tailHead = ["LOST", "STRATUM", "LEAP"];

/** The table, with the figures of the offset where the screen is wide enough. */
function tableFor({ records, selected }: WatchView, columns: number): string[] {
  const lay = (isWide: boolean): string =>
    layOutTable([
      [...head, ...(isWide ? spreadHead : []), ...tailHead],
      ...records.map((record, i) => {
        const mark = records.length > 1 && i === selected ? "> " : "  ";
        return rowOf(record, `${mark}${record.url}`, isWide);
      }),
    ]);
  const lines = (text: string): string[] => text.split("\n");
  const wide = lines(lay(true));
  return wide.every((line) => line.length <= columns) ? wide : lines(lay(false));
}

function rowOf(
  { asked, lost, last, offsets, delays }: WatchRecord,
  name: string,
  isWide: boolean,
): string[] {
  const { reply, error } = last ?? {};
  const loss = asked === 0 ? "-" : `${(lost / asked * 100).toFixed(lost === 0 ? 0 : 1)} %`;
  if (error) return [name, `${loss} lost; ${describe(error)}`];
  const isNtp = reply?.protocol === "ntp";
  const [offset, delay] = reply
    ? [
      "offset" in reply ? signedSeconds(reply.offset.total("seconds")) : "-",
      readableSeconds((isNtp ? reply.delay : reply.roundTrip).total("seconds")),
    ]
    : ["-", "-"];
  const spread = offsets.count === 0 ? ["-", "-", "-", "-"] : figuresOf(offsets, signedSeconds);
  const jitter = (offsets.count > 0 ? offsets : delays).jitter;
  return [
    name,
    offset,
    delay,
    Number.isNaN(jitter) ? "-" : readableSeconds(jitter),
    ...(isWide ? spread.slice(0, 4) : []),
    loss,
    isNtp ? String(reply.stratum) : "-",
    isNtp ? reply.leap : "-",
  ];
}

/** The offset above, if the protocol has one, and the delay below. */
function plotsFor(view: WatchView, { columns, rows }: ScreenSize): string[] {
  const record = view.records[view.selected];
  if (!record || columns < LEAST_PLOT_WIDTH) return [];
  const { offsets, delays } = record;
  const plots = [
    ...(offsets.count > 0 ? [plotFor(view, record, "Offset", signedSeconds)] : []),
    ...(delays.count > 0 ? [plotFor(view, record, "Delay", readableSeconds)] : []),
  ];
  const least = LEAST_PLOT_HEIGHT + 1;
  const shown = plots.slice(0, Math.floor(rows / least));
  const height = Math.floor(rows / shown.length);
  return shown.flatMap((draw) => draw(columns, height));
}

function plotFor(
  { nowMs, span, isAscii }: WatchView,
  record: WatchRecord,
  name: "Offset" | "Delay",
  format: (seconds: number) => string,
): (width: number, height: number) => string[] {
  const isOffset = name === "Offset";
  const points = record.recent.flatMap(({ atMs, offset, delay }: PlotPoint) => {
    const value = isOffset ? offset : delay;
    return value === undefined ? [] : [[(atMs - nowMs) / 1000, value] as const];
  });
  return (width, height) => [
    `${name}  ${figuresText(isOffset ? record.offsets : record.delays, format)}`,
    ...plotLines({ points, span, width, height: height - 1, format, isAscii }),
  ];
}

function figuresText(figures: RunningStatistics, format: (seconds: number) => string): string {
  const names = ["min", "mean", "max", "stddev"];
  const values = figuresOf(figures, format);
  return names.map((name, i) => `${name} ${values[i]}`).join("  ");
}

function clock(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${two(seconds / 3600)}:${two(seconds / 60 % 60)}:${two(seconds % 60)}`;
}
