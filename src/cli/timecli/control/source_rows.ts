/** Rows for the upstream servers of a server, which users of chrony recognise. */
import type { SourceList, SourceState } from "../../../client/served_state.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";
import { formatAge } from "./client_rows.ts";

/** The marks of `chronyc sources`; those that have no say share one. */
const marks: Readonly<Record<SourceState["state"], string>> = {
  selected: "*",
  combined: "+",
  distant: "-",
  falseticker: "x",
  silent: "?",
  unsynchronized: "?",
  refused: "?",
};

/** RFC 5905 §7.2; a greater one is of no known server. */
const MAX_POLL = 17;

type Column = readonly [head: string, cell: (source: SourceState) => string];

const columns: readonly Column[] = [
  ["STATE", formatState],
  ["UPSTREAM", formatName],
  ["STRATUM", ({ stratum }) => stratum === null ? "-" : String(stratum)],
  ["POLL", ({ poll }) => poll >= 0 && poll <= MAX_POLL ? `${2 ** poll} s` : `2^${poll} s`],
  ["REACH", ({ reach }) => reach.toString(8).padStart(3, "0")],
  ["LAST", ({ lastReply }) => lastReply === null ? "-" : formatAge(lastReply)],
  ["OFFSET", formatOffset],
  ["DELAY", ({ delay }) => delay === null ? "-" : formatSeconds(delay)],
  ["JITTER", ({ jitter }) => jitter === null ? "-" : formatSeconds(jitter)],
];

/** Makes a head and a row per upstream server, and a row for the served time. */
export function sourceRows({ upstreams, discipline }: SourceList): string[][] {
  return [
    columns.map(([head]) => head),
    ...upstreams.map((source) => columns.map(([, cell]) => cell(source))),
    [`Served time: ${formatDiscipline(discipline)}`],
  ];
}

/** Formats the state of the served time: `synchronised, root distance 12.3 ms`. */
export function formatDiscipline({ state, rootDistance }: SourceList["discipline"]): string {
  const name = { unsynchronized: "not synchronised", synchronized: "synchronised" };
  const distance = rootDistance === null ? "" : `, root distance ${formatSeconds(rootDistance)}`;
  return `${name[state as keyof typeof name] ?? state}${distance}`;
}

/** Formats an upstream server in one line. */
export function formatSource(source: SourceState): string {
  const offset = source.offset === null ? "" : `, ${formatOffset(source)}`;
  return `${formatName(source)}: ${formatState(source)}${offset}`;
}

function formatState({ state }: SourceState): string {
  return `${marks[state] ?? "?"} ${state}`;
}

function formatName({ url, address }: SourceState): string {
  // Any text may be there: the program may be another one.
  const hostname = URL.parse(url)?.hostname.replace(/^\[|\]$/g, "");
  return address === null || hostname === address ? url : `${url} (${address})`;
}

function formatOffset({ offset, distance }: SourceState): string {
  if (offset === null) return "-";
  const bound = distance === null ? "" : ` ± ${formatSeconds(distance)}`;
  return `${formatSignedSeconds(offset)}${bound}`;
}
