/** `timecli check`: its command line, turned into options and handed to `check()`. */
import { check, checkExitCodes, type CheckOptions } from "../../client/check.ts";
import { parseMeasurable } from "../../client/measure.ts";
import type { Samples } from "../../client/sample.ts";
import type { CheckState, CheckThresholds } from "../../client/thresholds.ts";
import { parseRange } from "../../client/range.ts";
import { type Field, field, FieldError, flag, oneOf, text, whole } from "../../options/field.ts";
import { pickOptions } from "../../options/read.ts";
import { defaultPorts, formatEndpoint } from "../../protocols/endpoint.ts";
import { escapeLine } from "../../text/printable.ts";
import { type Arguments, defineCommand } from "../shared/command.ts";
import { formatError } from "../shared/format_error.ts";
import { writeProblem, writeText } from "../shared/output.ts";
import { UsageError } from "../shared/usage_error.ts";
import {
  intervalField,
  measurableOffers,
  networkFields,
  networkOf,
  samplesField,
  timeoutField,
} from "./options.ts";

const states = ["ok", "warning", "critical", "unknown"] as const;

const sampleFields = {
  count: samplesField("requests", { default: "5" }),
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
    warning: rangeField("warning", "offset that is a warning", "60", "w"),
    critical: rangeField("critical", "offset that is critical", "120", "c"),
    stratumWarning: rangeField("stratum-warning", "stratum that is a warning"),
    stratumCritical: rangeField("stratum-critical", "stratum that is critical"),
    jitterWarning: rangeField("jitter-warning", "jitter that is a warning"),
    jitterCritical: rangeField("jitter-critical", "jitter that is critical"),
    distanceWarning: rangeField("distance-warning", "root distance that is a warning"),
    distanceCritical: rangeField("distance-critical", "root distance that is critical"),
    lossWarning: rangeField("loss-warning", "lost requests that are a warning"),
    lossCritical: rangeField("loss-critical", "lost requests that are critical"),
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
  },
} as const;

/** A range stays text, for the performance data. */
function rangeField(name: string, help: string, usual?: string, short?: string): Field<string> {
  const row = {
    ...{ name, syntax: "<range>", help },
    ...(usual !== undefined && { default: usual }),
    ...(short !== undefined && { short }),
  };
  return field(row, "a range such as 10, 1:, ~:-1 or @10:20", (given) => {
    try {
      return typeof given === "string" ? parseRange(given).text : undefined;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new FieldError(error.message.replace(/^Cannot read .*": /, ""));
    }
  });
}

const NOTES = `
Ranges of the monitoring plugins, in seconds or %; a value outside alerts:
  10      below 0 or above 10; for the offset: more than 10 either way
  1:      below 1
  ~:-1    above -1
  10:20   below 10 or above 20
  @10:20  10 to 20

Examples:
  timecli check ntp://time.example -w 0.5 -c 1
  timecli check -H time.example -p 123 -w 0.5 -c 1
  timecli check time.example --stratum-warning 1:4 --leap warning
  timecli check time://time.example -w 2 -c 5
`;

export const command = defineCommand({
  name: "check",
  description: "Checks a time server as a plugin of a monitoring system (Nagios, Icinga, ...).",
  positionals: [{
    name: "url",
    help: "server: [PROTOCOL://]HOST[:PORT], NTP by default",
    offers: measurableOffers,
  }],
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
    const { line, exitCode, samples } = await check(targetOf(given), {
      ...pickOptions(sampleFields, values),
      ...alertsOf(values),
      ...networkOf(values),
    });
    const details = values.verbose ? await detailsOf(samples) : [];
    const lines = [escapeLine(line), ...details].join("\n");
    return printLine(lines) ? exitCode : checkExitCodes.UNKNOWN;
  } catch (error) {
    return printUnknown(formatError(error));
  }
}

/** The URL of the server, which the command line may have as an argument or as options. */
function targetOf({ values, positionals: [url], sources }: CheckArguments): string {
  const { hostname, port } = values;
  if (url !== undefined && sources.get("hostname") === "arguments") {
    throw new UsageError(`-H names the server: remove ${url}`);
  }
  const server = url ?? hostname;
  if (server === undefined) {
    throw new UsageError("<url> is missing: name the server, or use -H");
  }
  if (port === undefined) return server;
  const endpoint = parseMeasurable(server);
  if (![port, defaultPorts[endpoint.protocol]].includes(endpoint.port)) {
    throw new UsageError(`${server} has another port than -p ${port}`);
  }
  return formatEndpoint({ ...endpoint, port });
}

/** What was measured, and what failed; a bar would begin performance data. */
async function detailsOf({ estimate, exchanges, ...samples }: Samples): Promise<string[]> {
  const { formatSamples } = await import("./samples/report.ts");
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
  // A bar begins the performance data.
  printLine(`UNKNOWN: ${escapeLine(problem).replaceAll("|", "/")}`);
  return checkExitCodes.UNKNOWN;
}

/** Prints the line, if that is possible: the usual exit code of a failed write means a warning here. */
function printLine(line: string): boolean {
  try {
    writeText(Deno.stdout, `${line}\n`);
    return true;
  } catch (error) {
    writeProblem(`timecli: Cannot write the line: ${formatError(error)}\n`);
    return false;
  }
}
