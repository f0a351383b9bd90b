/** `timecli --samples`: several exchanges with each target. */
import { parseMeasurable } from "../../../client/measure.ts";
import { checkInterval } from "../../../client/poll.ts";
import { sample, type SampleOptions } from "../../../client/sample.ts";
import { samplesCsv } from "../../shared/csv.ts";
import { describer, exitCodeOf } from "../../shared/exit_codes.ts";
import { describeSamples, remarksOn, samplesJson, samplesTable } from "./samples_report.ts";
import { printText } from "../../shared/print_text.ts";
import { StatusLine } from "../../shared/status_line.ts";
import { stopSignal } from "../../shared/stop_signal.ts";
import { checkUrls } from "../../shared/usage_error.ts";
import { writeText } from "../../shared/write_text.ts";

/** The server of this project where it listens by itself, in the protocol that can be measured. */
const DEFAULT_TARGET = "ntp://127.0.0.1:8888";

/** Samples all targets at once and prints what they tell; Ctrl-C ends it with what came by then. */
export async function runSamples(
  given: readonly string[],
  options: SampleOptions & { readonly count: number },
  { json, csv, raw }: { readonly json: boolean; readonly csv: boolean; readonly raw: boolean },
): Promise<number> {
  const targets = given.length > 0 ? given : [DEFAULT_TARGET];
  checkServers(targets, options.interval);
  const all = await sampling(
    targets.length * options.count,
    (more) => Promise.all(targets.map((target) => sample(target, { ...options, ...more }))),
  );
  const isTable = all.length > 1 && !json && !csv;
  const objects = json || csv ? all.map((samples) => samplesJson(samples, raw)) : [];
  const lines = isTable
    ? [samplesTable(all)]
    : all.flatMap((samples) =>
      samples.estimate ? [describeSamples(samples, samples.estimate, raw)] : []
    );
  const failures = all.flatMap(({ estimate, error }) => estimate ? [] : [error]);
  const describe = describer();
  const problems = isTable ? [] : failures.map((error) => describe(error) ?? String(error));
  const problemsAndRemarks = [...problems, ...all.flatMap(remarksOn)];
  if (csv) printData(samplesCsv(objects, raw), problemsAndRemarks);
  else if (json) printData(objects.map(jsonLine).join(""), problemsAndRemarks);
  else print(lines, problemsAndRemarks);
  return exitCodeOf(failures[0]);
}

/**
 * Reads servers for mistakes, before any of them is asked.
 *
 * @throws {UsageError} If one cannot be measured, or is to be asked too often
 */
export function checkServers(urls: readonly string[], interval: number | undefined): void {
  checkUrls(urls, (url) => checkInterval(parseMeasurable(url), interval));
}

/**
 * Runs something that samples, with a line that tells how many requests have ended, and a signal
 * to stop.
 *
 * @param requests How many are going to be sent
 * @param run What to run
 */
export async function sampling<Result>(
  requests: number,
  run: (options: Required<Pick<SampleOptions, "signal" | "onExchange">>) => Promise<Result>,
): Promise<Result> {
  const signal = stopSignal();
  using status = new StatusLine();
  let ended = 0;
  const onExchange = (): void => status.show(`${++ended} of ${requests} requests`);
  return await run({ signal, onExchange }).catch((error) => {
    throw error === signal.reason ? new Error("Stopped before anything was measured") : error;
  });
}

/** Prints results for people on standard output, and what is wrong with them on standard error. */
export function print(lines: readonly string[], problems: readonly string[]): void {
  for (const line of lines) printText(line);
  say(problems);
}

/** A JSON object with its line end. */
export function jsonLine(object: Record<string, unknown>): string {
  return `${JSON.stringify(object)}\n`;
}

/** The same for programs: text that has its line ends. */
export function printData(text: string, problems: readonly string[]): void {
  writeText(Deno.stdout, text);
  say(problems);
}

function say(problems: readonly string[]): void {
  for (const problem of problems) writeText(Deno.stderr, `timecli: ${problem}\n`);
}
