/** `timecli export`: its command line, turned into an exporter of metrics. */
import { Exporter } from "../../client/export/exporter.ts";
import { exportFields, parseTargets } from "../../client/export/options.ts";
import { checkInterval, isLocal } from "../../client/poll.ts";
import { parseExport } from "../../http/address.ts";
import { file, flag } from "../../options/field.ts";
import { formatEndpoint, parseTarget } from "../../protocols/endpoint.ts";
import { checkWritable, writeAtomically } from "../../system/atomic_file.ts";
import { type Arguments, defineCommand } from "../shared/command.ts";
import { asArgumentError, checkUrls, exitCodeFor, UsageError } from "../shared/errors.ts";
import { rethrowWriteError } from "../shared/files.ts";
import { writeText } from "../shared/output.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { readSeconds } from "../../text/duration.ts";
import { networkFields, networkOf, serversArgument, targetOffers } from "./options.ts";

const { listen, targets, httpNames, interval } = exportFields;

const groups = {
  "HTTP:": { listen, targets, httpNames },
  "Query:": { interval, ...networkFields },
  "Output (instead of HTTP):": {
    once: flag({ name: "once", help: "measure each server 4 times, print the metrics and end" }),
    output: file(
      { name: "output", short: "o", help: "the same, written to a file: NAME.prom" },
      "the name of a file that ends in .prom",
      (name) => {
        if (!/[^/]\.prom$/.test(name)) throw new SyntaxError("no such name");
      },
    ),
  },
} as const;

const NOTES = `
Paths: /metrics of the servers on the command line, /probe?target=ntp://HOST of any, and / with
the configuration for Prometheus to copy.

Examples:
  timecli export ntp://time.example ntp://192.0.2.1
  timecli export --listen 0.0.0.0:8891 --targets 192.0.2.0/24,2001:db8::/32
  timecli export --once ntp://time.example
  timecli export -o time.prom ntp://time.example
`;

export const command = defineCommand({
  name: "export",
  description:
    "Serves metrics of time servers for Prometheus: of servers that it keeps watched,\n" +
    "and of any other on request.",
  positionals: [{ ...serversArgument, isRequired: false, offers: targetOffers }],
  groups,
  notes: NOTES,
  hint: "Exit codes: 0 stopped by a signal, 1 it cannot listen or write, 2 wrong command line; " +
    "with --once the failure of the first server that sent no time, as timecli.",
  run,
});

/** The requests per server of `--once`. */
const ONCE_COUNT = 4;

/** As the files of node_exporter's textfile collector are, which runs as another user. */
const MODE = 0o644;

type ExportArguments = Arguments<typeof groups>;

async function run({ values, positionals, sources }: ExportArguments): Promise<number> {
  checkUrls(positionals);
  const endpoints = positionals.map((target) => parseTarget(target, "ntp"));
  const urls = [...new Set(endpoints.map(formatEndpoint))];
  const { output, interval } = values;
  const isOnce = values.once || output !== undefined;
  if (isOnce) checkOnce(urls, values.once ? "--once" : "--output", sources);
  if (output !== undefined) await check(output);
  const allowed = values.targets === undefined ? undefined : parseTargets(values.targets);
  const network = await networkOf({ values, sources }, urls);
  const signal = stopSignal();
  const usual = isOnce ? endpoints.every(isLocal) ? "100ms" : "2s" : "16s";
  const every = interval ?? usual;
  for (const endpoint of endpoints) {
    asArgumentError(() => checkInterval(endpoint, readSeconds(every)));
  }
  const exporter = new Exporter(urls, {
    ...{ ...network, signal, interval: every },
    ...isOnce && { count: ONCE_COUNT },
    ...allowed && { targets: allowed },
    ...values.httpNames && { names: values.httpNames },
  });
  if (isOnce) return await exportOnce(exporter, output, signal);
  await serve(exporter, parseExport(values.listen ?? "127.0.0.1:8891"), signal);
  return 0;
}

/** @throws {UsageError} If there is nothing to measure, or an option is for HTTP */
function checkOnce(
  urls: readonly string[],
  name: string,
  sources: ExportArguments["sources"],
): void {
  if (urls.length === 0) throw new UsageError(`${name} needs a server to measure`);
  // An option of the environment is for when something is served.
  const other = Object.entries({ listen, targets, httpNames })
    .find(([key]) => sources.get(key) === "arguments");
  if (other === undefined) return;
  throw new UsageError(`${name} excludes --${other[1].name}: nothing is served`);
}

async function check(path: string): Promise<void> {
  await checkWritable(path, true).catch((error) => rethrowWriteError("metrics", path, error));
}

async function exportOnce(
  exporter: Exporter,
  output: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  await exporter.watch();
  if (signal.aborted) throw new Error("Stopped before everything was measured");
  const metrics = exporter.format("text");
  if (output === undefined) writeText(Deno.stdout, metrics);
  else {
    await writeAtomically(output, metrics, MODE)
      .catch((error) => rethrowWriteError("metrics", output, error));
  }
  return exitCodeFor(exporter.records.find(({ hasReplied }) => !hasReplied)?.error);
}

/** Serves until the signal aborts, or the servers cannot be watched. */
async function serve(
  exporter: Exporter,
  address: ReturnType<typeof parseExport>,
  signal: AbortSignal,
): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => stopped.resolve());
  await exporter.start(address).catch((error) =>
    asArgumentError(() => {
      throw error;
    })
  );
  try {
    writeText(Deno.stdout, `Metrics on ${exporter.url}/metrics, more on ${exporter.url}\n`);
    exporter.watch().catch(stopped.reject);
    if (signal.aborted) stopped.resolve();
    await stopped.promise;
  } finally {
    await exporter.shutdown();
  }
}
