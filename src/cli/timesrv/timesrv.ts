/** `timesrv`: its command line, turned into options and handed to `serve()`. */
import { clockFields } from "../../clock/sources/timeline/options.ts";
import { statusFields } from "../../clock/sources/options.ts";
import { keysField, ntsCaField } from "../../crypto/options.ts";
import { file, list, MAX_LONG_TEXT, text } from "../../options/field.ts";
import { pickOptions } from "../../options/read.ts";
import { defaultPorts } from "../../protocols/endpoint.ts";
import { faultNames } from "../../server/faults/rules.ts";
import { addNamedFault } from "../../server/faults/text.ts";
import { guardFields } from "../../server/guard/options.ts";
import { logIntervals } from "../../server/log/interval_log.ts";
import { ServerLog } from "../../server/log/log.ts";
import { formatTotals } from "../../server/log/totals.ts";
import { logFields } from "../../server/log/options.ts";
import { authFields, clientFields, textFields, transportFields } from "../../server/options.ts";
import { ntsFields } from "../../server/nts/options.ts";
import { recordFields, untilFields } from "../../server/record/options.ts";
import { scenarios } from "../../server/scenarios/scenarios.ts";
import { serve } from "../../server/serve.ts";
import { upstreamFields } from "../../server/upstreams/options.ts";
import { BoundedWriter } from "../../server/log/bounded_writer.ts";
import type { Server } from "../../server/serve_options.ts";
import { environmentVariable } from "../../system/permission.ts";
import { openServiceManager } from "../../system/service_manager.ts";
import { type Arguments, type Command, defineCommand, type Program } from "../shared/command.ts";
import { familyFields, familyOf } from "../shared/family.ts";
import { asArgumentError, UsageError } from "../shared/errors.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { hasColour, writeText } from "../shared/output.ts";
import {
  checkTransport,
  checkUpstreams,
  controlGroup,
  httpGroup,
  readAuth,
  readControl,
  readGuard,
  readHttp,
  readListeners,
} from "./checks.ts";
import { listScenarios } from "./scenarios.ts";
import { giveUpWriting, openRecord } from "../shared/files.ts";
import { endAfter, lifeFields, watchParent } from "./life.ts";
import { leapField, readServed } from "./served.ts";
import { formatJson } from "../../text/json.ts";

const DEFAULT_LISTENER = "auto://127.0.0.1:8888";

const { seed: _seed, leap: _clockLeap, ...clock } = clockFields;
const { leap: _statusLeap, unsynchronized, ...status } = statusFields;

const groups = {
  "Text services:": textFields,
  "Clock status for NTP:": { ...status, leap: leapField, unsynchronized },
  "Upstream servers:": { ...upstreamFields, ntsCa: ntsCaField },
  "Simulated clock (for tests):": {
    ...clock,
    leapFile: file({
      name: "leap-file",
      help: "leap seconds to simulate, from a leap-seconds.list",
    }),
    seed: clockFields.seed,
    scenario: text("a name or a file", () => {}, {
      name: "scenario",
      maxLength: MAX_LONG_TEXT,
      syntax: "<name>",
      help: "a situation by name, or ./FILE.json; list shows all",
      offers: ["list", ...Object.keys(scenarios), "./"],
    }),
  },
  "Access and rate limit:": { ...guardFields, ...clientFields },
  "Authentication:": { keys: keysField, ...ntsFields, ...authFields },
  "Faults (for tests):": {
    fault: list(
      text("a fault such as drop=0.3", checkFault, {
        name: "fault",
        maxLength: MAX_LONG_TEXT,
        syntax: "<fault>",
        help: "drop=0.3, delay=50ms,every=3 and so on; repeatable",
        offers: faultNames.map((fault) => `${fault}=`),
      }),
    ),
  },
  "Transport:": { ...transportFields, ...familyFields },
  "Control interface:": controlGroup,
  "HTTP interface:": httpGroup,
  "Recorder and end (for tests):": { ...recordFields, ...untilFields, ...lifeFields },
  "Log, on standard error:": logFields,
} as const;

function checkFault(fault: string): void {
  asArgumentError(() => addNamedFault({}, fault));
}

export type TimesrvArguments = Arguments<typeof groups>;

const NOTES = `
Listeners, each with its default port:
  auto://HOST:8888      NTP or text, by the request
  ntp://HOST:123        NTP (RFC 5905), versions 1 to 4
  asctime://HOST:8888   text, whatever the request
  daytime://HOST:13     a line of text (RFC 867)
  time://HOST:37        seconds since 1900 (RFC 868)
  HOST, HOST:PORT       auto; by port 123, 13 or 37 one of the others

Examples:
  timesrv
  timesrv ntp://0.0.0.0:1123 ntp://[::]:1123 --stratum 3
  timesrv ntp://0.0.0.0 --upstream ntp://a.example --upstream ntp://b.example
  timesrv --utc daytime://127.0.0.1:1313 time://127.0.0.1:3737
  timesrv --time 2038-01-19T03:14:00Z --rate 10x
  timesrv --scenario leap-insert ntp://127.0.0.1:1123
  timesrv --seed 42 --fault drop=0.3 --fault delay=50ms,jitter=10ms
  timesrv ntp://0.0.0.0 --http 127.0.0.1:8880
  timesrv ntp://127.0.0.1:0 --control 127.0.0.1:8890 >ports.json
`;

