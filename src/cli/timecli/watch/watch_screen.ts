/** What `timecli watch` shows on a terminal: a table of the servers, plots of one of them, the news. */
import { toAscii } from "../../../text/printable.ts";
import type { ScreenSize } from "../../shared/terminal.ts";
import { LEAST_PLOT_HEIGHT, LEAST_PLOT_WIDTH, plotLines } from "./terminal_plot.ts";
import type { TimeSpan } from "./time_spans.ts";
import { baseOf } from "./value_axis.ts";
import { figureNames, figuresOf } from "./watch_figures.ts";
import type { WatchRecord } from "./watch_record.ts";
import { type ScreenLine, scroll, tableLines, type Tone } from "./watch_table.ts";

/** All that a screen shows. */
export interface WatchView {
  /** The servers. */
  readonly records: readonly WatchRecord[];
  /** Which of them is plotted. */
  readonly selected: number;
  /** What happened, the latest last. */
  readonly news: readonly ScreenLine[];
  /** Now, in milliseconds since the Unix epoch: the right end of the plots. */
  readonly nowMs: number;
  /** How long it has been watching. */
  readonly elapsedSeconds: number;
  /** The scale of the time axis. */
  readonly span: TimeSpan;
  /** Whether the screen stands still. */
  readonly isPaused: boolean;
  /** Whether keys are heard. */
  readonly hasKeys: boolean;
  /** Keep to ASCII. */
  readonly isAscii: boolean;
  /** Sets text in a style. */
  readonly paint: Readonly<Record<Tone | "bold", (text: string) => string>>;
}

/** Lines of news to leave room for. */
const NEWS_LINES = 4;

/** Lines of news where servers are hidden. */
const FEW_NEWS_LINES = 2;

/** So many lines of the table are worth more than a plot. */
const LEAST_TABLE = 3;

/** The screen's lines, as many as it has rows at most, none wider than it is. */
export function screenOf(view: WatchView, { columns, rows }: ScreenSize): string[] {
  const { news, isAscii, paint } = view;
  const fit = (line: string): string => {
    const text = isAscii ? toAscii(line) : line;
    return text.length <= columns ? text : `${text.slice(0, columns - 1)}${isAscii ? ">" : "…"}`;
  };
  const show = ({ text, tone }: ScreenLine): string => tone ? paint[tone](fit(text)) : fit(text);
  const title = `timecli watch   ${clock(view.elapsedSeconds)}${view.isPaused ? "   paused" : ""}`;
  const [head, ...servers] = tableLines(view, columns);
  const room = Math.max(0, rows - 3);
  const isCrowded = servers.length > room - NEWS_LINES;
  const newsRoom = isCrowded ? Math.max(1, Math.min(FEW_NEWS_LINES, room >> 2)) : NEWS_LINES;
  const latest = news.slice(-newsRoom);
  const left = Math.max(0, room - latest.length);
  const blocks = blocksOf(view, columns);
  const shown = scroll(servers, view.selected, tableRows(servers.length, left, blocks));
  const plotRoom = left - shown.length;
  const plots = plotsIn(blocks, { columns, rows: plotRoom }).map((text) => ({ text }));
  // In front of the news, so that the keys stay on the last line.
  const gap = Array<ScreenLine>(Math.max(0, plotRoom - plots.length)).fill({ text: "" });
  const body = [...shown, ...plots, ...gap, ...latest].slice(0, room);
  return [paint.bold(fit(title)), paint.bold(fit(head)), ...body.map(show), fit(keysOf(view))]
    .slice(0, rows);
}

function keysOf({ isPaused, hasKeys, records }: WatchView): string {
  if (!hasKeys) return "Ctrl-C quits";
  return `q quit  p ${isPaused ? "resume" : "pause"}  + - time scale` +
    (records.length > 1 ? "  Tab next server" : "");
}

/** How many lines the servers get: all that a plot leaves, or else the figures alone, or nothing. */
function tableRows(servers: number, left: number, blocks: readonly PlotBlock[]): number {
  const figures = blocks.flatMap(({ title }) => title).length;
  const plot = blocks.some(({ isDrawable }) => isDrawable) ? LEAST_PLOT_HEIGHT : 0;
  const wants = [figures + plot, figures];
  const want = wants.find((want) => left - want >= Math.min(servers, LEAST_TABLE)) ?? 0;
  return Math.min(servers, left - want);
}

/** A plot and what stands above it. */
interface PlotBlock {
  readonly title: readonly string[];
  readonly isDrawable: boolean;
  readonly draw: (width: number, height: number) => string[];
}

/** The offset, if the protocol has one, and the delay. */
function blocksOf(view: WatchView, columns: number): PlotBlock[] {
  const record = view.records[view.selected];
  if (!record) return [];
  return [
    ...(record.offsets.count > 0 ? [blockOf(view, record, "offset", columns)] : []),
    ...(record.delays.count > 0 ? [blockOf(view, record, "delay", columns)] : []),
  ];
}

function blockOf(
  { nowMs, span, isAscii }: WatchView,
  record: WatchRecord,
  name: "offset" | "delay",
  columns: number,
): PlotBlock {
  const isSigned = name === "offset";
  const figures = record[isSigned ? "offsets" : "delays"];
  const measured = record.latest(span.seconds).flatMap(({ atMs, [name]: value }) => {
    const x = (atMs - nowMs) / 1000;
    // What is in the future came before this machine's clock was set back, or while it stood still.
    return value === undefined || x < -span.seconds || x > 0 ? [] : [[x, value] as const];
  });
  const values = measured.map(([, value]) => value);
  const base = baseOf(figures.min, figures.max);
  const axisBase = base ?? baseOf(Math.min(...values), Math.max(...values));
  const texts = figuresOf(figures, { isSigned, base }).slice(0, 4);
  const title = [
    `${isSigned ? "Offset" : "Delay"}${base ? ` from ${base.text}` : ""}`,
    ...texts.map((text, i) => `${figureNames[i]} ${text}`),
    ...(base || !axisBase ? [] : [`axis from ${axisBase.text}`]),
  ];
  const points = measured.map(([x, value]) => [x, value - (axisBase?.seconds ?? 0)] as const);
  return {
    title: wrapParts(title, columns),
    isDrawable: columns >= LEAST_PLOT_WIDTH && points.length > 0,
    draw: (width, height) =>
      plotLines({ points, span, width, height, isSigned: isSigned || !!axisBase, isAscii }),
  };
}

/** Side by side, two blanks apart, on as many lines as need be. */
function wrapParts(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? part : `${lines.at(-1)}  ${part}`;
    if (lines.length === 0 || longer.length > width) {
      lines.push(lines.length > 0 ? `  ${part}` : part);
    } else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** As many plots as there is room for, and the figures alone of what is not drawn. */
function plotsIn(blocks: readonly PlotBlock[], { columns, rows }: ScreenSize): string[] {
  const isDrawn = new Set<PlotBlock>();
  let left = rows - blocks.flatMap(({ title }) => title).length;
  for (const block of blocks) {
    if (!block.isDrawable || left < LEAST_PLOT_HEIGHT) continue;
    isDrawn.add(block);
    left -= LEAST_PLOT_HEIGHT;
  }
  const more = Math.floor(Math.max(0, left) / Math.max(1, isDrawn.size));
  return blocks
    .flatMap((block) => [
      ...block.title,
      ...(isDrawn.has(block) ? block.draw(columns, LEAST_PLOT_HEIGHT + more) : []),
    ])
    .slice(0, Math.max(0, rows));
}

function clock(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${two(seconds / 3600)}:${two(seconds / 60 % 60)}:${two(seconds % 60)}`;
}
