/**
 * The command line of `timecli`, turned into options and handed to what asks, or to a subcommand.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { ask, DEFAULT_TARGET } from "./query/ask.ts";
import { queryExitCodesHelp, settle } from "../shared/exit_codes.ts";
import {
  countParser,
  createProgram,
  type Definition,
  durationParser,
  parseArguments,
  type Subcommand,
  timeoutParser,
} from "../shared/program.ts";
import { escapeLine } from "../../text/printable.ts";
import { UsageError } from "../shared/usage_error.ts";

const program = createProgram(
  "timecli",
  "Asks a time server over UDP and prints its reply; several are asked side by side.",
)
  .argument(
    "[targets...]",
    `whom to ask, as PROTOCOL://HOST[:PORT] or HOST[:PORT] (default: ${DEFAULT_TARGET})`,
  )
  .optionsGroup("How to ask:")
  .option(
    "-t, --timeout <seconds>",
    "give up after so long in all",
    timeoutParser,
    3,
  )
  .option(
    "-r, --retries <count>",
    "ask again so often",
    countParser(0, 1000),
    2,
  )
  .addOption(
    new Option("-s, --samples <count>", "ask so often, and tell what all replies say together")
      .argParser(countParser(1, 1000)).conflicts("quiet"),
  )
  .option(
    "-i, --interval <duration>",
    "from one sample to the next (default: 2s; 100ms on loopback)",
    durationParser("0", "1h"),
  )
  .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
  .option("-6, --ipv6", "use IPv6 only")
  .optionsGroup("What to print:")
  .addOption(
    new Option("--json", "a JSON object a target").conflicts(["csv", "format", "quiet"]),
  )
  .addOption(
    new Option("--csv", "a header and a row a target (RFC 4180)")
      .conflicts(["format", "quiet"]),
  )
  .addOption(
    new Option("--format <pattern>", "the time alone, as in yyyy-MM-dd HH:mm:ss.SSS xxx")
      .conflicts(["quiet", "raw", "samples"]),
  )
  .option("--utc", "with --format: in UTC rather than local time")
  .option("--raw", "every field of an NTP reply too, and the four timestamps")
  .option("-q, --quiet", "the bare time")
  .addHelpText(
    "after",
    `
Targets, each with its default port:
  ntp://HOST:123        NTP (RFC 5905): offset, delay, stratum, ...
  time://HOST:37        seconds since 1900 (RFC 868)
  daytime://HOST:13     a line of text (RFC 867)
  asctime://HOST:8888   text; also plain HOST[:PORT]

The offset is the server's time less this machine's: with a plus, this clock is
behind. It is right to within the bound after the ±, if the server is right. The
root distance bounds how wrong the server is. Only NTP tells a forged reply from
a true one, and only one by somebody who cannot see the request.

Examples:
  timecli
  timecli ntp://time.example
  timecli asctime://[::1]:8888 --timeout 0.5 --retries 0
  timecli ntp://a.example ntp://b.example time://c.example
  timecli --json ntp://time.example | jq .offset
  timecli --utc --format "yyyy-MM-dd'T'HH:mm:ss'Z'" ntp://time.example
  timecli --samples 8 ntp://time.example

A pattern has the letters of Unicode (UTS 35): yyyy MM dd HH mm ss SSS, EEE and
MMM for names, xxx for the offset from UTC, 'words' in quotes; up to nine S. It
writes local time. A text of unknown zone is written as it is, and has no UTC.

--samples asks one address of each target, NTP without a scheme, never again for
a reply that is lost. The interval is 1s or more, but on loopback; a kiss RATE
doubles it. The reply with the least delay gives the offset; the bound holds at
the end for a clock that drifts by 15 ppm at most. Jitter is the root mean
square of how far the others are from the best. The frequency error is told once
its bound is 500 ppm or less. Ctrl-C ends it early with what came by then.

JSON keys: schema (1; docs/timecli.schema.json has it all), url, protocol,
address, port, text, time, received (this machine's clock, UTC), round_trip; of
Time and NTP also offset and error_bound; of NTP delay, root_distance, stratum,
reference_id and leap. Durations are in seconds. What failed has error.reason
and error.message; a kiss-o'-death, or timestamps that contradict themselves,
tell no time, and have neither text nor time nor what is measured by it. With
--samples also jitter, median_offset, min_delay, max_delay, frequency_ppm,
frequency_bound_ppm, requests, loss (0 to 1), and exchanges, each with
started_after, offset, error_bound and delay, or error. The columns of --csv are
those of --json but for exchanges, error_reason and error_message last; more may
be added, so take them by name.

Exit codes:
  0  a time was received from every target; otherwise that of the first failure:
  1  something else failed
  2  the command line is wrong
${queryExitCodesHelp()}

Every option can be set by environment too, --timeout as TIMECLI_TIMEOUT, one of
a command as TIMECLI_BENCH_RATE. A host called like a command: asctime://bench.
Help on a command: timecli help bench, or timecli bench --help.
Shell completions: timecli complete bash|zsh|fish`,
  );

const subcommands: readonly Subcommand[] = [
  {
    name: "bench",
    summary: "put load on a server of one's own, and measure it",
    load: () => import("./bench/bench.ts"),
  },
  {
    name: "check",
    summary: "be a monitoring plugin: one line, performance data, exit codes 0 to 3",
    load: () => import("./check.ts"),
  },
  {
    name: "compare",
    summary: "tell which of several servers are right, and which are not",
    load: () => import("./compare.ts"),
  },
  {
    name: "control",
    summary: "look at a server that runs with --control, and change it",
    load: () => import("./control/control.ts"),
  },
  {
    name: "explain",
    summary: "show what was on the wire, and what a client makes of it",
    load: () => import("./explain/explain.ts"),
  },
  {
    name: "wait",
    summary: "wait until this machine's clock agrees with servers",
    load: () => import("./wait.ts"),
  },
  {
    name: "watch",
    summary: "ask again and again: a live view, or a line an exchange",
    load: () => import("./watch/watch.ts"),
  },
];

/** The command line, to be read: its manual page is made of it. */
export const definition: Definition = { program, subcommands };

