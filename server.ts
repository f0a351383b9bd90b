/**
 * `timesrv`: the command line, turned into options and handed to `serve()`.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { announce } from "./src/cli/timesrv/announcement.ts";
import { clockOptionParser, parseStep } from "./src/cli/timesrv/clock_flags.ts";
import { controlOf, parseControlFlag, parseTokenFlag } from "./src/cli/timesrv/control_flags.ts";
import { runToExit } from "./src/cli/shared/exit_codes.ts";
import { faultsHelp, parseFaultOption } from "./src/cli/timesrv/fault_options.ts";
import { guardOf, isBits, parseNetworks, parseRateLimit } from "./src/cli/timesrv/guard_options.ts";
import {
  createProgram,
  type Definition,
  durationParser,
  numberParser,
  parseArguments,
} from "./src/cli/shared/program.ts";
import { listScenarios } from "./src/cli/timesrv/scenario_options.ts";
import { checkTransport, readListeners } from "./src/cli/timesrv/listener_flags.ts";
import { checkReferenceId, parseLeapFlag, servedOf } from "./src/cli/timesrv/served_flags.ts";
import { openServiceManager } from "./src/system/service_manager.ts";
import { stopSignal } from "./src/cli/shared/stop_signal.ts";
import { hasColour } from "./src/cli/shared/style.ts";
import { daytimeFormats } from "./src/protocols/daytime/codec.ts";
import { logIntervals } from "./src/server/log/interval_log.ts";
import { ServerLog } from "./src/server/log/log.ts";
import { serve } from "./src/server/serve.ts";
import { transports } from "./src/server/transport.ts";
import { writeText } from "./src/cli/shared/write_text.ts";

const DEFAULT_LISTENER = "auto://127.0.0.1:8888";

const seconds = numberParser("seconds, 0 to 65535", (value) => value >= 0 && value <= 65_535);

const program = createProgram(
  "timesrv",
  "Answers UDP datagrams with the time of this machine. Its default port speaks the\n" +
    "language it is asked in: NTP to NTP clients, to all others text like\n" +
    '"Fri Apr  3 21:09:36 2020", which carries no zone: local time unless --utc is given.',
)
  .argument(
    "[listeners...]",
    `where to listen, as PROTOCOL://HOST:PORT (default: ${DEFAULT_LISTENER})`,
  )
  .optionsGroup("What is served:")
  .option("--utc", "write UTC rather than local time")
  .addOption(
    new Option("--daytime-format <format>", "the form of Daytime lines")
      .choices(daytimeFormats).default("ctime" as const),
  )
  .optionsGroup("What NTP clients are told of this clock:")
  .addOption(
    new Option("--clock-status <source>", "who says whether it is right")
      .choices(["auto", "kernel", "fixed"]).default("auto" as const),
  )
  .option(
    "--stratum <number>",
    "servers between it and a reference clock (default: 10)",
    numberParser(
      "a whole number, 1 to 15",
      (value) => Number.isInteger(value) && value >= 1 && value <= 15,
    ),
  )
  .option(
    "--refid <id>",
    "its source: 1 to 4 characters, or an IPv4 address (default: 127.127.1.1)",
    checkReferenceId,
  )
  .option("--root-delay <seconds>", "round trip to the reference clock (default: 0)", seconds)
  .option("--root-dispersion <seconds>", "its largest error (default: 0.01, growing)", seconds)
  .option(
    "--leap <kind>",
    "the leap second to announce: none, insert or delete",
    parseLeapFlag,
  )
  .addOption(
    new Option("--unsynchronized", "say that it is not right; Daytime and Time stay silent")
      .conflicts("leap"),
  )
  .optionsGroup("What to make of this machine's time, for tests:")
  .option("--time <instant>", "start at a date, as 2038-01-19T03:14:00Z", clockOptionParser("time"))
  .option("--offset <duration>", "be ahead: +1h30m, -2d, PT90M", clockOptionParser("offset"))
  .option("--rate <rate>", "run at another rate: 2x, -0.5, +50ppm", clockOptionParser("rate"))
  .option("--freeze", "stand still")
  .option(
    "--step <step>",
    "jump: +1s@00:05 five seconds after the start; again and again",
    parseStep,
  )
  .option("--leap-file <file>", "leap seconds that come, from a leap-seconds.list")
  .option("--smear <shape>", "spread a leap second: linear, cosine, quadratic, google, aws, meta")
  .option("--clock-noise <duration>", "be off at random, by so much", clockOptionParser("noise"))
  .option(
    "--seed <number>",
    "what chance goes by, in noise and faults: the same number makes the same again",
    numberParser(
      "a whole number, 0 to 4294967295",
      (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
    ),
  )
  .option("--scenario <name>", "a situation by its name, or from ./FILE.json; list lists them")
  .optionsGroup("Who may ask, and how often:")
  .option(
    "--allow <networks>",
    "answer these alone, such as 192.0.2.0/24,2001:db8::/32, or all",
    parseNetworks,
  )
  .option(
    "--deny <networks>",
    "do not answer these, unless a longer prefix allows it",
    parseNetworks,
  )
  .addOption(
    new Option("--deny-action <action>", "what becomes of them: silence, or NTP's kiss DENY")
      .choices(["drop", "kod"]).default("drop" as const),
  )
  .option(
    "--rate-limit <limit>",
    "requests of a source: off, N/s, or N/s,BURST (default: 16/s,128 unless of this machine)",
    parseRateLimit,
  )
  .option(
    "--rate-kod <share>",
    "NTP requests beyond it that get the kiss RATE, 0 to 1 (default: 0)",
    numberParser("a share, 0 to 1", (value) => value >= 0 && value <= 1),
  )
  .option(
    "--rate-ipv4-prefix <bits>",
    "how much of an IPv4 address is a source (default: 32)",
    numberParser("a whole number, 1 to 32", isBits(32)),
  )
  .option(
    "--rate-ipv6-prefix <bits>",
    "how much of an IPv6 address is a source (default: 64)",
    numberParser("a whole number, 1 to 64", isBits(64)),
  )
  .optionsGroup("What goes wrong, on purpose:")
  .option(
    "--fault <fault>",
    "drop=0.3, delay=50ms,every=3 and so on, see below; may be given again",
    parseFaultOption,
  )
  .optionsGroup("How datagrams are moved:")
  .addOption(
    new Option("--transport <name>", "mmsg is fastest, datagram runs everywhere")
      .choices(transports).default("auto" as const),
  )
  .option(
    "--workers <number>",
    "threads of mmsg, up to the cores of this machine",
    numberParser(
      `a whole number, 1 to ${navigator.hardwareConcurrency}`,
      (value) => Number.isInteger(value) && value >= 1 && value <= navigator.hardwareConcurrency,
    ),
    1,
  )
  .option(
    "--receive-queue <KiB>",
    "requests that mmsg keeps waiting on a socket (default: 256)",
    numberParser(
      "a whole number of KiB, 4 to 65536",
      (value) => Number.isInteger(value) && value >= 4 && value <= 65_536,
    ),
  )
  .optionsGroup("Who may change it while it runs:")
  .option(
    "--control <address>",
    "listen for timecli control, as on 127.0.0.1:8890",
    parseControlFlag,
  )
  .option(
    "--control-token <token>",
    "what it has to know; required on anything but loopback",
    parseTokenFlag,
  )
  .optionsGroup("What is logged, to standard error:")
  .addOption(
    new Option("--log-format <format>", "lines for people, or JSON").choices(["text", "json"])
      .default("text"),
  )
  .option(
    "--stats-interval <duration>",
    "a line of figures every 10s, 5m, 1h30m, ...",
    durationParser("1s", "7d"),
  )
  .addOption(
    new Option("-q, --quiet", "only warnings, and what --stats-interval asks for")
      .conflicts("verbose"),
  )
  .option("-v, --verbose", "more of each request, and every socket error")
  .addHelpText(
    "after",
    `
Listeners, each with its default port:
  auto://HOST:8888      NTP or text, as it is asked; also plain HOST[:PORT]
  ntp://HOST:123        NTP (RFC 5905), versions 1 to 4
  asctime://HOST:8888   text, whatever is asked
  daytime://HOST:13     a line of text (RFC 867)
  time://HOST:37        seconds since 1900 (RFC 868)
HOST is an address or a name; 0.0.0.0 is every IPv4 address of this machine and
[::] every IPv6 address. Port 0 takes any free port; the log says which.

The clock: "kernel" takes the word of the Linux kernel (needs --allow-ffi of
Deno), "fixed" never asks it, "auto" takes its word while it calls the clock
synchronised. Without it, --stratum, --refid, --root-delay or --root-dispersion
vouch for the clock; otherwise its error bound grows by 1 s in 18 hours.

A clock for tests: what is served may start at a date, be ahead, run fast, slow
or back, jump and stand still. --leap insert@2028-12-31 has a leap second happen
and told beforehand; with --smear it is spread over 24 hours. A listener has a
clock of its own if its URL says so: ntp://127.0.0.1:1123?offset=+1h&rate=2x
--scenario list has situations by name, such as y2038 or flaky-network; other
options may add to them. docs/testing.md says how to write one.

The transport: "mmsg" moves datagrams in batches, and the kernel says when each
came. It needs Linux on x86-64 or arm64, --allow-ffi of Deno and, from source,
--allow-read of its modules; "auto" takes it where that is so, and no answer is
to go wrong, nor may be told to by --control.

${faultsHelp}
Examples:
  timesrv
  timesrv ntp://0.0.0.0:1123 ntp://[::]:1123 --stratum 3
  timesrv --utc daytime://127.0.0.1:1313 time://127.0.0.1:3737
  timesrv --time 2038-01-19T03:14:00Z --rate 10x
  timesrv --scenario leap-insert ntp://127.0.0.1:1123
  timesrv --log-format json 2>requests.log
  timesrv ntp://127.0.0.1:0 --control 127.0.0.1:8890 >ports.json
  timesrv --seed 42 --fault drop=0.3 --fault delay=50ms,jitter=10ms

Where standard output is not a terminal, it gets one line of JSON once all of it
answers, for the program that has started it: event ("ready"), listeners (each
with its url, protocol, hostname and port, the bound one), and control, a URL.

Ctrl-C or SIGTERM stops it: answers under way are finished, totals are logged. A
second one kills it. SIGHUP stops it if its terminal is gone, and is otherwise
ignored.

Exit codes:
  0  stopped by a signal
  1  it could not start, or failed
  2  the command line is wrong

Every option can be set by environment too, --log-format as TIMESRV_LOG_FORMAT.
Shell completions: timesrv complete bash|zsh|fish`,
  );

/** The command line, to be read: its manual page is made of it. */
export const definition: Definition = { program, subcommands: [] };

