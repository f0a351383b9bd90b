/** Rows for the clients of a server: of `timecli control clients` and `timecli top`. */
import type { ClientList, ClientState } from "../../../client/control_api.ts";
import { formatKind } from "../../../protocols/request_kind.ts";
import { formatCount, formatPlural, formatSeconds } from "../../../text/units.ts";

type Column = readonly [head: string, cell: (client: ClientState, nowMs: number) => string];

const columns: readonly Column[] = [
  ["PROTOCOL", ({ protocol, version }) => formatKind({ protocol, version })],
  ["RATE", ({ rate }) => rate === 0 ? "-" : `${formatRate(rate)}/s`],
  ["REQUESTS", ({ requests }) => formatCount(requests)],
  ["ANSWERED", ({ answered }) => formatCount(answered)],
  ["KOD", ({ kisses }) => formatCount(kisses)],
  ["DENIED", ({ denied }) => formatCount(denied)],
  ["LIMITED", ({ limited }) => formatCount(limited)],
  ["REFUSED", ({ refused }) => formatCount(refused)],
  ["INTERVAL", ({ interval }) => interval === null ? "-" : formatSeconds(interval)],
  ["FIRST", ({ firstSeen }, nowMs) => formatAge(firstSeen, nowMs)],
  ["LAST", ({ lastSeen }, nowMs) => formatAge(lastSeen, nowMs)],
];

/** Columns that a narrow terminal can do without, in this order. */
export const expendableColumns: readonly string[] = [
  "FIRST",
  "INTERVAL",
  "REFUSED",
  "KOD",
  "REQUESTS",
  "PROTOCOL",
  "LIMITED",
  "DENIED",
];

/** Makes a head and a row per client, with numbers aligned at the right. */
export function clientRows({ clients, now }: Pick<ClientList, "clients" | "now">): string[][] {
  const nowMs = Date.parse(now);
  const rows = clients.map((client) => columns.map(([, cell]) => cell(client, nowMs)));
  const heads = columns.map(([head]) => head);
  const widths = heads.map((head, i) =>
    Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0))
  );
  return [
    ["CLIENT", ...align(heads, widths)],
    ...rows.map((row, i) => [clients[i]?.address ?? "", ...align(row, widths)]),
  ];
}

function align(
  [first = "", ...cells]: readonly string[],
  [_, ...widths]: readonly number[],
): string[] {
  return [first, ...cells.map((cell, i) => cell.padStart(widths[i] ?? 0))];
}

/** Formats how many clients there are, and what is missing from the list. */
export function formatClientTotals({ total, dropped, unlisted }: ClientList): string {
  const lost = dropped === 0 ? "" : `; ${formatPlural(dropped, "earlier client")} with ` +
    `${formatPlural(unlisted, "request")} made room for others`;
  return `${formatPlural(total, "client")}${lost}`;
}

function formatRate(rate: number): string {
  return rate >= 100 ? formatCount(rate) : String(Number(rate.toPrecision(2)));
}

/** A time before the server's own, so that clocks need not agree. */
function formatAge(instant: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(instant)) / 1000;
  if (!Number.isFinite(seconds)) return "-";
  return seconds < 1 ? "now" : `${formatSeconds(Math.floor(seconds)).replace(/\.0+ s$/, " s")} ago`;
}
