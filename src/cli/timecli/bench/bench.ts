/** `timecli bench`: its command line, turned into options and handed to `load()`. */
import { Option } from "@commander-js/extra-typings";
import { load } from "../../../load/load.ts";
import type { QueryFailure } from "../../../protocols/failure.ts";
import {
  failureOf,
  formatLoad,
  formatProgress,
  loadJson,
  type LoadReport,
  warningsOf,
} from "./report.ts";
import { queryExitCodes } from "../../shared/exit_codes.ts";
import { countParser, numberParser, subcommand } from "../../shared/program.ts";
import { errorJson } from "../query/report.ts";
import { StatusLine } from "../../shared/status_line.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { checkUrls, UsageError } from "../../shared/usage_error.ts";
import { writeText } from "../../shared/write_text.ts";

const HELP = `
Protocols: asctime and auto (text), daytime, time, ntp. Every NTP request is
unique. A reply is good if it is what the protocol prescribes, belongs to a
request that waits for it, and says this machine's time within 2 seconds; for
text, in local time or UTC. Ctrl-C ends it early with what was measured so far.

Each request ends as one that was answered well (good), badly (bad) or not in
time (lost). Late are replies to requests that were lost by then (text, daytime
and time do not tell), duplicate second replies to a request, stray those to
none. A sender of NTP goes on when requests are lost; in other protocols, whose
replies name no request, each pauses ten times a second to count its losses. The
latency of a request at a fixed rate counts from when it was due. The offset
(NTP) is taken from the kernel's time stamp of each reply; on one machine it
should be 0.

Examples:
  timecli bench ntp://127.0.0.1
  timecli bench ntp://[::1]:8888 --rate 20000 --duration 10
  timecli bench asctime://127.0.0.1 --pid "$(pgrep -of timesrv)"
  timecli bench ntp://time.example --i-own-this-server --rate 1000

JSON keys (docs/timecli.schema.json, bench): schema (1), url, address, port,
seconds, sent, good, bad, duplicate, lost, late, stray, good_per_second,
cpu_per_reply, latency (p50, p90, p99, p999), offset (p50, p99), idle_share (near
0, this program is the limit rather than the server), error.reason and
error.message. Durations are in seconds.

Exit codes, with the figures printed where there are any:
  0  every reply was good, and none is missing; otherwise the first that holds:
  1  something else failed, or this is not Linux on x86-64 or arm64
  2  the command line is wrong
 ${code("refused")}  nothing listens there
 ${code("unknown-host")}  the host is unknown
 ${code("unreachable")}  the network would not carry the requests
 ${code("not-a-time")}  replies were bad
 ${code("bogus-reply")}  replies were duplicate or stray
 ${code("timeout")}  requests were lost, all or some`;

/** What Linux allows (proc_pid_max(5)). */
const MAX_PID = 2 ** 22;

export const { define } = subcommand(
  (command) =>
    command
      .description(
        "Puts load on a time server, verifies every reply, and prints what the server can take.",
      )
      .argument("<url>", "the server, as PROTOCOL://HOST[:PORT], or HOST[:PORT] for asctime")
      .optionsGroup("How much load:")
      .option(
        "--duration <seconds>",
        "how long to measure",
        numberParser("seconds above 0, up to 600", (value) => value > 0 && value <= 600),
        5,
      )
      .option("--requests <count>", "send so many at most", countParser(1, 2 ** 31 - 1))
      .option(
        "--window <count>",
        "outstanding requests, over all flows",
        countParser(1, 16_384),
        64,
      )
      .addOption(
        new Option("--rate <count>", "so many a second instead, answered or not")
          .argParser(countParser(1, 10_000_000)).conflicts("window"),
      )
      .option("--flows <count>", "sockets to send from", countParser(1, 1024), 8)
      .option(
        "-t, --timeout <seconds>",
        "a request is lost after so long without a reply",
        numberParser("seconds, 0.001 to 10", (value) => value >= 0.001 && value <= 10),
        0.1,
      )
      .option("--segmented", "have the kernel cut bursts into requests, for less CPU time")
      .option(
        "--warmup <seconds>",
        "how long to run before measuring (default: 0.3, with --requests 0)",
        numberParser("seconds, 0 to 60", (value) => value >= 0 && value <= 60),
      )
      .optionsGroup("On whom:")
      .option("--i-own-this-server", "allow a server that is not on this machine")
      .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
      .option("-6, --ipv6", "use IPv6 only")
      .option(
        "--pid <id>",
        "the server's process here, to take its CPU time",
        countParser(1, MAX_PID),
      )
      .optionsGroup("What to print:")
      .option("--json", "a JSON object")
      .optionsGroup("About the command:")
      .addHelpText("after", HELP),
  (command) => run(command.processedArgs[0], command.opts()),
);

interface BenchOptions {
  readonly duration: number;
  readonly requests?: number | undefined;
  readonly window: number;
  readonly rate?: number | undefined;
  readonly flows: number;
  readonly timeout: number;
  readonly segmented?: true | undefined;
  readonly warmup?: number | undefined;
  readonly iOwnThisServer?: true | undefined;
  readonly ipv4?: true | undefined;
  readonly ipv6?: true | undefined;
  readonly pid?: number | undefined;
  readonly json?: true | undefined;
}

async function run(url: string, options: BenchOptions): Promise<void> {
  const { ipv4, ipv6, json, iOwnThisServer, ...rest } = options;
  checkUrls([url]);
  using progress = new StatusLine();
  const signal = stopSignal();
  const result = await load(url, {
    ...rest,
    ...(ipv4 && { family: 4 }),
    ...(ipv6 && { family: 6 }),
    ownServer: iOwnThisServer,
    signal,
    onProgress: (state) => progress.show(formatProgress(state, rest.duration)),
  }).catch((error) => {
    if (error === signal.reason) throw new Error("Stopped before anything was measured");
    throw error instanceof RangeError ? new UsageError(inOptions(error.message)) : error;
  });
  progress.clear();
  const report: LoadReport = { load: rest, result };
  const failure = failureOf(report);
  const text = json
    ? JSON.stringify({ ...loadJson(result), ...(failure && { error: errorJson(failure) }) })
    : formatLoad(report);
  writeText(Deno.stdout, `${text}\n`);
  for (const warning of warningsOf(report)) writeText(Deno.stderr, `timecli: ${warning}\n`);
  if (failure) throw failure;
}

/** What the library says of its options, by the names that they have here. */
function inOptions(message: string): string {
  return message.replace(/^segmented\b/, "--segmented")
    .replace(/\bownServer\b/, "--i-own-this-server");
}

function code(reason: QueryFailure): string {
  return String(queryExitCodes[reason]).padStart(2);
}
