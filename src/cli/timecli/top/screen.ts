/** The screen of `timecli top`: the totals of the server, and its busiest clients. */
import { type ClientOrder, MAX_PAGE } from "../../../client/clients_query.ts";
import type { ClientsAnswer, ServerState } from "../../../client/control_api.ts";
import { formatTotals } from "../../../server/log/totals.ts";
import { escapeLine } from "../../../text/printable.ts";
import { layOutTable } from "../../../text/table.ts";
import type { paintTones, StyledLine } from "../../shared/output.ts";
import { fitLine, type TerminalSize } from "../../shared/terminal.ts";
import { clientRows, formatAge, formatClientTotals } from "../control/client_rows.ts";

export interface TopView {
  readonly url: string;
  readonly sort: ClientOrder;
  readonly isPaused: boolean;
  readonly hasKeys: boolean;
  readonly isAscii: boolean;
  /** The latest answers, once there are any. */
  readonly latest: { readonly list: ClientsAnswer; readonly state: ServerState } | undefined;
  /** The datagrams per second that the server received between the last two answers. */
  readonly receivedPerSecond: number | undefined;
  /** Why the last request failed, if it did. */
  readonly failure: string | undefined;
  readonly paint: ReturnType<typeof paintTones>;
}

/** The lines around the clients: three above with their head, one below. */
const FRAME_LINES = 5;

/** Counts the clients for which a screen has room, as many as a server lists at once. */
export function countRows({ rows }: TerminalSize): number {
  return Math.min(MAX_PAGE, Math.max(1, rows - FRAME_LINES));
}

/** The heads of the columns by which clients are sorted. */
const heads: Readonly<Record<ClientOrder, string>> = {
  last: "LAST",
  first: "FIRST",
  rate: "RATE",
  requests: "REQUESTS",
  answered: "ANSWERED",
  kisses: "KOD",
  denied: "DENIED",
  limited: "LIMITED",
  refused: "REFUSED",
  address: "CLIENT",
};

/** Draws the lines of a screen, no more than its rows and none wider than its columns. */
export function drawTop(view: TopView, { columns, rows }: TerminalSize): string[] {
  const { url, latest, failure, isAscii, paint } = view;
  const fit = (line: string): string => fitLine(line, columns, isAscii);
  const title = `timecli top   ${url}${formatUptime(view)}${view.isPaused ? "   paused" : ""}`;
  const [head, ...clients] = latest === undefined
    ? [""]
    : layOutClients(latest.list, view, columns);
  const lines = [
    paint.bold(fit(title)),
    failure === undefined ? fit(aboutServer(view)) : paint.bad(fit(failure)),
    fit(latest === undefined ? "" : aboutClients(latest.list, view)),
    paint.bold(fit(head ?? "")),
    ...clients.slice(0, countRows({ columns, rows }))
      .map(({ text, tone }) => tone ? paint[tone](fit(text)) : fit(text)),
  ];
  const gap = Array<string>(Math.max(0, rows - lines.length - 1)).fill("");
  return [...lines.slice(0, rows - 1), ...gap, fit(keysOf(view, columns))].slice(0, rows);
}

function aboutServer({ latest, receivedPerSecond }: TopView): string {
  if (latest === undefined) return "Waiting for the server";
  const rate = receivedPerSecond === undefined
    ? ""
    : `${Number(receivedPerSecond.toPrecision(3)).toLocaleString("en-US")}/s; `;
  return `${rate}${formatTotals(latest.state.totals)}`;
}

function formatUptime({ latest }: TopView): string {
  if (latest === undefined) return "";
  const seconds = (Date.parse(latest.list.now) - Date.parse(latest.state.started)) / 1000;
  return Number.isFinite(seconds) ? `   up ${formatAge(seconds)}` : "";
}

function aboutClients(list: ClientsAnswer, { sort }: TopView): string {
  if (list.capacity === 0) return "Clients are not counted: the server runs with --max-clients 0";
  return `${formatClientTotals(list)}, by ${sort}`;
}

/** Marks the clients of which more requests are refused than answered. */
function layOutClients(
  list: ClientsAnswer,
  { sort }: Pick<TopView, "sort">,
  width: number,
): [head: string, ...clients: StyledLine[]] {
  const rows = clientRows(list, { width, kept: heads[sort] });
  const [head = "", ...lines] = layOutTable(rows.map((row) => row.map(escapeCell))).split("\n");
  return [
    head,
    ...lines.map((text, i): StyledLine => {
      const { answered = 0, requests = 0 } = list.clients[i] ?? {};
      return 2 * answered < requests ? { text, tone: "odd" } : { text };
    }),
  ];
}

/** Escapes texts of the server, and keeps the spaces that align a cell. */
function escapeCell(cell: string): string {
  return `${/^ */.exec(cell)}${escapeLine(cell)}`;
}

/** Formats a list as lines that stay: the time, how many clients there are, and a table. */
export function formatTable(list: ClientsAnswer, sort: ClientOrder): string {
  const [head, ...clients] = layOutClients(list, { sort }, Infinity);
  const title = `${escapeLine(list.now)}  ${formatClientTotals(list)}, by ${sort}`;
  return [title, head, ...clients.map(({ text }) => text)].join("\n");
}

/** The keys that sort, with the orders that they choose. */
export const sortKeys: Readonly<Record<string, ClientOrder>> = {
  r: "rate",
  a: "answered",
  k: "kisses",
  d: "denied",
  l: "limited",
  t: "last",
};

function keysOf({ hasKeys, isPaused }: TopView, columns: number): string {
  if (!hasKeys) return "Ctrl-C quits";
  const first = `q quit  p ${isPaused ? "resume" : "pause"}  sort: `;
  const all = `${first}r rate  a answered  k KoD  d denied  l limited  t last`;
  return all.length <= columns ? all : `${first}r a k d l t`;
}
