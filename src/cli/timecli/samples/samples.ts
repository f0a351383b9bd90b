/** `timecli --count`: several exchanges with each target. */
import { parseMeasurable } from "../../../client/query.ts";
import { checkInterval } from "../../../client/poll.ts";
import { sample, type SampleOptions } from "../../../client/sample.ts";
import { readSeconds, type TimeSpan } from "../../../text/duration.ts";
import { formatPlural } from "../../../text/units.ts";
import { checkUrls, errorFormatter, exitCodeFor } from "../../shared/errors.ts";
import { printJson, printProblems, StatusLine, writeText } from "../../shared/output.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { printTexts } from "../../shared/terminal.ts";
import { formatCsv, sampleColumns } from "../query/csv.ts";
import {
  formatRemarks,
  formatRow,
  formatSamples,
  formatSamplesRows,
  samplesHead,
  samplesToJson,
} from "./report.ts";

/** Where `timesrv` listens without arguments, in the protocol that can be measured. */
const DEFAULT_TARGET = "ntp://127.0.0.1:8888";

/** Samples all targets at the same time and prints the estimates; Ctrl-C ends it early. */
export async function runSamples(
  given: readonly string[],
  options: SampleOptions & { readonly count: number },
  { json, csv, raw }: { readonly json: boolean; readonly csv: boolean; readonly raw: boolean },
): Promise<number> {
  const targets = given.length > 0 ? given : [DEFAULT_TARGET];
  checkServers(targets, options.interval);
  const all = await withProgress(
    targets.length * options.count,
    (more) => Promise.all(targets.map((target) => sample(target, { ...options, ...more }))),
  );
  const isTable = all.length > 1 && !json && !csv;
  if (json) printJson(all.map((samples) => samplesToJson(samples, raw)));
  else if (csv) {
    const objects = all.map((samples) => samplesToJson(samples, raw));
    writeText(Deno.stdout, formatCsv(objects, sampleColumns(raw)));
  } else if (isTable) printTexts([formatSamplesRows([samplesHead, ...all.map(formatRow)])]);
  else {
    printTexts(
      all.flatMap((samples) =>
        samples.estimate ? [formatSamples(samples, samples.estimate, raw)] : []
      ),
    );
  }
  const failures = all.flatMap(({ estimate, error }) => estimate ? [] : [error]);
  printProblems([
    // A table has them in its rows.
    ...(isTable ? [] : failures.map(errorFormatter())),
    ...all.flatMap(formatRemarks),
  ]);
  return exitCodeFor(failures[0]);
}

/** Throws a {@linkcode UsageError} if a server cannot be measured, or not this often. */
export function checkServers(urls: readonly string[], interval: TimeSpan | undefined): void {
  const seconds = interval === undefined ? undefined : readSeconds(interval);
  checkUrls(urls, (url) => checkInterval(parseMeasurable(url), seconds));
}

/** Runs a sampling of this many requests, with a signal to stop it and a line about its progress. */
export async function withProgress<Result>(
  requests: number,
  run: (
    options: Required<Pick<SampleOptions, "signal" | "onExchange">>,
    report: (remark: string) => void,
  ) => Promise<Result>,
): Promise<Result> {
  const signal = stopSignal();
  using status = new StatusLine();
  let [ended, remark] = [0, ""];
  const show = (): void => status.show(`${ended} of ${formatPlural(requests, "request")}${remark}`);
  const onExchange = (): void => {
    ended++;
    show();
  };
  const report = (text: string): void => {
    remark = `; so far: ${text}`;
    show();
  };
  return await run({ signal, onExchange }, report).catch((error) => {
    throw error === signal.reason ? new Error("Stopped before anything was measured") : error;
  });
}
