/** The answers of a control interface, for people. */
import type {
  AccessAnswer,
  AccessCheck,
  AccessCheckAnswer,
  AccessState,
  ClientsAnswer,
  ClockAnswer,
  ControlAction,
  ExchangesAnswer,
  FaultsAnswer,
  FaultsState,
  RecordedExchange,
  ServerState,
} from "../../../client/control_api.ts";
import type { NtsState, SourceList, SourceState } from "../../../client/served_state.ts";
import type { ClockState } from "../../../clock/sources/timeline/state.ts";
import { formatAddress } from "../../../protocols/endpoint.ts";
import { formatKind, formatKindWithMode } from "../../../protocols/request_kind.ts";
import { readFaults } from "../../../server/faults/rules.ts";
import { formatFaults } from "../../../server/faults/text.ts";
import { formatTotals } from "../../../server/log/totals.ts";
import { formatJson } from "../../../text/json.ts";
import { escapeLine } from "../../../text/printable.ts";
import { layOutTable } from "../../../text/table.ts";
import {
  formatCount,
  formatPlural,
  formatSeconds,
  formatSignedSeconds,
} from "../../../text/units.ts";
import { clientRows, formatAge, formatClientTotals } from "./client_rows.ts";

export function formatAnswer(action: ControlAction, answer: unknown): string {
  const rows = rowsOf(action, answer);
  // Texts of a server may contain control characters, which must not reach the terminal.
  const clean = (cell: string): string => `${/^ */.exec(cell)}${escapeLine(cell)}`;
  return layOutTable(rows.map((row) => row.map(clean)));
}

function rowsOf(action: ControlAction, answer: unknown): readonly (readonly string[])[] {
  switch (action) {
    case "state":
    case "scenario":
    case "reset":
      return stateRows(answer as ServerState);
    case "set":
    case "step":
      return clockRows((answer as ClockAnswer).clock);
    case "faults":
      return [["Faults", faultsText((answer as FaultsAnswer).faults)]];
    case "clients":
      return rowsOfClients(answer as ClientsAnswer);
    case "sources":
      return sourceRows(answer as SourceList);
    case "exchanges":
      return exchangeRows(answer as ExchangesAnswer);
    case "access":
    case "changeAccess":
      return accessRows((answer as AccessAnswer).access);
    case "checkAccess":
      return [[checkText((answer as AccessCheckAnswer).check)]];
  }
}

function stateRows(state: ServerState): string[][] {
  const { version, started, transport, answering, clock, listeners, totals } = state;
  const { discipline, upstreams = [], nts } = state;
  const hasSeveral = listeners.length > 1;
  return [
    ["Version", `timesrv ${version}, started ${started}`],
    ...clockRows(clock),
    ...discipline === undefined ? [] : [["Upstreams", formatDiscipline(discipline)]],
    ...upstreams.map((each) => ["  Upstream", formatSource(each)]),
    ["Transport", `${transport}${answering ? "" : ", not answering"}`],
    ["Requests", formatTotals(totals)],
    ...nts === undefined ? [] : ntsRows(nts),
    ...listeners.flatMap(({ url, totals, clock: own, faults }) => [
      ["Listener", url],
      ...hasSeveral ? [["  Requests", formatTotals(totals)]] : [],
      ...own === undefined
        ? []
        : clockRows(own).map(([name = "", ...rest]) => [`  ${name}`, ...rest]),
      ...faults === undefined ? [] : [["  Faults", faultsText(faults)]],
    ]),
  ];
}

function ntsRows({ addresses, keyExchanges, certificateEnd }: NtsState): string[][] {
  const { answered = 0, ...others } = keyExchanges;
  const failed = Object.entries(others).filter(([, count]) => count > 0)
    .map(([outcome, count]) => `, ${formatCount(count)} ${outcome.replaceAll("_", " ")}`);
  return [
    ["NTS", `${addresses.join(", ")}; the certificate ends ${certificateEnd}`],
    ["  Keys", `${formatPlural(answered, "key exchange")}${failed.join("")}`],
  ];
}

function clockRows(clock: ClockState): string[][] {
  const { now, offset, rate, leap, steps, leapSeconds, smear, noise, warnings } = clock;
  return [
    ["Time", now],
    ["Offset", `${formatSignedSeconds(offset)} from the system clock`],
    ["Rate", rate === 0 ? "0, stopped" : String(rate)],
    ...leap === null ? [] : [["Leap second", `${leap} announced`]],
    ...leapSeconds.slice(0, 1).map((
      { kind, date },
    ) => ["Next leap", `${kind} at the end of ${date}`]),
    ...smear === null ? [] : [[
      "Smear",
      `${smear.shape} over ${formatSeconds(smear.window)}, ${formatSignedSeconds(smear.by)} by now`,
    ]],
    ...steps.map((step) => [
      "Step",
      `${formatSignedSeconds(step.by)} at ${
        "at" in step ? step.at : `${step.servedAt} of served time`
      }`,
    ]),
    ...noise === 0 ? [] : [["Noise", formatSeconds(noise)]],
    ...warnings.map((warning) => ["Warning", warning]),
  ];
}

