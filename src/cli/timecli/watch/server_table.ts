/** The table of servers on the screen of `timecli watch`. */
import type { WatchedExchange } from "../../../client/watch.ts";
import { describe } from "../../shared/exit_codes.ts";
import { shortenMiddle } from "../../../text/printable.ts";
import { layOutTable } from "../../../text/table.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";
import { figureNames, formatFigures, formatShare } from "./figures.ts";
import type { WatchRecord } from "./record.ts";

/** The meaning of a line, shown by its colour. */
export type Tone = "good" | "odd" | "bad";

/** A line of the screen. */
export interface ScreenLine {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

/** The contents of the table. */
export interface ServerTable {
  readonly records: readonly WatchRecord[];
  /** The index of the marked one, where there are several. */
  readonly selected: number;
  readonly isAscii: boolean;
}

/** Shorter names would not distinguish servers. */
const MIN_NAME_WIDTH = 16;

/** Columns up to this rank can be left out. */
const MAX_RANK = 4;

/**
 * Lays out the head and one line per server: with statistics of the offset on a wide screen, with shorter
 * names and fewer columns on a narrow one.
 */
export function layOutServers(
  table: ServerTable,
  columns: number,
): [head: string, ...servers: ScreenLine[]] {
  const { records } = table;
  const longest = Math.max(...records.map(({ url }) => url.length));
  // An error message is cut instead.
  const excessOf = (lines: readonly string[]): number =>
    Math.max(
      ...lines.filter((_, i) => !records[i - 1]?.last?.error).map((line) => line.length - columns),
    );
  let lines: string[] = [];
  for (let rank = 0; rank <= MAX_RANK; rank++) {
    lines = layOut(table, rank, longest);
    const excess = excessOf(lines);
    // Statistics are no reason for a shorter name.
    if (rank > 0 && excess > 0 && longest - excess >= MIN_NAME_WIDTH) {
      lines = layOut(table, rank, longest - excess);
    }
    if (excessOf(lines) <= 0) break;
    if (rank === MAX_RANK) lines = layOut(table, rank, Math.min(longest, MIN_NAME_WIDTH));
  }
  const [head = "", ...servers] = lines;
  const hasFailed = (i: number): boolean => records[i]?.last?.error !== undefined;
  return [
    head,
    ...servers.map((text, i): ScreenLine => hasFailed(i) ? { text, tone: "bad" } : { text }),
  ];
}

interface Column {
  readonly head: string;
  /** Columns with the lowest rank are left out first; those without a rank never. */
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
      offsets.count === 0 ? "-" : formatFigures(offsets, { isSigned: true })[i] ?? "-",
  })),
  { head: "LOST", cell: ({ lost, sent }) => formatShare(lost, sent) },
];

const badColumn: Column = { head: "BAD", cell: ({ bad, sent }) => formatShare(bad, sent) };

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
  leftOutRank: number,
  nameWidth: number,
): string[] {
  const hasBad = records.some(({ bad }) => bad > 0);
  const columns = [...columnsOfAll, ...(hasBad ? [badColumn] : []), ...ntpColumns]
    .filter(({ rank = Infinity }) => rank > leftOutRank);
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

function failureOf({ sent, lost, bad, last }: WatchRecord): string {
  const share = bad > 0 ? `, ${formatShare(bad, sent)} bad` : "";
  return `${formatShare(lost, sent)} lost${share}; ${describe(last?.error)}`;
}

function offsetOf({ reply }: Partial<WatchedExchange> = {}): string {
  if (!reply || !("offset" in reply)) return "-";
  const text = formatSignedSeconds(reply.offset.total("seconds"));
  // Minutes matter little beside days.
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

/** Selects the servers around the marked one for which there are rows, and counts the others. */
export function scrollTo(
  lines: readonly ScreenLine[],
  selected: number,
  rows: number,
): ScreenLine[] {
  if (lines.length <= rows) return [...lines];
  const shown = rows > 1 ? rows - 1 : rows;
  const first = Math.max(0, Math.min(selected - (shown >> 1), lines.length - shown));
  const below = lines.length - first - shown;
  const hidden = [[first, "above"], [below, "below"]].filter(([count]) => count !== 0);
  const rest = `  ${first + below} more: ${hidden.map((each) => each.join(" ")).join(", ")}`;
  return [...lines.slice(first, first + shown), { text: rest }].slice(0, rows);
}
