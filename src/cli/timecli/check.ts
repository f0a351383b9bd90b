/** `timecli check`: its command line, turned into options and handed to `check()`. */
import {
  check,
  checkExitCodes,
  type CheckOptions,
  type CheckResult,
} from "../../client/check/check.ts";
import type { ComparedServer } from "../../client/compare.ts";
import { parseMeasurable } from "../../client/query.ts";
import {
  type CheckState,
  type CheckThresholds,
  parseRange,
  type RangeUnit,
} from "../../client/check/thresholds.ts";
import { type Field, field, FieldError, flag, oneOf, text, whole } from "../../options/field.ts";
import { pickOptions } from "../../options/read.ts";
import { defaultPortOf, formatEndpoint } from "../../protocols/endpoint.ts";
import { escapeLine } from "../../text/printable.ts";
import { type Arguments, defineCommand } from "../shared/command.ts";
import { formatError, UsageError } from "../shared/errors.ts";
import { forLocale, writeProblem, writeText } from "../shared/output.ts";
import {
  intervalField,
  jsonField,
  networkFields,
  networkOf,
  samplesField,
  serversArgument,
  timeoutField,
} from "./options.ts";

const states = ["ok", "warning", "critical", "unknown"] as const;

const sampleFields = {
  count: samplesField("requests per server", { default: "1 to 5, as needed" }),
  interval: intervalField,
  timeout: timeoutField("total time limit", "1h", "10s"),
};

const targetFields = {
  hostname: text("a host", () => {}, {
    name: "hostname",
    short: "H",
    syntax: "<host>",
    help: "the server, in place of the argument",
  }),
  port: whole(1, 65_535, {
    name: "port",
    short: "p",
    syntax: "<number>",
    help: "port of the server",
    default: "that of the protocol",
  }),
};

const groups = {
  "Alerts:": {
    warning: rangeField("s", "warning", "offset that is a warning", "60", "w"),
    critical: rangeField("s", "critical", "offset that is critical", "120", "c"),
    quorum: whole(1, 1000, {
      name: "quorum",
      syntax: "<count>",
      help: "servers that must agree",
      default: "more than half",
    }),
    stratumWarning: rangeField("", "stratum-warning", "stratum that is a warning"),
    stratumCritical: rangeField("", "stratum-critical", "stratum that is critical"),
    jitterWarning: rangeField("s", "jitter-warning", "jitter that is a warning"),
    jitterCritical: rangeField("s", "jitter-critical", "jitter that is critical"),
    distanceWarning: rangeField("s", "distance-warning", "root distance that is a warning"),
    distanceCritical: rangeField("s", "distance-critical", "root distance that is critical"),
    lossWarning: rangeField("%", "loss-warning", "lost requests that are a warning"),
    lossCritical: rangeField("%", "loss-critical", "lost requests that are critical"),
    leap: oneOf(states, {
      name: "leap",
      syntax: "<state>",
      help: "state to report for an announced leap second",
      default: "ok",
    }),
    unsynchronized: oneOf(states, {
      name: "unsynchronized",
      syntax: "<state>",
      help: "state to report for an unsynchronised server",
      default: "critical; unknown with -q",
    }),
    quiet: flag({
      name: "quiet",
      short: "q",
      help: "report UNKNOWN, not CRITICAL, without an offset",
    }),
  },
  "Query:": { ...targetFields, ...sampleFields, ...networkFields },
  "Output:": {
    verbose: flag({ name: "verbose", short: "v", help: "add lines with what was measured" }),
    json: { ...jsonField, conflicts: ["verbose"] },
  },
} as const;

