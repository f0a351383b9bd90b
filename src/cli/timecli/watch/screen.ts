/** The screen of `timecli watch`: a table of servers, plots of one of them, the latest events. */
import { layOutTable } from "../../../text/table.ts";
import type { StyledLine, Tone } from "../../shared/output.ts";
import { fitLine, type TerminalSize } from "../../shared/terminal.ts";
import { figureNames, formatFigures } from "./figures.ts";
import type { WatchRecord } from "./record.ts";
import { layOutServers, scrollTo } from "./server_table.ts";
import { drawPlot, MIN_PLOT_HEIGHT, MIN_PLOT_WIDTH } from "./terminal_plot.ts";
import { disagreementOf } from "./record.ts";
import type { TimeSpan } from "./axes.ts";
import { chooseBase } from "./axes.ts";

export interface WatchView {
  readonly records: readonly WatchRecord[];
  /** The index of the one that is plotted. */
  readonly selected: number;
  /** Events, the latest last. */
  readonly notices: readonly StyledLine[];
  /** The right end of the plots, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  readonly elapsedSeconds: number;
  readonly span: TimeSpan;
  readonly isPaused: boolean;
  /** Whether the keys are explained in place of all else. */
  readonly showsKeys: boolean;
  /** What the servers are sorted by, unless that is the order given. */
  readonly order?: string | undefined;
  readonly hasKeys: boolean;
  readonly isAscii: boolean;
  readonly paint: Readonly<Record<Tone | "bold", (text: string) => string>>;
}

/** Lines reserved for events, and the minimum where servers are hidden. */
const NOTICE_LINES = 4;
const MIN_NOTICE_LINES = 2;

/** More lines about servers that are wrong would hide the servers. */
const MAX_VERDICT_LINES = 3;

/** This many lines of the table come before a plot. */
const MIN_TABLE_LINES = 3;

/** Draws the lines of a screen, no more than its rows and none wider than its columns. */
export function drawScreen(view: WatchView, { columns, rows }: TerminalSize): string[] {
  const { notices, isAscii, paint } = view;
  const fit = (line: string): string => fitLine(line, columns, isAscii);
  const show = ({ text, tone }: StyledLine): string => tone ? paint[tone](fit(text)) : fit(text);
  const title = `timecli watch   ${formatElapsed(view.elapsedSeconds)}${
    view.isPaused ? "   paused" : ""
  }${view.order === undefined ? "" : `   by ${view.order}`}`;
  if (view.showsKeys) return drawKeys(view, title, rows).map(fit);
  const [head, ...servers] = layOutServers(view.records, view.selected, columns);
  const verdict = capVerdict(disagreementOf(view.records));
  const room = Math.max(0, rows - 3);
  const isCrowded = servers.length + verdict.length > room - NOTICE_LINES;
  const latest = notices.slice(
    -(isCrowded ? Math.max(1, Math.min(MIN_NOTICE_LINES, room >> 2)) : NOTICE_LINES),
  );
  const said = verdict.slice(0, Math.max(0, room - latest.length - 1));
  const left = Math.max(0, room - latest.length - said.length);
  const blocks = blocksOf(view, columns);
  const shown = scrollTo(servers, view.selected, countTableRows(servers.length, left, blocks));
  const plotRoom = left - shown.length;
  const plots = drawBlocks(blocks, { columns, rows: plotRoom }).map((text) => ({ text }));
  // Above the events, so that the keys stay on the last line.
  const gap = Array<StyledLine>(Math.max(0, plotRoom - plots.length)).fill({ text: "" });
  const body = [...shown, ...said, ...plots, ...gap, ...latest].slice(0, room);
  return [paint.bold(fit(title)), paint.bold(fit(head)), ...body.map(show), fit(keysOf(view))]
    .slice(0, rows);
}

function keysOf({ isPaused, hasKeys, records }: WatchView): string {
  if (!hasKeys) return "Ctrl-C quits";
  return `q quit  ? keys  p ${isPaused ? "resume" : "pause"}  + - time scale` +
    (records.length > 1 ? "  Tab next server" : "");
}

/** Keeps room for the servers themselves where many are wrong. */
function capVerdict(lines: readonly StyledLine[]): StyledLine[] {
  if (lines.length <= MAX_VERDICT_LINES) return [...lines];
  const shown = lines.slice(0, MAX_VERDICT_LINES - 1);
  return [...shown, { text: `${lines.length - shown.length} more are wrong`, tone: "bad" }];
}

