/** `timecli watch`: its command line, turned into options and handed to `watch()`. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { watch, type WatchEvent, type WatchOptions } from "../../../client/watch.ts";
import { formatEndpoint, parseEndpoint } from "../../../protocols/endpoint.ts";
import { escapeLine, toAscii } from "../../../text/printable.ts";
import { exitCodeOf } from "../../shared/exit_codes.ts";
import { durationParser, numberParser, subcommand } from "../../shared/program.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { canBeDrawnOn, showsUnicode } from "../../shared/terminal.ts";
import { csvLines, formatSummary, jsonLines, textLines } from "./lines.ts";
import { LiveView } from "./live_view.ts";
import type { WatchNotice } from "./notices.ts";
import { checkPicture, writePicture } from "./picture/picture.ts";
import { WatchRecord } from "./record.ts";
import { checkUrls, UsageError } from "../../shared/usage_error.ts";
import { writeText } from "../../shared/write_text.ts";

const HELP = `
On a terminal it shows a table of the servers, plots of one of them, and what
happens; elsewhere a line an exchange. It ends by Ctrl-C or q with the figures
of the whole time. A kiss RATE makes it ask half as often, and after another
kiss it does not ask that server any more (RFC 5905). All times are UTC.

Keys: q quit, p or space pause, + - or s time scale, Tab or down next server,
Shift-Tab or up the one before.

A step is a change of the offset that neither the error bounds nor a drift of
500 ppm explain. Jitter is the root mean square of the offset's differences from
one reply to the next. Lost is a request without a reply in time; bad is one
whose reply is no time fit to trust: damaged, a kiss, unsynchronised. After
three in a row of these, kisses apart, a server is gone, until it is back.

Examples:
  timecli watch ntp://time.example
  timecli watch ntp://a.example ntp://b.example --plot offsets.svg
  timecli watch ntp://time.example --count 60 --csv > offsets.csv
  timecli watch ntp://time.example --json | jq 'select(.event == "step")'

JSON lines (docs/timecli.schema.json, watch) have schema (1), event, at and url;
exchange, the keys of timecli --json; kiss, code and interval (null: not asked
any more); stratum and leap, from and to; step, step, error_bound and clock
(whose was set: server or local); gone, error; back, after (seconds since the
first request that failed).

CSV has the columns of timecli --csv behind at, then event, code, interval,
from, to, step, clock and after. Rows whose event is exchange are exchanges; the
others have what the JSON line has, an error as error_reason and error_message.

Exit codes:
  0  every server has sent a time; otherwise that of the first that has
     not, as timecli --help lists them`;

export const { define } = subcommand(
  (command) =>
    command
      .description("Asks time servers again and again, and shows what comes and what changes.")
      .argument("<urls...>", "the servers, as PROTOCOL://HOST[:PORT], or HOST[:PORT] for NTP")
      .optionsGroup("How to ask:")
      .option(
        "-i, --interval <duration>",
        "from one request to the next (default: 2s, on loopback 1s)",
        durationParser("10ms", "1d"),
      )
      .option(
        "-c, --count <number>",
        "ask each server so often, then end",
        numberParser("a whole number above 0", (value) => Number.isSafeInteger(value) && value > 0),
      )
      .option("-d, --duration <duration>", "end after so long", durationParser("10ms", "3w"))
      .option(
        "-t, --timeout <seconds>",
        "a request is lost after so long",
        numberParser("seconds, 0.001 to 60", (value) => value >= 0.001 && value <= 60),
        2,
      )
      .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
      .option("-6, --ipv6", "use IPv6 only")
      .optionsGroup("What to print:")
      .addOption(new Option("--json", "a JSON object a line").conflicts("csv"))
      .option("--csv", "comma-separated values, a line an exchange or event")
      .option("--ascii", "keep to ASCII (default: where the locale is not UTF-8)")
      .option("--plot <file>", "draw a picture of it all in the end, as SVG", pathParser)
      .optionsGroup("About the command:")
      .addHelpText("after", HELP),
  (command) => run(command.args, command.opts()),
);

interface Options {
  /** Milliseconds. */
  readonly interval?: number | undefined;
  readonly count?: number | undefined;
  /** Milliseconds. */
  readonly duration?: number | undefined;
  readonly timeout: number;
  readonly ipv4?: true | undefined;
  readonly ipv6?: true | undefined;
  readonly json?: true | undefined;
  readonly csv?: true | undefined;
  readonly ascii?: true | undefined;
  readonly plot?: string | undefined;
}

async function run(targets: readonly string[], options: Options): Promise<number> {
  checkUrls(targets);
  const urls = [...new Set(targets.map((target) => formatEndpoint(parseEndpoint(target, "ntp"))))];
  const { interval, count, duration, timeout, ipv4, ipv6, json, csv, ascii = false } = options;
  if (options.plot !== undefined) await checkPicture(options.plot);
  const stop = new AbortController();
  const ends = [stopSignal(), stop.signal];
  if (duration !== undefined) ends.push(AbortSignal.timeout(duration));
  const signal = AbortSignal.any(ends);
  const watchOptions: WatchOptions = {
    timeout,
    signal,
    ...(interval !== undefined && { interval: interval / 1000 }),
    ...(count !== undefined && { count }),
    ...(ipv4 && { family: 4 as const }),
    ...(ipv6 && { family: 6 as const }),
  };
  const events = begin(urls, watchOptions);
  const records = new Map(urls.map((url) => [url, new WatchRecord(url)]));
  const rows = [...records.values()];
  const isAscii = ascii || !showsUnicode();
  const lines = json ? jsonLines : csv ? csvLines : textLines;
  const isText = lines === textLines;
  const write = (line: string): void => {
    writeText(Deno.stdout, `${isText && isAscii ? toAscii(line) : line}\n`);
  };
  const isLive = isText && Deno.stdout.isTerminal() && canBeDrawnOn();
  const notices: WatchNotice[] = [];
  let hasReader = true;
  try {
    using view = isLive
      ? new LiveView({ records: rows, notices, isAscii, onQuit: () => stop.abort() })
      : undefined;
    if (!view && lines.head !== undefined) write(lines.head);
    for await (const event of events) {
      records.get(event.url)?.add(event);
      if (view) view.show(event);
      else write(lines.format(event));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    hasReader = false;
  }
  if (rows.every(({ sent }) => sent === 0)) {
    throw new Error("Stopped before anything was measured");
  }
  if (isText && hasReader) {
    for (const each of notices) write(textLines.format(each));
    write(`\n${formatSummary(rows)}`);
  }
  if (options.plot !== undefined) await draw(options.plot, rows);
  return exitCodeOf(rows.find(({ delays }) => delays.count === 0)?.last?.error);
}

/** @throws {UsageError} If an option does not go with a server */
function begin(urls: readonly string[], options: WatchOptions): AsyncIterable<WatchEvent> {
  try {
    return watch(urls, options);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** Writes the picture, but not an empty one over an earlier one. */
async function draw(path: string, records: readonly WatchRecord[]): Promise<void> {
  if (records.some(({ delays }) => delays.count > 0)) return await writePicture(path, records);
  tell(`timecli: No picture is written to ${escapeLine(path)}: no time was received\n`);
}

/** Standard output has the lines or the screen, which a picture would be mixed with. */
function pathParser(text: string): string {
  if (text === "-" || text === "") throw new InvalidArgumentError("Expected the name of a file.");
  return text;
}

function tell(line: string): void {
  try {
    writeText(Deno.stderr, line);
  } catch {
    // Nobody listens; the exit code still tells.
  }
}