/** Faults as they are typed; those that this version does not know as they came. */
function faultsText(faults: FaultsState): string {
  if (Object.keys(faults).length === 0) return "none";
  try {
    readFaults(faults, 0);
    return formatFaults(faults).join(" ");
  } catch {
    return formatJson(faults);
  }
}

function accessRows(access: AccessState): string[][] {
  const { allow, deny, denyAction, rateLimit, rateKod, rateIpv4Prefix, rateIpv6Prefix } = access;
  return [
    ["Allowed", allow.join(", ") || "all that no rule denies"],
    ["Denied", deny.join(", ") || "none"],
    ["Denied get", denyAction === "kod" ? "a KoD DENY, or nothing" : "nothing"],
    [
      "Rate limit",
      access.limitsThisMachine || rateLimit === "off"
        ? rateLimit
        : `${rateLimit}; none for this machine`,
    ],
    ...rateKod === 0 ? [] : [["KoD RATE", `${rateKod} of the requests beyond it`]],
    ["One client", `an IPv4 /${rateIpv4Prefix}, an IPv6 /${rateIpv6Prefix}`],
  ];
}

function checkText({ address, answered, kod, reason }: AccessCheck): string {
  const result = answered ? "answered" : kod ? "KoD DENY" : "no reply";
  return `${address}: ${result}: ${reason}`;
}

function rowsOfClients(answer: ClientsAnswer): string[][] {
  const { clients, total, capacity } = answer;
  if (capacity === 0) return [["Clients are not counted: the server runs with --max-clients 0"]];
  const rest = total > clients.length
    ? `${formatCount(clients.length)} of ${formatClientTotals(answer)}`
    : formatClientTotals(answer);
  return [...clients.length > 0 ? clientRows(answer) : [], [rest]];
}

function exchangeRows({ exchanges, requests, dropped }: ExchangesAnswer): string[][] {
  const earlier = requests - dropped - exchanges.length;
  return [
    ["TIME", "CLIENT", "REQUEST", "OUTCOME"],
    ...exchanges.flatMap((exchange) => [
      [
        exchange.time,
        formatAddress({ hostname: exchange.address, port: exchange.port }),
        requestText(exchange),
        outcomeText(exchange),
      ],
      // A single cell is a message, which widens no column.
      ...exchange.findings.map(({ level, text, source }) => [`  ${level}: ${text} (${source})`]),
    ]),
    ...earlier <= 0 ? [] : [[`${formatPlural(earlier, "more request")} of this server`]],
    ...dropped === 0 ? [] : [[`${formatPlural(dropped, "request")} not recorded: too many`]],
  ];
}

function requestText({ protocol, request: { octets, version, mode } }: RecordedExchange): string {
  if (version === undefined || mode === undefined) {
    return `${formatKind({ protocol })}, ${formatPlural(octets, "octet")}`;
  }
  return formatKindWithMode({ protocol, version, mode });
}

function outcomeText({ outcome, code, cause, faults }: RecordedExchange): string {
  const result = code === undefined
    ? `${outcome}${cause === undefined ? "" : `: ${cause}`}`
    : `KoD ${code}`;
  return faults.length === 0 ? result : `${result} (${faults.join(", ")})`;
}

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

const sourceColumns: readonly Column[] = [
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
function sourceRows({ upstreams, discipline }: SourceList): string[][] {
  return [
    sourceColumns.map(([head]) => head),
    ...upstreams.map((source) => sourceColumns.map(([, cell]) => cell(source))),
    [`Served time: ${formatDiscipline(discipline)}`],
  ];
}

/** Formats the state of the served time: `synchronised, root distance 12.3 ms`. */
function formatDiscipline({ state, rootDistance }: SourceList["discipline"]): string {
  const name = { unsynchronized: "not synchronised", synchronized: "synchronised" };
  const distance = rootDistance === null ? "" : `, root distance ${formatSeconds(rootDistance)}`;
  return `${name[state as keyof typeof name] ?? state}${distance}`;
}

/** Formats an upstream server in one line. */
function formatSource(source: SourceState): string {
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
