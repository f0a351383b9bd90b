/** The table of servers on the screen of `timecli watch`. */
import { delayOf, type MeasuredReply } from "../../../client/query.ts";
import type { QueryFailure } from "../../../protocols/failure.ts";
import type { StyledLine } from "../../shared/output.ts";
import { fitTable, measureTable } from "../../../text/table.ts";
import { formatDuration, formatOffsetAlone } from "../query/report.ts";
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
  // The delay matters less than why a server fails.
  const expendable = ["JITTER", "STRATUM", "LEAP", ...(rows[0]?.includes("NOW") ? ["DELAY"] : [])];
  const lines = fitTable(rows, { width, expendable });
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
  ({ shown: { offsets } }) =>
    offsets.count === 0 ? "-" : formatFigures(offsets, { isSigned: true })[i] ?? "-",
]);

function rowsOf(
  records: readonly WatchRecord[],
  selected: number,
  hasStatistics: boolean,
): string[][] {
  const columns: readonly Column[] = [
    ["OFFSET", ({ reply }) => reply && "offset" in reply ? formatShortOffset(reply) : "-"],
    ["DELAY", ({ reply }) => reply ? formatDuration(delayOf(reply)) : "-"],
    ["JITTER", ({ shown: { jitter } }) => formatSpread(jitter)],
    ...(hasStatistics ? statistics : []),
    ["LOST", ({ shown: { lost, sent } }) => formatShare(lost, sent)],
    ...(records.some(({ shown: { bad } }) => bad > 0)
      ? [["BAD", ({ shown: { bad, sent } }) => formatShare(bad, sent)] satisfies Column]
      : []),
    ...(records.some(({ last }) => last?.error)
      ? [["NOW", ({ last }) => last?.error ? failures[last.error.reason] : "ok"] satisfies Column]
      : []),
    ["STRATUM", ({ reply }) => reply?.protocol === "ntp" ? `${reply.stratum}` : "-"],
    ["LEAP", ({ reply }) => reply?.protocol === "ntp" ? reply.leap : "-"],
  ];
  const rows = records.map((record, i) => [
    (records.length > 1 && i === selected ? "> " : "  ") + record.url,
    ...columns.map(([, cell]) => cell(record)),
  ]);
  return [["  SERVER", ...columns.map(([head]) => head)], ...rows];
}

/** How an exchange failed, in a word or two. */
const failures: Readonly<Record<QueryFailure, string>> = {
  timeout: "no reply",
  refused: "refused",
  unknown_host: "unknown host",
  unreachable: "unreachable",
  not_a_time: "no time",
  kiss_o_death: "KoD",
  unsynchronized: "not in sync",
  bogus_reply: "bogus",
  not_authentic: "not authentic",
  nts_ke: "no NTS keys",
  unusable: "unusable",
  no_name_server: "no DNS",
};

function formatShortOffset(reply: MeasuredReply): string {
  // Minutes matter little beside days.
  return formatOffsetAlone(reply).replace(/( d \d+ h).*$/, "$1");
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
  const where = hidden.map((each) => each.join(" ")).join(", ");
  const rest = hidden.length === 1
    ? `  ${first + below} more ${first > 0 ? "above" : "below"}`
    : `  ${first + below} more: ${where}`;
  return [...lines.slice(first, first + shown), { text: rest }].slice(0, rows);
}
