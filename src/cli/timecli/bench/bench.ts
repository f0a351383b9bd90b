/** `timecli bench`: its command line, turned into options and handed to `load()`. */
import { load } from "../../../load/load.ts";
import { MAX_PID } from "../../../load/options.ts";
import { duration, flag, whole } from "../../../options/field.ts";
import { pickOptions } from "../../../options/read.ts";
import { readSeconds } from "../../../text/duration.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { printJson, printProblems, StatusLine } from "../../shared/output.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { checkUrls, UsageError } from "../../shared/errors.ts";
import {
  countField,
  jsonField,
  networkFields,
  networkOf,
  targetOffers,
  timeoutField,
} from "../options.ts";
import { errorToJson, outcomeToJson } from "../query/json.ts";
import {
  failureOf,
  formatLoad,
  formatProgress,
  loadJson,
  type LoadReport,
  warningsOf,
} from "./report.ts";
import { printTexts } from "../../shared/terminal.ts";

/** The library's defaults that the report shows. */
const defaults = { duration: "5s", window: 64, flows: 8, timeout: "100ms" };

const loadFields = {
  duration: duration("1ms", "10m", {
    name: "duration",
    short: "d",
    help: "time to measure",
    default: defaults.duration,
  }),
  requests: countField(2 ** 31 - 1, "maximum number of requests", {
    formerFlags: ["-c", "--requests"],
  }),
  window: whole(1, 16_384, {
    name: "window",
    syntax: "<count>",
    help: "outstanding requests over all flows",
    default: String(defaults.window),
  }),
  rate: whole(1, 10_000_000, {
    name: "qps",
    syntax: "<count>",
    help: "fixed rate in queries per second",
    formerFlags: ["--rate"],
    conflicts: ["window"],
  }),
  flows: whole(1, 1024, {
    name: "flows",
    syntax: "<count>",
    help: "sockets to send from",
    default: String(defaults.flows),
  }),
  timeout: timeoutField("time until a request is lost", "10s", defaults.timeout),
  segmented: flag({ name: "segmented", help: "let the kernel split bursts, for less CPU time" }),
  warmup: duration("0s", "1m", {
    name: "warmup",
    help: "time to run before measuring",
    default: "300ms",
  }),
  pid: whole(1, MAX_PID, {
    name: "pid",
    syntax: "<id>",
    help: "the server's process, to measure its CPU time",
  }),
};

const { pid, ...amount } = loadFields;

/** Its requests are all alike, without a MAC. */
const { keys: _keys, ntsCa: _ntsCa, ...ownNetwork } = networkFields;

const groups = {
  "Load:": amount,
  "Target:": {
    ownServer: flag({
      name: "i-own-this-server",
      help: "allow a server that is not on this machine",
    }),
    ...ownNetwork,
    pid,
  },
  "Output:": { json: jsonField },
} as const;

const NOTES = `
Examples:
  timecli bench ntp://127.0.0.1
  timecli bench ntp://[::1]:8888 --qps 20000 --duration 10s
  timecli bench asctime://127.0.0.1 --pid "$(pgrep -of timesrv)"
  timecli bench ntp://time.example --i-own-this-server --qps 1000
`;

export const command = defineCommand({
  name: "bench",
  description:
    "Load-tests a time server that you own: verifies every reply, and prints the rate, " +
    "latency and losses.",
  positionals: [{
    name: "url",
    help: "server: [PROTOCOL://]HOST[:PORT], NTP by default",
    isRequired: true,
    offers: targetOffers.filter((url) => url !== "ntp+nts://"),
  }],
  groups,
  notes: NOTES,
  hint:
    "It needs Linux on x86-64 or arm64. Exit codes: 0 every request got a good reply, 2 wrong " +
    "command line; otherwise the failure.",
  run,
});

async function run(
  { values, positionals: [url = ""], sources }: Arguments<typeof groups>,
): Promise<void> {
  checkUrls([url]);
  const options = { ...defaults, ...pickOptions(loadFields, values) };
  using progress = new StatusLine();
  const signal = stopSignal();
  const result = await load(url, {
    ...options,
    ...await networkOf({ values, sources }, []),
    ownServer: values.ownServer,
    signal,
    onProgress: (state) => progress.show(formatProgress(state, readSeconds(options.duration))),
  }).catch((error) => {
    if (error === signal.reason) throw new Error("Stopped before anything was measured");
    if (error instanceof RangeError) throw new UsageError(withOptionNames(error.message));
    if (values.json) printJson([outcomeToJson({ target: url, error }, false)]);
    throw error;
  });
  progress.clear();
  const report: LoadReport = { load: options, result };
  const failure = failureOf(report);
  if (values.json) {
    printJson([{ ...loadJson(result), ...(failure && { error: errorToJson(failure) }) }]);
  } else printTexts([formatLoad(report)]);
  printProblems(warningsOf(report));
  if (failure) throw failure;
}

/** Replaces the library's names of options by those of the command line. */
function withOptionNames(message: string): string {
  return message.replace(/^segmented\b/, "--segmented")
    .replace(/\bownServer\b/, "--i-own-this-server");
}
