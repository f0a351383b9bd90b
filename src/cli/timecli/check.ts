/** `timecli check`: its command line, turned into options and handed to `check()`. */
import { Option } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "commander";
import { check, checkExitCodes, type CheckOptions } from "../../client/check.ts";
import type { CheckState, CheckThresholds } from "../../client/thresholds.ts";
import { parseRange } from "../../client/range.ts";
import { describe, report } from "../shared/exit_codes.ts";
import { escapeLine } from "../../text/printable.ts";
import { countParser, durationParser, problemOf, subcommand } from "../shared/program.ts";
import { writeText } from "../shared/write_text.ts";

const HELP = `
The median offset of several samples is checked, so that one late packet raises
no alarm. They are 2 seconds apart, so that no rate limit is tripped, and never
less than 1 but on loopback. Jitter takes two usable replies: where it is asked
for and they did not come, it is UNKNOWN.

Ranges are those of the monitoring plugins, in seconds; a value outside alerts,
and one outside both is critical, so the critical range is the wider:
  10      below 0 or above 10; for the offset: more than 10 either way
  1:      below 1
  ~:-1    above -1
  10:20   below 10 or above 20
  @10:20  10 to 20

The offset is the server's time less this machine's, and its ranges but for the
single number have a sign. A Time server (time://) tells whole seconds.

Examples:
  timecli check ntp://time.example -w 0.5 -c 1
  timecli check time.example --stratum-warning 1:4 --leap warning
  timecli check time://time.example -w 2 -c 5

It prints one line in the form of check_ntp_time or check_time, such as
  NTP OK: Offset -0.0001234 secs|offset=-0.000123s;0.5;1; ...

Exit codes:
  0  OK
  1  WARNING
  2  CRITICAL: out of range, no reply, or not synchronised
  3  UNKNOWN: the command line is wrong, the host is unknown, the server
     asked for fewer requests, the line cannot be written, or something else
     failed`;

const states = ["ok", "warning", "critical", "unknown"] as const;

export const { define } = subcommand(
  (command) =>
    command
      .description("Checks a time server as a plugin of a monitoring system (Nagios, Icinga, ...).")
      .argument("<url>", "the server, as PROTOCOL://HOST[:PORT], or HOST[:PORT] for NTP")
      .optionsGroup("What raises an alert:")
      .option("-w, --warning <range>", "offset that is a warning (default: 60)", rangeParser)
      .option("-c, --critical <range>", "offset that is critical (default: 120)", rangeParser)
      .option("--stratum-warning <range>", "stratum that is a warning", rangeParser)
      .option("--stratum-critical <range>", "stratum that is critical", rangeParser)
      .option("--jitter-warning <range>", "jitter that is a warning", rangeParser)
      .option("--jitter-critical <range>", "jitter that is critical", rangeParser)
      .option("--distance-warning <range>", "root distance that is a warning", rangeParser)
      .option("--distance-critical <range>", "root distance that is critical", rangeParser)
      .option("--loss-warning <range>", "lost requests that are a warning, in %", rangeParser)
      .option("--loss-critical <range>", "lost requests that are critical, in %", rangeParser)
      .addOption(
        new Option("--leap <state>", "what an announced leap second is")
          .choices(states).default("ok" as const),
      )
      .addOption(
        new Option("--unsynchronized <state>", "what it is if it says so (default: as no offset)")
          .choices(states),
      )
      .option("-q, --quiet", "UNKNOWN rather than CRITICAL if no offset can be told")
      .optionsGroup("How to ask:")
      .option("-s, --samples <count>", "ask so often", countParser(1, 1000), 5)
      .option(
        "-i, --interval <duration>",
        "from one sample to the next (default: 2s; 100ms on loopback)",
        durationParser("0", "1h"),
      )
      .addOption(
        new Option("-t, --timeout <duration>", "end with what came by then")
          .argParser(durationParser("1ms", "1h")).default(10_000, "10s"),
      )
      .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
      .option("-6, --ipv6", "use IPv6 only")
      .optionsGroup("About the command:")
      .addHelpText("after", HELP)
      // A monitoring system reads standard output, and takes 2 for critical.
      .configureOutput({ outputError: (text) => sayUnknown(problemOf(text)) })
      .exitOverride((error) => {
        if (error.exitCode !== 0) error.exitCode = checkExitCodes.UNKNOWN;
        throw error;
      }),
  async (command) => {
    try {
      const { line, exitCode } = await check(command.processedArgs[0], optionsOf(command.opts()));
      return say(escapeLine(line)) ? exitCode : checkExitCodes.UNKNOWN;
    } catch (error) {
      sayUnknown(describe(error) ?? String(error));
      return checkExitCodes.UNKNOWN;
    }
  },
);

function optionsOf(
  { warning, critical, samples, interval, timeout, leap, unsynchronized, quiet, ...rest }: {
    warning?: string | undefined;
    critical?: string | undefined;
    stratumWarning?: string | undefined;
    stratumCritical?: string | undefined;
    jitterWarning?: string | undefined;
    jitterCritical?: string | undefined;
    distanceWarning?: string | undefined;
    distanceCritical?: string | undefined;
    lossWarning?: string | undefined;
    lossCritical?: string | undefined;
    leap: string;
    unsynchronized?: string | undefined;
    quiet?: true | undefined;
    samples: number;
    interval?: number | undefined;
    timeout: number;
    ipv4?: true | undefined;
    ipv6?: true | undefined;
  },
): CheckOptions {
  return {
    count: samples,
    timeout: timeout / 1000,
    ...(interval !== undefined && { interval: interval / 1000 }),
    ...(rest.ipv4 && { family: 4 }),
    ...(rest.ipv6 && { family: 6 }),
    warning: thresholds({
      offset: warning,
      stratum: rest.stratumWarning,
      jitter: rest.jitterWarning,
      rootDistance: rest.distanceWarning,
      loss: rest.lossWarning,
    }),
    critical: thresholds({
      offset: critical,
      stratum: rest.stratumCritical,
      jitter: rest.jitterCritical,
      rootDistance: rest.distanceCritical,
      loss: rest.lossCritical,
    }),
    leap: leap.toUpperCase() as CheckState,
    ...(unsynchronized !== undefined && {
      unsynchronized: unsynchronized.toUpperCase() as CheckState,
    }),
    ...(quiet && { noOffset: "UNKNOWN" }),
  };
}

/** Those that were given. */
function thresholds(
  ranges: Readonly<Record<keyof CheckThresholds, string | undefined>>,
): CheckThresholds {
  return Object.fromEntries(Object.entries(ranges).filter(([, range]) => range !== undefined));
}

/** Leaves a range as text, for the performance data. */
function rangeParser(text: string): string {
  try {
    return parseRange(text).text;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidArgumentError(`${error.message}.`);
  }
}

function sayUnknown(problem: string): void {
  // A bar begins the performance data.
  say(`UNKNOWN: ${escapeLine(problem).replaceAll("|", "/")}`);
}

/** Prints the line; where it cannot be printed, the exit code that a failed write has is a warning. */
function say(line: string): boolean {
  try {
    writeText(Deno.stdout, `${line}\n`);
    return true;
  } catch (error) {
    report(`timecli: Cannot write the line: ${describe(error) ?? "nobody reads it"}\n`);
    return false;
  }
}
