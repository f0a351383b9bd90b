/** Rows for the clients of a server: of `timecli control clients` and `timecli top`. */
import type { ClientList, ClientState } from "../../../client/control_api.ts";
import { formatKind } from "../../../protocols/request_kind.ts";
import { shortenMiddle } from "../../../text/printable.ts";
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
  ["FIRST", ({ firstSeen }, nowMs) => formatAgo(firstSeen, nowMs)],
  ["LAST", ({ lastSeen }, nowMs) => formatAgo(lastSeen, nowMs)],
];

/** The columns that a narrow terminal can do without, in this order. */
const expendable = [
  ...["FIRST", "INTERVAL", "REFUSED", "KOD", "REQUESTS", "PROTOCOL", "LIMITED", "DENIED"],
  "ANSWERED",
];

const GAP = 2;
const MIN_ADDRESS = 15;

export interface ClientRowsOptions {
  /** The width that the rows should fit into; unlimited by default. */
  readonly width?: number;
  /** The head of a column that is never left out. */
  readonly kept?: string;
}

/** Makes a head and a row per client, with numbers aligned at the right. */
export function clientRows(
  { clients, now }: Pick<ClientList, "clients" | "now">,
  { width = Infinity, kept }: ClientRowsOptions = {},
): string[][] {
  const nowMs = Date.parse(now);
  let shown = columns.map(([head, cell]) =>
    alignColumn(head, clients.map((each) => cell(each, nowMs)))
  );
  const addresses = ["CLIENT", ...clients.map(({ address }) => address)];
  const longest = Math.max(...addresses.map(({ length }) => length));
  const room = (): number => width - shown.reduce((sum, [head = ""]) => sum + head.length + GAP, 0);
  for (const name of expendable.filter((name) => name !== kept)) {
    if (room() >= Math.min(longest, MIN_ADDRESS)) break;
    shown = shown.filter(([head = ""]) => head.trim() !== name);
  }
  const addressWidth = Math.max(room(), MIN_ADDRESS);
  return addresses.map((address, i) => [
    shortenMiddle(address, addressWidth),
    ...shown.map((column) => column[i] ?? ""),
  ]);
}

/** Texts at the left, numbers at the right. */
function alignColumn(head: string, cells: readonly string[]): string[] {
  const all = [head, ...cells];
  const width = Math.max(...all.map(({ length }) => length));
  return all.map((cell) => head === "PROTOCOL" ? cell.padEnd(width) : cell.padStart(width));
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

/** Formats a time before the server's own, so that clocks need not agree. */
function formatAgo(instant: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(instant)) / 1000;
  if (!Number.isFinite(seconds)) return "-";
  return seconds < 1 ? "now" : `${formatAge(seconds)} ago`;
}

/** Formats whole seconds: `12 s`, `1 h 0 min`. */
export function formatAge(seconds: number): string {
  return formatSeconds(Math.max(0, Math.floor(seconds))).replace(/\.0+ s$/, " s");
}
