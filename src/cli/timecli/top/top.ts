/** `timecli top`: the clients of a server, asked for at intervals: on a live screen, as lines, or as JSON. */
import {
  type ClientOrder,
  type ClientsQuery,
  clientsQueryFields,
} from "../../../client/clients_query.ts";
import { control } from "../../../client/control.ts";
import type { ClientsAnswer, ServerState } from "../../../client/control_api.ts";
import { duration, flag } from "../../../options/field.ts";
import { pickOptions } from "../../../options/read.ts";
import { readSeconds } from "../../../text/duration.ts";
import { formatJson } from "../../../text/json.ts";
import { systemTimers } from "../../../system/time.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { asArgumentError, formatError, queryExitCodes } from "../../shared/errors.ts";
import { forLocale, paintTones, showsUnicode, writeUnlessStopped } from "../../shared/output.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { canBeDrawnOn, TerminalScreen } from "../../shared/terminal.ts";
import {
  controlTokenFields,
  DEFAULT_CONTROL_URL,
  parseControlUrl,
  readControlToken,
  withAdvice,
} from "../control/server_fields.ts";
import { countField, timeoutField } from "../options.ts";
import { countRows, drawTop, formatTable, sortKeys, type TopView } from "./screen.ts";

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
    // A reader that has closed the pipe (`| head`) has read enough.
    if (signal.aborted || error instanceof Deno.errors.BrokenPipe) return;
    throw withAdvice(error, url);
  }
}

interface LiveTopOptions {
  readonly url: string;
  readonly sort: ClientOrder;
  /** The most clients to show; by default those for which the screen has room. */
  readonly limit: number | undefined;
  readonly intervalMs: number;
  readonly isAscii: boolean;
  readonly readClients: (query: ClientsQuery, signal: AbortSignal) => Promise<ClientsAnswer>;
  readonly readState: (signal: AbortSignal) => Promise<ServerState>;
  readonly signal: AbortSignal;
}

/**
 * Shows the clients until the signal aborts or `q` is pressed. A server that does not answer for a while is
 * reported on the screen, and asked again.
 *
 * @throws {Error} If it does not answer the first time
 */
export async function runLive(options: LiveTopOptions): Promise<void> {
  const { readClients, readState, intervalMs, limit } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Nothing is drawn before it is known that there is a server.
  const state = await readState(signal);
  let wake = new AbortController();
  let view: Omit<TopView, "hasKeys"> = {
    url: options.url,
    sort: options.sort,
    isPaused: false,
    isAscii: options.isAscii,
    latest: undefined,
    receivedPerSecond: undefined,
    failure: undefined,
    paint: paintTones(Deno.stdout),
  };
  await using terminal = new TerminalScreen({
    onKey: (key) => press(key),
    onResize: () => wake.abort(),
  });
  const draw = (): void => {
    if (signal.aborted) return;
    terminal.draw(drawTop({ ...view, hasKeys: terminal.hasKeys }, terminal.size));
  };
  function press(key: string): void {
    const sort = sortKeys[key.toLowerCase()];
    if (key === "q" || key === "Q") return stop.abort();
    if (key === "p" || key === " ") view = { ...view, isPaused: !view.isPaused };
    else if (sort !== undefined) view = { ...view, sort };
    else return;
    draw();
    if (!view.isPaused || sort !== undefined) wake.abort();
  }
  let before = { received: state.totals.received, atMs: systemTimers.monotonicMs() };
  while (!signal.aborted) {
    wake = new AbortController();
    try {
      const { sort } = view;
      const query = { sort, limit: limit ?? countRows(terminal.size) };
      const [list, state] = await Promise.all([
        readClients(query, signal),
        readState(signal),
      ]);
      const now = { received: state.totals.received, atMs: systemTimers.monotonicMs() };
      const seconds = (now.atMs - before.atMs) / 1000;
      // Keys ask more often than the rate can be measured.
      if (seconds >= 0.5) {
        const receivedPerSecond = Math.max(0, now.received - before.received) / seconds;
        view = { ...view, receivedPerSecond };
        before = now;
      }
      view = { ...view, latest: { list, state }, failure: undefined };
    } catch (error) {
      view = { ...view, failure: formatError(error) };
    }
    draw();
    await pause(intervalMs, AbortSignal.any([signal, wake.signal]));
    while (view.isPaused && !signal.aborted && !wake.signal.aborted) {
      await pause(intervalMs, AbortSignal.any([signal, wake.signal]));
    }
  }
}

/** Waits, or less long if the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await systemTimers.sleep(ms, signal).catch(() => {});
}
