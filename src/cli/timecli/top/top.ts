/** `timecli top`: its command line, turned into requests to a server's control interface. */
import { clientsQueryFields } from "../../../client/clients_query.ts";
import { control } from "../../../client/control.ts";
import { duration, flag } from "../../../options/field.ts";
import { pickOptions } from "../../../options/read.ts";
import { readSeconds } from "../../../text/duration.ts";
import { formatJson } from "../../../text/json.ts";
import { systemTimers } from "../../../system/time.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { asArgumentError, queryExitCodes } from "../../shared/errors.ts";
import { forLocale, showsUnicode, writeUnlessStopped } from "../../shared/output.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { canBeDrawnOn } from "../../shared/terminal.ts";
import {
  controlTokenFields,
  DEFAULT_CONTROL_URL,
  parseControlUrl,
  readControlToken,
  withAdvice,
} from "../control/server_fields.ts";
import { countField, timeoutField } from "../options.ts";
import { runLive } from "./live_top.ts";
import { formatTable } from "./screen.ts";

const groups = {
  "Server:": { ...controlTokenFields, timeout: timeoutField("time limit of each request", "10m") },
  "List:": {
    sort: { ...clientsQueryFields.sort, default: "rate" },
    limit: { ...clientsQueryFields.limit, default: "as the screen has room, or 1000" },
    interval: duration("100ms", "1h", {
      name: "interval",
      short: "i",
      help: "time between lists",
      default: "2s",
    }),
    count: countField(1_000_000_000, "print this many lists as lines, and end"),
  },
  "Output:": {
    json: flag({ name: "json", short: "j", help: "print one JSON object per list" }),
  },
} as const;

const NOTES = `
Keys:
  q                  quit
  p, space           pause
  r, a, k            sort by rate, answered, KoD
  d, l, t            sort by denied, limited, last seen

Examples:
  timesrv ntp://0.0.0.0:123 --control 127.0.0.1:8890
  timecli top
  timecli top http://127.0.0.1:8890 --sort denied
  timecli top -n 1 --limit 20
  timecli top --json | jq '.clients[] | select(.limited > 0).address'
`;

export const command = defineCommand({
  name: "top",
  description: "Shows the clients of a server that runs with --control, live: how often each\n" +
    "sends requests, and how many were answered or refused.",
  positionals: [{
    name: "url",
    help: `control interface of the server (default: ${DEFAULT_CONTROL_URL})`,
  }],
  groups,
  notes: NOTES,
  hint:
    "Other users can see a command line: put the token into TIMECLI_TOP_TOKEN, or into a file that " +
    "--token-file names. Exit codes: 0 done, 1 refused by the server, 2 wrong command line, " +
    `${queryExitCodes.timeout} to ${queryExitCodes.unreachable} the server was not reached.`,
  run,
});

async function run({ values, positionals: [given] }: Arguments<typeof groups>): Promise<void> {
  const url = asArgumentError(() => parseControlUrl(given ?? DEFAULT_CONTROL_URL));
  const token = await readControlToken(values);
  const { sort = "rate", limit, interval = "2s", count, json = false } = values;
  const signal = stopSignal();
  const request = {
    url,
    token,
    signal,
    ...pickOptions({ timeout: groups["Server:"].timeout }, values),
  };
  const intervalMs = readSeconds(interval) * 1000;
  try {
    const isLive = count === undefined && !json && Deno.stdout.isTerminal() && canBeDrawnOn();
    if (isLive) {
      return await runLive({
        ...{ url, sort, limit, intervalMs, signal, isAscii: !showsUnicode() },
        readClients: (query, signal) => control("clients", { ...request, query, signal }),
        readState: (signal) => control("state", { ...request, signal }),
      });
    }
    for (let i = 0; i < (count ?? Infinity); i++) {
      if (i > 0) await systemTimers.sleep(intervalMs, signal);
      const list = await control("clients", { ...request, query: { sort, limit } });
      const text = json ? formatJson(list) : forLocale(formatTable(list, sort));
      const line = `${i > 0 && !json ? "\n" : ""}${text}\n`;
      if (!await writeUnlessStopped(line, signal)) return;
    }
  } catch (error) {
    if (!signal.aborted) throw withAdvice(error, url);
  }
}