/** All keys of the live view, with what they do. */
export const keyHelp: readonly (readonly [keys: string, meaning: string])[] = [
  ["q", "quit"],
  ["?", "show the keys"],
  ["p, space", "pause"],
  ["+, -, s", "change the time scale"],
  ["Tab, down", "next server"],
  ["Shift-Tab, up", "previous server"],
  ["o", "sort by offset, delay, losses"],
  ["r", "reset the figures"],
];

function drawKeys({ paint }: WatchView, title: string, rows: number): string[] {
  const lines = layOutTable(keyHelp.map(([keys, meaning]) => [`  ${keys}`, meaning])).split("\n");
  return [paint.bold(title), "", ...lines, "", "Any key goes back."].slice(0, rows);
}

/** Gives the servers all lines that a plot leaves, or the figures alone, or nothing. */
function countTableRows(servers: number, left: number, blocks: readonly PlotBlock[]): number {
  const figures = blocks.flatMap(({ title }) => title).length;
  const plot = blocks.some(({ isDrawable }) => isDrawable) ? MIN_PLOT_HEIGHT : 0;
  const wants = [figures + plot, figures];
  const want = wants.find((want) => left - want >= Math.min(servers, MIN_TABLE_LINES)) ?? 0;
  return Math.min(servers, left - want);
}

interface PlotBlock {
  readonly title: readonly string[];
  readonly isDrawable: boolean;
  readonly draw: (width: number, height: number) => string[];
}

function blocksOf(view: WatchView, columns: number): PlotBlock[] {
  const record = view.records[view.selected];
  return (["offset", "delay"] as const).flatMap((name) =>
    record && record.shown[`${name}s`].count > 0 ? [blockOf(view, record, name, columns)] : []
  );
}

function blockOf(
  { nowMs, span, isAscii }: WatchView,
  record: WatchRecord,
  name: "offset" | "delay",
  columns: number,
): PlotBlock {
  const isSigned = name === "offset";
  const figures = record.shown[`${name}s`];
  const measured = record.latest(span.seconds).flatMap(({ atMs, [name]: value }) => {
    const x = (atMs - nowMs) / 1000;
    // A point in the future is from before this machine's clock was set back, or from a paused screen.
    return value === undefined || x < -span.seconds || x > 0 ? [] : [[x, value] as const];
  });
  const values = measured.map(([, value]) => value);
  const base = chooseBase(figures.min, figures.max);
  const axisBase = base ?? chooseBase(Math.min(...values), Math.max(...values));
  const texts = formatFigures(figures, { isSigned, base });
  const title = [
    `${isSigned ? "Offset" : "Delay"}${base ? ` from ${base.text}` : ""}`,
    ...texts.map((text, i) => `${figureNames[i]} ${text}`),
    ...(base || !axisBase ? [] : [`axis from ${axisBase.text}`]),
  ];
  const points = measured.map(([x, value]) => [x, value - (axisBase?.seconds ?? 0)] as const);
  return {
    title: wrapParts(title, columns),
    isDrawable: columns >= MIN_PLOT_WIDTH && points.length > 0,
    draw: (width, height) =>
      drawPlot({ points, span, width, height, isSigned: isSigned || !!axisBase, isAscii }),
  };
}

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

/** Draws the plots for which there is room, and only the figures of the others. */
function drawBlocks(blocks: readonly PlotBlock[], { columns, rows }: TerminalSize): string[] {
  const isDrawn = new Set<PlotBlock>();
  let left = rows - blocks.flatMap(({ title }) => title).length;
  for (const block of blocks) {
    if (!block.isDrawable || left < MIN_PLOT_HEIGHT) continue;
    isDrawn.add(block);
    left -= MIN_PLOT_HEIGHT;
  }
  const more = Math.floor(Math.max(0, left) / Math.max(1, isDrawn.size));
  return blocks
    .flatMap((block) => [
      ...block.title,
      ...(isDrawn.has(block) ? block.draw(columns, MIN_PLOT_HEIGHT + more) : []),
    ])
    .slice(0, Math.max(0, rows));
}

function formatElapsed(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${two(seconds / 3600)}:${two(seconds / 60 % 60)}:${two(seconds % 60)}`;
}
