/** `timecli watch`: its command line, turned into options and handed to `watch()`. */
import { systemNetwork } from "../../../client/network.ts";
import { watch, type WatchOptions } from "../../../client/watch.ts";
import { duration, file, flag } from "../../../options/field.ts";
import { pickOptions } from "../../../options/read.ts";
import { formatEndpoint, parseTarget } from "../../../protocols/endpoint.ts";
import { checkWritable, writeAtomically } from "../../../system/atomic_file.ts";
import { machineName } from "../../../system/libc.ts";
import { readSeconds } from "../../../text/duration.ts";
import { escapeLine, toAscii } from "../../../text/printable.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { asArgumentError, checkUrls, exitCodeFor, queryExitCodes } from "../../shared/errors.ts";
import { rethrowWriteError, standardOutput } from "../../shared/files.ts";
import { showsUnicode, writeProblem, writeText, writeUnlessStopped } from "../../shared/output.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { canBeDrawnOn } from "../../shared/terminal.ts";
import {
  countField,
  formatFields,
  networkFields,
  networkOf,
  serversArgument,
  timeoutField,
} from "../options.ts";
import { csvLines, formatSummary, jsonLines, textLines } from "./lines.ts";
import { LiveView } from "./live_view.ts";
import { keyHelp } from "./screen.ts";
import { type WatchNotice, WatchRecord } from "./record.ts";

const pollFields = {
  interval: duration("10ms", "1d", {
    name: "interval",
    short: "i",
    help: "time between requests",
    default: "2s; loopback 1s",
  }),
  count: countField(1_000_000_000, "end after this many requests per server"),
  timeout: timeoutField("time until a request is lost", "1m", "interval, 1s to 2s"),
};

const groups = {
  "Query:": {
    ...pollFields,
    duration: duration("10ms", "3w", {
      name: "duration",
      short: "d",
      help: "end after this time",
    }),
    ...networkFields,
  },
  "Output:": {
    ...formatFields("print one JSON object per line", "print CSV: one row per exchange or event"),
    ascii: flag({ name: "ascii", help: "print ASCII only (default without a UTF-8 locale)" }),
    plot: file(
      { name: "plot", help: "at the end, write a picture of it all as SVG" },
      undefined,
      (name) => {
        // Standard output has the lines or the screen.
        if (name === "-") throw new SyntaxError("no file");
      },
    ),
  },
} as const;

const NOTES = `
Keys:
${keyHelp.map(([keys, meaning]) => `  ${keys.padEnd(19)}${meaning}`).join("\n")}

Examples:
  timecli watch ntp://time.example
  timecli watch ntp://a.example ntp://b.example --plot offsets.svg
  timecli watch ntp://time.example --count 60 --csv > offsets.csv
  timecli watch ntp://time.example --json | jq 'select(.event == "step")'
`;

export const command = defineCommand({
  name: "watch",
  description: "Polls time servers and shows their offsets, and what changes.",
  positionals: [serversArgument],
  groups,
  notes: NOTES,
  hint:
    "Times are UTC. Exit codes: 0 every server sent a time; otherwise the failure of the first " +
    "that sent none, as timecli.",
  run,
});

async function run({ values, positionals, sources }: Arguments<typeof groups>): Promise<number> {
  checkUrls(positionals);
  const urls = [
    ...new Set(positionals.map((target) => formatEndpoint(parseTarget(target, "ntp")))),
  ];
  const { duration: lifetime, json, csv, ascii = false, plot } = values;
  if (plot !== undefined) await checkPicture(plot);
  const stop = new AbortController();
  const deadline = lifetime === undefined
    ? undefined
    : systemNetwork.timers.timeout(readSeconds(lifetime) * 1000);
  const signal = AbortSignal.any([stopSignal(), stop.signal, ...(deadline ? [deadline] : [])]);
  const options: WatchOptions = {
    ...pickOptions(pollFields, values),
    ...await networkOf({ values, sources }, urls),
    signal,
  };
  const events = asArgumentError(() => watch(urls, options));
  const records = new Map(urls.map((url) => [url, new WatchRecord(url)]));
  const rows = [...records.values()];
  const isAscii = ascii || !showsUnicode();
  const lines = json ? jsonLines : csv ? csvLines : textLines;
  const isText = lines === textLines;
  let hasReader = true;
  const write = async (line: string): Promise<void> => {
    const text = `${isText && isAscii ? toAscii(line) : line}\n`;
    hasReader &&= await writeUnlessStopped(text, signal, systemNetwork.timers);
  };
  const isLive = isText && Deno.stdout.isTerminal() && canBeDrawnOn();
  const notices: WatchNotice[] = [];
  try {
    await using view = isLive
      ? new LiveView({ records: rows, notices, isAscii, onQuit: () => stop.abort() })
      : undefined;
    if (!view && lines.head !== undefined) await write(lines.head);
    for await (const event of events) {
      records.get(event.url)?.add(event);
      if (view) view.show(event);
      else await write(lines.format(event));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    hasReader = false;
  }
  if (rows.every(({ last }) => !last)) {
    throw new Error("Stopped before anything was measured");
  }
  try {
    if (isText && hasReader) {
      for (const each of notices) await write(textLines.format(each));
      await write(`\n${formatSummary(rows)}`);
    }
  } finally {
    // Also where the terminal has been closed.
    if (plot !== undefined) await writePicture(plot, rows);
  }
  const silent = rows.find(({ delays }) => delays.count === 0);
  if (silent && !silent.last && deadline?.aborted) return queryExitCodes.timeout;
  return exitCodeFor(silent?.last?.error);
}

/** Throws an error of one line if a picture cannot be written, `NotCapable` without a permission. */
async function checkPicture(path: string): Promise<void> {
  if (standardOutput(path)) return;
  await checkWritable(path).catch((error) => rethrowWriteError("picture", path, error));
}

/** Writes the picture, but not an empty one over an earlier one. */
async function writePicture(path: string, records: readonly WatchRecord[]): Promise<void> {
  if (records.every(({ delays }) => delays.count === 0)) {
    writeProblem(`timecli: No picture is written to ${escapeLine(path)}: no time was received\n`);
    return;
  }
  const { drawPicture } = await import("./picture/svg.ts");
  const [picture, stream] = [drawPicture(records, machineName()), standardOutput(path)];
  if (stream) return writeText(stream, picture);
  await writeAtomically(path, picture).catch((error) => rethrowWriteError("picture", path, error));
}