/**
 * Runs `timecli`.
 *
 * @param args Its arguments
 * @returns The exit code; what is wrong has been said
 */
export function runTimecli(args: readonly string[]): Promise<number> {
  return settle("timecli", () => main(args));
}

/** `help COMMAND` is `COMMAND --help`, as people are used to. */
function withHelp(args: readonly string[]): readonly string[] {
  const [first, name, ...others] = args;
  if (first !== "help") return args;
  if (name === undefined) return ["--help"];
  if (others.length === 0 && subcommands.some((each) => each.name === name)) {
    return [name, "--help"];
  }
  throw new UsageError(
    `There is no help on ${escapeLine([name, ...others].join(" "))}: ` +
      "timecli help alone lists the commands",
  );
}

async function main(given: readonly string[]): Promise<number | void> {
  const args = withHelp(given);
  const runSubcommand = await parseArguments(program, args, subcommands);
  if (runSubcommand) return await runSubcommand();
  const { timeout, retries, ipv4, ipv6, samples, interval, ...output } = program.opts();
  const { json = false, csv, format, utc = false, raw = false, quiet = false } = output;
  if (utc && format === undefined) throw new UsageError("--utc goes with --format");
  const family = {
    ...(ipv4 && { family: 4 as const }),
    ...(ipv6 && { family: 6 as const }),
  };
  if (samples !== undefined) {
    if (program.getOptionValueSource("retries") === "cli") {
      throw new UsageError("--retries is not for --samples, which never sends a request again");
    }
    const { runSamples } = await import("./samples/samples.ts");
    const apart = interval === undefined ? {} : { interval: interval / 1000 };
    const options = { count: samples, timeout, ...apart, ...family };
    return await runSamples(program.args, options, { json, csv: csv ?? false, raw });
  }
  if (program.getOptionValueSource("interval") === "cli") {
    throw new UsageError("--interval goes with --samples");
  }
  return await ask(program.args, {
    ...{ timeout, retries, ...family },
    ...{ json, raw, quiet },
    ...(csv && { csvOf: (await import("../shared/csv.ts")).csvOf }),
    ...(format !== undefined &&
      { formatTime: (await import("./query/time_format.ts")).timeFormatter(format, utc) }),
  });
}
