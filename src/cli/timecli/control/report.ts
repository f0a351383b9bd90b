/** The answers of a control interface, for people. */
import type {
  ClientsAnswer,
  ClockAnswer,
  ControlAction,
  FaultsAnswer,
  FaultsState,
  ServerState,
} from "../../../client/control_api.ts";
import type { ClockState } from "../../../clock/sources/timeline/state.ts";
import { escapeLine } from "../../../text/printable.ts";
import { layOutTable } from "../../../text/table.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";
import { formatJson } from "../../../text/json.ts";

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
      return clientRows(answer as ClientsAnswer);
  }
}

function stateRows({ transport, answering, clock, listeners, totals }: ServerState): string[][] {
  const { received, answered } = totals;
  return [
    ...clockRows(clock),
    ["Transport", `${transport}${answering ? "" : ", not answering"}`],
    ["Requests", `${received} received, ${answered} answered`],
    ...listeners.flatMap(({ url, clock: own, faults }) => [
      ["Listener", url],
      ...own === undefined
        ? []
        : clockRows(own).map(([name = "", ...rest]) => [`  ${name}`, ...rest]),
      ...faults === undefined ? [] : [["  Faults", faultsText(faults)]],
    ]),
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

function faultsText(faults: FaultsState): string {
  return Object.keys(faults).length === 0 ? "none" : formatJson(faults);
}

function clientRows({ clients, untold }: ClientsAnswer): string[][] {
  const rows = clients.map(({ address, requests, protocol, lastSeen }) => [
    address,
    String(requests),
    protocol,
    lastSeen,
  ]);
  return [
    ["Client", "Requests", "Protocol", "Last seen"],
    ...rows,
    ...untold === 0 ? [] : [[`A sample: ${untold} more requests were not examined`]],
  ];
}
