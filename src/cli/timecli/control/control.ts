/** `timecli control`: its command line, turned into a request to a server's control interface. */
import { control } from "../../../client/control.ts";
import { MAX_LONG_TEXT, text } from "../../../options/field.ts";
import { faultNames } from "../../../server/faults/rules.ts";
import { scenarios } from "../../../server/scenarios/scenarios.ts";
import {
  type Arguments,
  type CommandPage,
  defineCommand,
  type Groups,
} from "../../shared/command.ts";
import { asArgumentError, queryExitCodes, UsageError } from "../../shared/errors.ts";
import { forLocale, writeText } from "../../shared/output.ts";
import { listScenarios } from "../../timesrv/scenarios.ts";
import { jsonField, timeoutField } from "../options.ts";
import { errorToJson, SCHEMA } from "../query/json.ts";
import { formatAnswer } from "./report.ts";
import { actions, changeGroups, listGroup, planRequest } from "./request.ts";
import {
  controlTokenFields,
  controlUrlField,
  DEFAULT_CONTROL_URL,
  parseControlUrl,
  readControlToken,
  withAdvice,
} from "./server_fields.ts";
import { formatJson } from "../../../text/json.ts";

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

/** The values and the meaning of each action. */
const meanings: Readonly<Record<(typeof actions)[number], readonly [values: string, string]>> = {
  state: ["", "print the clock, the listeners and their totals"],
  sources: ["", "print the upstream servers and their state"],
  set: ["OPTIONS", "change the clock, or the rate limit"],
  step: ["DURATION", "step the clock now: +1h, -2s, PT90M"],
  faults: ["[FAULT...]", "replace the faults: drop=0.3 kiss=DENY; none removes all"],
  scenario: ["NAME", "restart in a situation: y2038, ./FILE.json, or list"],
  clients: ["", "print clients and how their requests ended"],
  exchanges: ["", "print the recorded exchanges, with findings on clients"],
  access: ["", "print the access rules and the rate limit"],
  allow: ["NETWORK...", "serve these networks: 192.0.2.0/24, 2001:db8::7, or all"],
  deny: ["NETWORK...", "do not serve these, unless a longer prefix is allowed"],
  accheck: ["ADDRESS", "print whether this client would get a reply, and why"],
  reset: ["", "restart as at the start: clock, faults, access and all"],
};

const EXAMPLES = `
  timesrv --control 127.0.0.1:8890
  timecli control
  timecli control set --time 2038-01-19T03:14:00Z --rate 10x
  timecli control step -1h
  timecli control faults drop=0.3 kiss=RATE,every=10
  timecli control scenario leap-insert
  timecli control deny 192.0.2.0/24
  timecli control set --help
`;

const NOTES = `
Actions:
${
  Object.entries(meanings).map(([action, [values, meaning]]) =>
    `  ${`${action} ${values}`.padEnd(22)}${meaning}`
  ).join("\n")
}

Examples:
${EXAMPLES.slice(1)}`;

const serverGroup = { "Server:": requestFields } as const;
const outputGroup = { "Output:": { json: jsonField } } as const;

const groups = { ...serverGroup, ...changeGroups, ...listGroup, ...outputGroup } as const;

/** The values of an action in its own help, where they are not its meaning. */
const valueHelps: Readonly<Record<string, string>> = {
  duration: "length of the step; negative is back",
  fault: "a fault with its values, as in drop=0.3,every=2",
  name: "name of a scenario, ./FILE.json, or list",
  network: "address or network, as in 192.0.2.0/24, or all",
  address: "IPv4 or IPv6 address of the client",
};

/** The help of one action: its meaning, values, own options and examples. */
function pageOf(action: (typeof actions)[number]): CommandPage {
  const [values, meaning] = meanings[action];
  const name = /[A-Z]+/.exec(values)?.[0].toLowerCase();
  const examples = EXAMPLES.split("\n").filter((line) =>
    line.startsWith(`  timecli control ${action} `) && !line.endsWith("--help")
  );
  return {
    description: `${meaning.slice(0, 1).toUpperCase()}${meaning.slice(1)}.`,
    positionals: name === undefined || name === "options" ? [] : [{
      name,
      help: valueHelps[name] ?? meaning,
      isRequired: !values.startsWith("["),
      isRepeatable: values.includes("..."),
    }],
    groups: {
      "Server:": ofAllListeners.has(action) ? withoutListener : requestFields,
      ...own[action],
      ...outputGroup,
    },
    notes: examples.length === 0 ? "" : ["Examples:", ...examples].join("\n"),
  };
}

/** What no listener has for itself: these actions refuse `--listener`. */
const ofAllListeners: ReadonlySet<string> = new Set<(typeof actions)[number]>(
  ["sources", "clients", "access", "allow", "deny", "accheck"],
);
const { listener: _listener, ...withoutListener } = requestFields;

const own: Readonly<Record<string, Groups>> = { set: changeGroups, clients: listGroup };

export const command = defineCommand({
  name: "control",
  description: "Shows and changes a time server that runs with --control.",
  positionals: [
    {
      name: "action",
      help: "one of those below; state without one. A URL before it is that of the server",
      offers: actions,
    },
    {
      name: "values",
      help: "a duration, faults, a scenario, networks or an address",
      isRepeatable: true,
      offers: valuesOf,
    },
  ],
  groups,
  pages: Object.fromEntries(actions.map((action) => [action, pageOf(action)])),
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
  { values, positionals, sources }: Arguments<typeof groups>,
): Promise<number | void> {
  const [first = "", ...others] = positionals;
  const isUrl = isServer(first);
  const [name = "state", ...args] = isUrl ? others : positionals;
  if (isUrl && values.url !== undefined) {
    throw new UsageError(`The server is named twice: leave out ${first} or --url`);
  }
  if (name === "scenario" && args.length === 1 && args[0] === "list") {
    return writeText(Deno.stdout, `${listScenarios()}\n`);
  }
  const url = asArgumentError(() =>
    parseControlUrl(isUrl ? first : values.url ?? DEFAULT_CONTROL_URL)
  );
  const { action, body, query } = await planRequest(name, args, { values, sources });
  const { timeout } = values;
  // One of the environment is for the actions that can have one.
  const isOther = ofAllListeners.has(name) && sources.get("listener") === "environment";
  const listener = isOther ? undefined : values.listener;
  const token = await readControlToken(values);
  const request = { url, token, listener, query, body, ...timeout !== undefined && { timeout } };
  try {
    const answer = await control(action, request);
    const output = values.json ? formatJson(answer) : forLocale(formatAnswer(action, answer));
    return writeText(Deno.stdout, `${output}\n`);
  } catch (error) {
    const reported = error instanceof RangeError
      ? new UsageError(error.message, { cause: error })
      : withAdvice(error, url);
    if (values.json) {
      writeText(
        Deno.stdout,
        `${formatJson({ schema: SCHEMA, url, error: errorToJson(reported) })}\n`,
      );
    }
    throw reported;
  }
}

/** Whether the first argument is the URL of a server, not an action. */
function isServer(first: string): boolean {
  return /:\/\/|:\d+$/.test(first);
}

/** What completions offer after the action, or after the URL of a server. */
function valuesOf(before: readonly string[]): readonly string[] {
  const [action, ...given] = isServer(before[0] ?? "") ? before.slice(1) : before;
  if (action === undefined) return actions;
  if (action === "faults") return faultNames.map((fault) => `${fault}=`);
  if (action === "allow" || action === "deny") return ["all"];
  return action === "scenario" && given.length === 0
    ? ["list", ...Object.keys(scenarios), "./"]
    : [];
}
