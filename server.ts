/**
 * `timesrv`: the command line, turned into options and handed to `serve()`.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { runToExit, UsageError } from "./src/cli/exit_codes.ts";
import { createProgram, parseArguments } from "./src/cli/program.ts";
import { hasColour } from "./src/cli/style.ts";
import { parseEndpoint } from "./src/protocols/endpoint.ts";
import { ServerLog } from "./src/server/log.ts";
import { serve } from "./src/server/serve.ts";

const DEFAULT_LISTENER = "asctime://127.0.0.1:8888";

const program = createProgram(
  "timesrv",
  "Answers every UDP datagram with the time of this machine, as text like\n" +
    '"Fri Apr  3 21:09:36 2020". The text carries no zone: it is local time unless\n' +
    "--utc is given.",
)
  .argument(
    "[listeners...]",
    `where to listen, as asctime://HOST:PORT (default: ${DEFAULT_LISTENER})`,
  )
  .optionsGroup("What is served:")
  .option("--utc", "serve UTC rather than local time")
  .optionsGroup("What is logged, to standard error:")
  .addOption(
    new Option("--log-format <format>", "lines for people, or JSON").choices(["text", "json"])
      .default("text"),
  )
  .addOption(new Option("-q, --quiet", "only warnings").conflicts("verbose"))
  .option("-v, --verbose", "more of each request, and every socket error")
  .addHelpText(
    "after",
    `
Listeners:
  asctime://127.0.0.1:8888   this machine only
  asctime://0.0.0.0:8888     every IPv4 address of this machine
  asctime://[::]:8888        every IPv6 address of this machine
  asctime://localhost:0      any free port; the log says which

Examples:
  timesrv
  timesrv --utc asctime://0.0.0.0 asctime://[::]
  timesrv --log-format json 2>requests.log

Ctrl-C or SIGTERM stops it: answers under way are finished, totals are logged.

Exit codes:
  0  stopped by a signal
  1  it could not start, or failed
  2  the command line is wrong

Every option can be set by environment too, --log-format as TIMESRV_LOG_FORMAT.
Shell completions: timesrv complete bash|zsh|fish`,
  );

async function main(): Promise<void> {
  await parseArguments(program, Deno.args);
  if (program.args[0] === "complete") return;
  const { utc = false, logFormat, quiet, verbose } = program.opts();
  const urls = program.args.length > 0 ? program.args : [DEFAULT_LISTENER];
  urls.forEach(checkUrl);
  const log = new ServerLog({
    sink: Deno.stderr,
    format: logFormat,
    level: quiet ? "quiet" : verbose ? "verbose" : "normal",
    colour: hasColour(Deno.stderr),
  });
  const signal = stopSignal();
  const startedMs = performance.now();
  const server = await serve(urls, { utc, log, signal });
  await server.finished;
  log.stopped(server.totals, (performance.now() - startedMs) / 1000);
  await log.flush();
}

function checkUrl(url: string): void {
  try {
    parseEndpoint(url);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message);
    throw error;
  }
}

/** Aborts at the first request to stop; a second one finds the system's default and kills. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const names: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  const stop = (): void => {
    for (const name of names) Deno.removeSignalListener(name, stop);
    controller.abort();
  };
  for (const name of names) Deno.addSignalListener(name, stop);
  return controller.signal;
}

if (import.meta.main) await runToExit("timesrv", main);
