/** The table of servers on the screen of `timecli watch`. */
import { formatError } from "../../shared/format_error.ts";
import type { StyledLine } from "../../shared/output.ts";
import { fitTable, measureTable } from "../../../text/table.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";
import { figureNames, formatFigures, formatShare, formatSpread } from "./figures.ts";
import type { WatchRecord } from "./record.ts";

/**
 * Lays out the head and one line per server, of which the selected one is marked: with statistics of the
 * offset on a wide screen, with shorter names and fewer columns on a narrow one.
 */
export function layOutServers(
  records: readonly WatchRecord[],
  selected: number,
  width: number,
): [head: string, ...servers: StyledLine[]] {
  const wide = rowsOf(records, selected, true);
  const rows = measureTable(wide) <= width ? wide : rowsOf(records, selected, false);
  const lines = fitTable(rows, { width, expendable: ["JITTER", "STRATUM", "LEAP"] });
  const [head = "", ...servers] = lines.split("\n");
  const hasFailed = (i: number): boolean => records[i]?.last?.error !== undefined;
  return [
    head,
    ...servers.map((text, i): StyledLine => hasFailed(i) ? { text, tone: "bad" } : { text }),
  ];
}

type Column = readonly [head: string, cell: (record: WatchRecord) => string];

const statistics = figureNames.map((name, i): Column => [
  name.toUpperCase(),
  ({ offsets }) => offsets.count === 0 ? "-" : formatFigures(offsets, { isSigned: true })[i] ?? "-",
]);

function rowsOf(
  records: readonly WatchRecord[],
  selected: number,
  hasStatistics: boolean,
): string[][] {
  const columns: readonly Column[] = [
    ["OFFSET", offsetOf],
    ["DELAY", delayOf],
    ["JITTER", ({ jitter }) => formatSpread(jitter)],
    ...(hasStatistics ? statistics : []),
    ["LOST", ({ lost, sent }) => formatShare(lost, sent)],
    ...(records.some(({ bad }) => bad > 0)
      ? [["BAD", ({ bad, sent }) => formatShare(bad, sent)] satisfies Column]
      : []),
    ["STRATUM", ({ last }) => last?.reply?.protocol === "ntp" ? `${last.reply.stratum}` : "-"],
    ["LEAP", ({ last }) => last?.reply?.protocol === "ntp" ? last.reply.leap : "-"],
  ];
  const rows = records.map((record, i) => [
    (records.length > 1 && i === selected ? "> " : "  ") + record.url,
    ...(record.last?.error ? [failureOf(record)] : columns.map(([, cell]) => cell(record))),
  ]);
  return [["  SERVER", ...columns.map(([head]) => head)], ...rows];
}

function failureOf({ sent, lost, bad, last }: WatchRecord): string {
  const share = bad > 0 ? `, ${formatShare(bad, sent)} bad` : "";
  return `${formatShare(lost, sent)} lost${share}; ${formatError(last?.error)}`;
}

function offsetOf({ last }: WatchRecord): string {
  const reply = last?.reply;
  if (!reply || !("offset" in reply)) return "-";
  const text = formatSignedSeconds(reply.offset.total("seconds"));
  // Minutes matter little beside days.
  return text.includes(" d ") ? text.replace(/ \d+ min$/, "") : text;
}

function delayOf({ last }: WatchRecord): string {
  const reply = last?.reply;
  if (!reply) return "-";
  const delay = reply.protocol === "ntp" ? reply.delay : reply.roundTrip;
  return formatSeconds(delay.total("seconds"));
}

/** Selects the servers around the marked one for which there are rows, and counts the others. */
export function scrollTo(
  lines: readonly StyledLine[],
  selected: number,
  rows: number,
): StyledLine[] {
  if (lines.length <= rows) return [...lines];
  const shown = rows > 1 ? rows - 1 : rows;
  const first = Math.max(0, Math.min(selected - (shown >> 1), lines.length - shown));
  const below = lines.length - first - shown;
  const hidden = [[first, "above"], [below, "below"]].filter(([count]) => count !== 0);
  const rest = `  ${first + below} more: ${hidden.map((each) => each.join(" ")).join(", ")}`;
  return [...lines.slice(first, first + shown), { text: rest }].slice(0, rows);
}