const HINT =
  "Options can be set by environment variables: --log-format by TIMESRV_LOG_FORMAT. Exit codes: 0 " +
  "stopped by a signal, 1 it could not start or failed, 2 wrong command line.";

const command = defineCommand({
  name: "timesrv",
  description: "Serves the time of this machine over UDP. Its default port answers\n" +
    'NTP requests with NTP, and all others with text like "Fri Apr  3 21:09:36 2020".\n' +
    "The text has no time zone: it is local time unless --utc is given.",
  positionals: [{
    name: "listeners",
    help: `where to listen, as PROTOCOL://HOST:PORT (default: ${DEFAULT_LISTENER})`,
    isRepeatable: true,
    offers: Object.keys(defaultPorts).map((protocol) => `${protocol}://`),
  }],
  groups,
  notes: NOTES,
  hint: HINT,
  run,
});

export const timesrv: Program = {
  command,
  subcommands: [{
    name: "complete",
    summary: "print completions for bash, zsh or fish",
    async load(): Promise<{ readonly command: Command }> {
      const { completeCommand } = await import("../shared/completions.ts");
      return { command: completeCommand(timesrv) };
    },
  }],
};

async function run({ values, positionals }: TimesrvArguments): Promise<void> {
  if (values.scenario === "list") return writeText(Deno.stdout, `${listScenarios()}\n`);
  const family = familyOf(values);
  if (family !== undefined && positionals.length === 0) {
    throw new UsageError(
      `-${family} chooses among the addresses of a listener's name: name one, as ntp://localhost`,
    );
  }
  const urls = positionals.length > 0 ? positionals : [DEFAULT_LISTENER];
  const listeners = readListeners(urls, family);
  const served = await readServed(values);
  checkUpstreams(values, served, listeners);
  const auth = await readAuth(values, listeners);
  const { transport = "auto" } = values;
  const hasFaults = [served, ...listeners].some(({ faults }) => faults !== undefined);
  const isRecorded = values.record !== undefined || values.untilRequests !== undefined;
  checkTransport({ ...values, transport }, { hasFaults, isRecorded });
  const guard = readGuard(values);
  const control = await readControl(values);
  const http = await readHttp(values);
  using file = openRecord(values.record, values.ntsSelfSigned);
  const { quiet, verbose, logFormat = "text", statsInterval, lifetime } = values;
  const log = new ServerLog({
    sink: Deno.stderr,
    format: logFormat,
    level: quiet ? "quiet" : verbose ? "verbose" : "normal",
    colour: hasColour(Deno.stderr),
  });
  const ending = new AbortController();
  const signal = AbortSignal.any([stopSignal({ outlivesSession: true }), ending.signal]);
  const end = (reason: string): void => {
    if (!signal.aborted) log.ending(reason);
    ending.abort();
  };
  using parent = values.withParent ? watchParent(end) : null;
  using manager = openServiceManager((message) => log.warning(message));
  signal.addEventListener("abort", () => manager?.stopping());
  const startedMs = performance.now();
  const server = await serve(urls, {
    ...pickOptions(textFields, values),
    ...auth,
    ...served,
    ...guard,
    ...pickOptions(transportFields, values),
    transport,
    family,
    ...control,
    ...http,
    ...pickOptions(untilFields, values),
    ...pickOptions(upstreamFields, values),
    ...pickOptions(ntsFields, values),
    record: file === null ? isRecorded : { sink: file },
    log,
    signal,
  }).catch((error) => {
    // A signal during the start is no failure.
    if (!signal.aborted) throw error;
  });
  giveUpWriting();
  if (!server) return;
  file?.begin();
  await announce(server);
  parent?.watchInput();
  if (lifetime !== undefined) endAfter(lifetime, end);
  const urlsServed = server.addresses.map(({ url }) => url).join(" ");
  manager?.ready(
    () => `Serving ${urlsServed}: ${formatTotals(server.totals)}`,
    () => server.isAnswering,
  );
  using _intervals = statsInterval === undefined
    ? null
    : logIntervals(server, { log, interval: statsInterval });
  await server.finished;
  log.stopped(server.totals, (performance.now() - startedMs) / 1000);
  await log.flush();
}

/**
 * Writes the ready line for a program that started the server; people read the log. A slow reader, or one
 * that has ended, delays nothing.
 */
async function announce({ addresses, control, http, nts, seed }: Server): Promise<void> {
  // A service manager is notified otherwise, and would write the line to its journal.
  if (Deno.stdout.isTerminal() || environmentVariable("NOTIFY_SOCKET")) return;
  const { version } = await import("../shared/help.ts");
  const listeners = addresses.map(({ url, protocol, hostname, port, isSimulated, faults }) => ({
    url,
    protocol,
    hostname,
    port,
    simulated: isSimulated,
    ...(faults !== undefined && faults.seed !== seed && { seed: faults.seed }),
  }));
  const line = {
    event: "ready",
    version,
    seed,
    simulated: listeners.some(({ simulated }) => simulated),
    listeners,
    ...(control && { control: control.url }),
    ...(http && { http: http.url }),
    ...(nts && { nts: nts.addresses }),
  };
  new BoundedWriter(Deno.stdout).write(`${formatJson(line)}\n`);
}