async function main(): Promise<void> {
  await parseArguments(program, Deno.args);
  if (program.args[0] === "complete") return;
  const { utc = false, daytimeFormat, logFormat, quiet, verbose, ...rest } = program.opts();
  const {
    transport,
    workers,
    receiveQueue,
    statsInterval,
    control,
    controlToken,
    ...facts
  } = rest;
  if (facts.scenario === "list") return writeText(Deno.stdout, `${listScenarios()}\n`);
  const urls = program.args.length > 0 ? program.args : [DEFAULT_LISTENER];
  const listeners = readListeners(urls);
  const served = await servedOf(facts);
  const hasFaults = [served, ...listeners].some(({ faults }) => faults !== undefined);
  checkTransport({ transport, workers, receiveQueue }, hasFaults);
  const log = new ServerLog({
    sink: Deno.stderr,
    format: logFormat,
    level: quiet ? "quiet" : verbose ? "verbose" : "normal",
    colour: hasColour(Deno.stderr),
  });
  const signal = stopSignal();
  using manager = openServiceManager((message) => log.warning(message));
  signal.addEventListener("abort", () => manager?.stopping());
  const startedMs = performance.now();
  const server = await serve(urls, {
    utc,
    daytimeFormat,
    ...served,
    ...guardOf(facts),
    transport,
    workers,
    ...(receiveQueue !== undefined && { receiveQueueKib: receiveQueue }),
    ...controlOf({ control, controlToken }),
    log,
    signal,
  }).catch((error) => {
    // Stopped while it was starting: that is what was asked for.
    if (!signal.aborted) throw error;
  });
  if (!server) return;
  announce(server);
  const urlsServed = server.addresses.map(({ url }) => url).join(" ");
  manager?.ready(`Serving ${urlsServed}`, () => server.isAnswering);
  using _intervals = statsInterval === undefined
    ? null
    : logIntervals(server, { log, interval: statsInterval / 1000 });
  await server.finished;
  log.stopped(server.totals, (performance.now() - startedMs) / 1000);
  await log.flush();
}

if (import.meta.main) await runToExit("timesrv", main);