/** A range stays text, for the performance data. */
function rangeField(
  unit: RangeUnit,
  name: string,
  help: string,
  usual?: string,
  short?: string,
): Field<string> {
  const row = {
    ...{ name, syntax: "<range>", help },
    ...(usual !== undefined && { default: usual }),
    ...(short !== undefined && { short }),
  };
  return field(
    row,
    `a range such as ${unit === "s" ? "100ms" : "10"}, 1:, ~:-1 or @10:20`,
    (given) => {
      try {
        return typeof given === "string" ? parseRange(given, unit).text : undefined;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw new FieldError(error.message.replace(/^Cannot read .*": /, ""));
      }
    },
  );
}

const NOTES = `
Ranges of the monitoring plugins, in seconds or %; a value outside alerts:
  10      below 0 or above 10; for the offset: more than 10 either way
  100ms   the same in a unit: ns, us, ms, s, m or h
  1:      below 1
  ~:-1    above -1
  10:20   below 10 or above 20
  @10:20  10 to 20

Examples:
  timecli check ntp://time.example -w 100ms -c 1s
  timecli check a.example b.example c.example -w 100ms -c 1s
  timecli check -H time.example -p 123 -w 0.5 -c 1
  timecli check time.example --stratum-warning 1:4 --leap warning
  timecli check time://time.example -w 2 -c 5
`;

export const command = defineCommand({
  name: "check",
  description:
    "Checks time servers as a plugin of a monitoring system (Nagios, Icinga, ...): one " +
    "server, or this machine's clock by several of which most must agree.",
  positionals: [{ ...serversArgument, isRequired: false }],
  groups,
  notes: NOTES,
  hint: "Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, also for a wrong command line.",
  run,
  // A monitoring system reads standard output, and reads 2 as critical.
  fail: printUnknown,
});

type CheckArguments = Arguments<typeof groups>;

async function run(given: CheckArguments): Promise<number> {
  const { values } = given;
  try {
    const targets = targetsOf(given);
    const result = await check(targets, {
      ...pickOptions(sampleFields, values),
      ...(values.quorum !== undefined && { quorum: values.quorum }),
      ...alertsOf(values),
      ...await networkOf(given, targets),
    });
    const { line, exitCode, servers } = result;
    if (values.json) return printJsonLine(result);
    const details = values.verbose ? (await Promise.all(servers.map(detailsOf))).flat() : [];
    const lines = [escapeLine(line), ...details].join("\n");
    return printText(forLocale(lines)) ? exitCode : checkExitCodes.UNKNOWN;
  } catch (error) {
    const problem = formatError(error);
    if (!values.json) return printUnknown(problem);
    return printJsonLine({
      ...{ state: "UNKNOWN", exitCode: checkExitCodes.UNKNOWN, servers: [] },
      line: formatUnknown(problem),
    });
  }
}

async function printJsonLine({ state, exitCode, line, servers }: CheckResult): Promise<number> {
  const { formatJson } = await import("../../text/json.ts");
  const { comparedToJson } = await import("./samples.ts");
  const { SCHEMA } = await import("./query/json.ts");
  const json = {
    ...{ schema: SCHEMA, state, exit_code: exitCode, line },
    servers: servers.map(comparedToJson),
  };
  return printText(formatJson(json)) ? exitCode : checkExitCodes.UNKNOWN;
}

/** The URLs of the servers, which the command line may have as arguments or as options. */
function targetsOf({ values, positionals: urls, sources }: CheckArguments): string[] {
  const { hostname, port, quorum } = values;
  if (urls.length > 0 && sources.get("hostname") === "arguments") {
    throw new UsageError(`-H names the server: remove ${urls.join(" ")}`);
  }
  const servers = urls.length > 0 ? urls : hostname === undefined ? [] : [hostname];
  if (servers.length === 0) {
    throw new UsageError("<urls> are missing: name a server, or use -H");
  }
  if (quorum !== undefined && quorum > servers.length) {
    throw new UsageError(`--quorum ${quorum} needs as many servers, not ${servers.length}`);
  }
  if (port === undefined) return [...servers];
  return servers.map((server) => {
    const endpoint = parseMeasurable(server);
    const hasAnother = ![port, defaultPortOf(endpoint)].includes(endpoint.port);
    if (hasAnother && sources.get("port") === "arguments") {
      throw new UsageError(`${server} has another port than -p ${port}`);
    }
    return hasAnother ? server : formatEndpoint({ ...endpoint, port });
  });
}

/** Measurements and failures in lines, without bars, which would begin performance data. */
async function detailsOf({ estimate, exchanges, ...samples }: ComparedServer): Promise<string[]> {
  const { formatSamples } = await import("./samples.ts");
  const failures = exchanges.flatMap(({ error }) => error ? [formatError(error)] : []);
  return [
    ...(estimate ? [formatSamples({ ...samples, exchanges }, estimate, false)] : []),
    ...failures,
  ].map((text) => text.replaceAll("|", "/"));
}

/** The options of alerts, as the library has them. */
function alertsOf(values: CheckArguments["values"]): CheckOptions {
  const { leap = "ok", unsynchronized, quiet } = values;
  return {
    warning: thresholds({
      offset: values.warning,
      stratum: values.stratumWarning,
      jitter: values.jitterWarning,
      rootDistance: values.distanceWarning,
      loss: values.lossWarning,
    }),
    critical: thresholds({
      offset: values.critical,
      stratum: values.stratumCritical,
      jitter: values.jitterCritical,
      rootDistance: values.distanceCritical,
      loss: values.lossCritical,
    }),
    leap: toState(leap),
    ...(unsynchronized !== undefined && { unsynchronized: toState(unsynchronized) }),
    ...(quiet && { noOffset: "UNKNOWN" }),
  };
}

function toState(word: typeof states[number]): CheckState {
  return word.toUpperCase() as CheckState;
}

/** The ranges that were given. */
function thresholds(
  ranges: Readonly<Record<keyof CheckThresholds, string | undefined>>,
): CheckThresholds {
  return Object.fromEntries(Object.entries(ranges).filter(([, range]) => range !== undefined));
}

function printUnknown(problem: string): number {
  printText(forLocale(formatUnknown(problem)));
  return checkExitCodes.UNKNOWN;
}

function formatUnknown(problem: string): string {
  // A bar begins the performance data.
  return `UNKNOWN: ${escapeLine(problem).replaceAll("|", "/")}`;
}

/** Prints a text, if that is possible: the usual exit code of a failed write means a warning here. */
function printText(text: string): boolean {
  try {
    writeText(Deno.stdout, `${text}\n`);
    return true;
  } catch (error) {
    writeProblem(`timecli: Cannot write the line: ${formatError(error)}\n`);
    return false;
  }
}
