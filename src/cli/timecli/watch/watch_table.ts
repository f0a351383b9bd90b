/** The table of the servers that `timecli watch` shows on a terminal. */
import type { WatchedExchange } from "../../../client/watch.ts";
import { describe } from "../../shared/exit_codes.ts";
import { shortenMiddle } from "../../../text/printable.ts";
import { layOutTable } from "../../../text/table.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";
import { figureNames, figuresOf, shareOf } from "./watch_figures.ts";
import type { WatchRecord } from "./watch_record.ts";

/** What a line is about, which its colour says too. */
export type Tone = "good" | "odd" | "bad";

/** A line of the screen. */
export interface ScreenLine {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

/** What to show of the servers. */
export interface ServerTable {
  readonly records: readonly WatchRecord[];
  /** Which of them has the mark, where there are several. */
  readonly selected: number;
  readonly isAscii: boolean;
}

/** A name is not made shorter than that: it has to tell servers apart. */
const SHORTEST_NAME = 16;

/**
 * The head and a line a server: with the figures of the offset where the screen is wide enough, and
 * with shorter names and fewer columns where it is too narrow.
 */
export function tableLines(
  table: ServerTable,
  columns: number,
): [head: string, ...servers: ScreenLine[]] {
  const { records } = table;
  const longest = Math.max(...records.map(({ url }) => url.length));
  // What is said of a failure is cut instead.
  const excessOf = (lines: readonly string[]): number =>
    Math.max(
      ...lines.filter((_, i) => !records[i - 1]?.last?.error).map((line) => line.length - columns),
    );
  let lines: string[] = [];
  for (const left of [0, 1, 2, 3, 4]) {
    lines = layOut(table, left, longest);
    const excess = excessOf(lines);
    // Figures are no reason for a shorter name.
    if (left > 0 && excess > 0 && longest - excess >= SHORTEST_NAME) {
      lines = layOut(table, left, longest - excess);
    }
    if (excessOf(lines) <= 0) break;
    if (left === 4) lines = layOut(table, left, Math.min(longest, SHORTEST_NAME));
  }
  const [head = "", ...servers] = lines;
  return [
    head,
    ...servers.map((text, i) => ({
      text,
      ...(records[i]?.last?.error && { tone: "bad" as const }),
    })),
  ];
}

/** A column of figures. */
interface Column {
  readonly head: string;
  /** Those with the lowest are left out first where there is no room; undefined for never. */
  readonly rank?: number;
  readonly cell: (record: WatchRecord) => string;
}

const columnsOfAll: readonly Column[] = [
  { head: "OFFSET", cell: ({ last }) => offsetOf(last) },
  { head: "DELAY", cell: ({ last }) => delayOf(last) },
  { head: "JITTER", rank: 2, cell: jitterOf },
  ...figureNames.slice(0, 4).map((name, i): Column => ({
    head: name.toUpperCase(),
    rank: 1,
    cell: ({ offsets }) =>
      offsets.count === 0 ? "-" : figuresOf(offsets, { isSigned: true })[i] ?? "-",
  })),
  { head: "LOST", cell: ({ lost, asked }) => shareOf(lost, asked) },
];

const badColumn: Column = { head: "BAD", cell: ({ bad, asked }) => shareOf(bad, asked) };

const ntpColumns: readonly Column[] = [
  {
    head: "STRATUM",
    rank: 3,
    cell: ({ last }) => last?.reply?.protocol === "ntp" ? String(last.reply.stratum) : "-",
  },
  {
    head: "LEAP",
    rank: 4,
    cell: ({ last }) => last?.reply?.protocol === "ntp" ? last.reply.leap : "-",
  },
];

function layOut(
  { records, selected, isAscii }: ServerTable,
  leftOut: number,
  nameWidth: number,
): string[] {
  const hasBad = records.some(({ bad }) => bad > 0);
  const columns = [...columnsOfAll, ...(hasBad ? [badColumn] : []), ...ntpColumns]
    .filter(({ rank = Infinity }) => rank > leftOut);
  const rows = records.map((record, i) => {
    const mark = records.length > 1 && i === selected ? "> " : "  ";
    const name = mark + shortenMiddle(record.url, nameWidth, isAscii ? "..." : "…");
    const cells = record.last?.error
      ? [failureOf(record)]
      : columns.map(({ cell }) => cell(record));
    return [name, ...cells];
  });
  return layOutTable([["  SERVER", ...columns.map(({ head }) => head)], ...rows]).split("\n");
}

function failureOf({ asked, lost, bad, last }: WatchRecord): string {
  const share = bad > 0 ? `, ${shareOf(bad, asked)} bad` : "";
  return `${shareOf(lost, asked)} lost${share}; ${describe(last?.error)}`;
}

function offsetOf({ reply }: Partial<WatchedExchange> = {}): string {
  if (!reply || !("offset" in reply)) return "-";
  const text = formatSignedSeconds(reply.offset.total("seconds"));
  // Beside days, minutes take room that says little.
  return text.includes(" d ") ? text.replace(/ \d+ min$/, "") : text;
}

function delayOf({ reply }: Partial<WatchedExchange> = {}): string {
  if (!reply) return "-";
  const delay = reply.protocol === "ntp" ? reply.delay : reply.roundTrip;
  return formatSeconds(delay.total("seconds"));
}

function jitterOf({ offsets, delays }: WatchRecord): string {
  const { jitter } = offsets.count > 0 ? offsets : delays;
  return Number.isNaN(jitter) ? "-" : formatSeconds(jitter);
}

/** As many of the servers as there are lines for, around the one with the mark; the rest is counted. */
export function scroll(
  lines: readonly ScreenLine[],
  selected: number,
  rows: number,
): ScreenLine[] {
  if (lines.length <= rows) return [...lines];
  const shown = rows > 1 ? rows - 1 : rows;
  const first = Math.max(0, Math.min(selected - (shown >> 1), lines.length - shown));
  const below = lines.length - first - shown;
  const counts = [[first, "above"], [below, "below"]].filter(([count]) => count !== 0);
  const rest = `  ${first + below} more: ${counts.map((each) => each.join(" ")).join(", ")}`;
  return [...lines.slice(first, first + shown), { text: rest }].slice(0, rows);
}
