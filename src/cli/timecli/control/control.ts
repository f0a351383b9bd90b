/** `timecli control`: its command line, turned into a request to a server's control interface. */
import { clientsQueryFields } from "../../../client/clients_query.ts";
import { control, CONTROL_ACTIONS } from "../../../client/control.ts";
import type { ControlAction } from "../../../client/control_api.ts";
import { clockFields } from "../../../clock/sources/timeline/options.ts";
import { MAX_LONG_TEXT, text } from "../../../options/field.ts";
import { pickOptions } from "../../../options/read.ts";
import type { FaultsOptions } from "../../../server/faults/options.ts";
import { faultNames } from "../../../server/faults/rules.ts";
import { addNamedFault } from "../../../server/faults/text.ts";
import { scenarios } from "../../../server/scenarios/scenarios.ts";
import { suggest } from "../../../text/suggest.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { queryExitCodes } from "../../shared/exit_codes.ts";
import { forLocale } from "../../shared/locale.ts";
import { writeText } from "../../shared/output.ts";
import { asArgumentError, UsageError } from "../../shared/usage_error.ts";
import { findScenario, listScenarios } from "../../timesrv/scenarios.ts";
import { jsonField, timeoutField } from "../options.ts";
import { formatAnswer } from "./report.ts";
import {
  controlTokenFields,
  controlUrlField,
  DEFAULT_CONTROL_URL,
  parseControlUrl,
  readControlToken,
  withAdvice,
} from "./server_fields.ts";
import { formatJson, quote } from "../../../text/json.ts";

const requestFields = {
  url: controlUrlField,
  ...controlTokenFields,
  listener: text("the URL of a listener", () => {}, {
    name: "listener",
    maxLength: MAX_LONG_TEXT,
    syntax: "<url>",
    help: "apply to this listener only",
  }),
  timeout: timeoutField("time limit", "10m"),
};

const groups = {
  "Server:": requestFields,
  "Simulated clock, for set:": {
    ...clockFields,
    freeze: { ...clockFields.freeze, conflicts: ["rate"] },
  },
  "List, for clients:": clientsQueryFields,
  "Output:": { json: jsonField },
} as const;

type ControlValues = Arguments<typeof groups>["values"];

const NOTES = `
Actions:
  state                 print the clock, the listeners and their totals
  set OPTIONS           change the clock
  step DURATION         step the clock now: +1h, -2s, PT90M
  faults [FAULT...]     replace the faults: drop=0.3 kiss=DENY; none removes all
  scenario NAME         restart in a situation: y2038, ./FILE.json, or list
  clients               print clients and how their requests ended
  exchanges             print the recorded exchanges, with findings on clients
  reset                 restart as at the start: clock, faults and all

Examples:
  timesrv --control 127.0.0.1:8890
  timecli control state
  timecli control set --time 2038-01-19T03:14:00Z --rate 10x
  timecli control step -1h
  timecli control faults drop=0.3 kiss=RATE,every=10
  timecli control scenario leap-insert
`;

export const command = defineCommand({
  name: "control",
  description: "Shows and changes a time server that runs with --control.",
  positionals: [
    {
      name: "action",
      help: "state, set, step, faults, scenario, clients, exchanges or reset",
      isRequired: true,
      offers: CONTROL_ACTIONS,
    },
    {
      name: "values",
      help: "the duration of a step, faults, or a scenario",
      isRepeatable: true,
      offers: valuesOf,
    },
  ],
  groups,
  notes: NOTES,
  hint:
    "Other users can see a command line: put the token into TIMECLI_CONTROL_TOKEN, or into a file " +
    "that --token-file or TIMECLI_CONTROL_TOKEN_FILE names. Exit codes: 0 " +
    "done, 1 refused by the server, 2 wrong command line, " +
    `${queryExitCodes.timeout} to ${queryExitCodes.unreachable} and ` +
    `${queryExitCodes.no_name_server} the server was not reached.`,
  run,
});

async function run(
  { values, positionals: [name = "", ...args] }: Arguments<typeof groups>,
): Promise<number | void> {
  const action = parseAction(name);
  if (action === "scenario" && args.length === 1 && args[0] === "list") {
    return writeText(Deno.stdout, `${listScenarios()}\n`);
  }
  const url = parseControlUrl(values.url ?? DEFAULT_CONTROL_URL);
  const body = await makeBody(action, args, values);
  const query = pickOptions(clientsQueryFields, values);
  const { tokenFile: _file, ...request } = pickOptions(requestFields, values);
  const token = await readControlToken(values);
  try {
    const answer = await control(action, { ...request, token, url, query, body });
    const output = values.json ? formatJson(answer) : forLocale(formatAnswer(action, answer));
    return writeText(Deno.stdout, `${output}\n`);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw withAdvice(error, url);
  }
}

/** What completions offer after an action. */
function valuesOf([action, ...given]: readonly string[]): readonly string[] {
  if (action === "faults") return faultNames.map((fault) => `${fault}=`);
  return action === "scenario" && given.length === 0
    ? ["list", ...Object.keys(scenarios), "./"]
    : [];
}

function parseAction(name: string): ControlAction {
  const action = CONTROL_ACTIONS.find((known) => known === name);
  if (action !== undefined) return action;
  throw new UsageError(`Unknown action ${quote(name)}: ${suggest(name, CONTROL_ACTIONS)}`);
}

async function makeBody(
  action: ControlAction,
  args: readonly string[],
  values: ControlValues,
): Promise<unknown> {
  const change = pickOptions(clockFields, values);
  const hasChange = Object.keys(change).length > 0;
  if (hasChange && action !== "set") {
    throw new UsageError(`Clock options are for set, not for ${action}`);
  }
  if (action !== "clients" && Object.keys(pickOptions(clientsQueryFields, values)).length > 0) {
    throw new UsageError(`--sort, --limit and --skip are for clients, not for ${action}`);
  }
  const [value] = args;
  switch (action) {
    case "step":
      if (value === undefined || args.length > 1) {
        throw new UsageError("step needs one duration, such as +1h");
      }
      return { step: value };
    case "faults":
      return asArgumentError(() =>
        args.reduce<FaultsOptions>((faults, fault) => addNamedFault(faults, fault), {})
      );
    case "scenario":
      if (value === undefined || args.length > 1) {
        throw new UsageError("scenario needs one name, such as y2038, or ./FILE.json");
      }
      return await findScenario(value, "timecli");
    case "set":
      if (!hasChange) throw new UsageError("set needs options, such as --offset +1h");
  }
  if (value !== undefined) throw new UsageError(`${action} accepts no value: remove ${value}`);
  return action === "set" ? change : undefined;
}
