/** `timecli --samples`: several exchanges with each target. */
import { parseMeasurable } from "../client/measurable.ts";
import { sample, type SampleOptions } from "../client/sample.ts";
import { describe, exitCodeOf } from "./exit_codes.ts";
import { describeSamples, remarksOn, rowOf, samplesHead, samplesJson } from "./samples_report.ts";
import { StatusLine } from "./status_line.ts";
import { stopSignal } from "./stop_signal.ts";
import { layOutTable } from "./table.ts";
import { checkUrls } from "./usage_error.ts";
import { writeText } from "./write_text.ts";

/** The server of this project where it listens by itself, in the protocol that can be measured. */
const DEFAULT_TARGET = "ntp://127.0.0.1:8888";

/** Samples all targets at once and prints what they tell; Ctrl-C ends it with what came by then. */
export async function runSamples(
  given: readonly string[],
  options: SampleOptions & { readonly count: number },
  { json, raw }: { readonly json: boolean; readonly raw: boolean },
): Promise<number> {
  const targets = given.length > 0 ? given : [DEFAULT_TARGET];
  checkUrls(targets, parseMeasurable);
  const all = await sampling(
    targets.length * options.count,
    (more) => Promise.all(targets.map((target) => sample(target, { ...options, ...more }))),
  );
  const isTable = all.length > 1 && !json;
  const lines = json
    ? all.map((samples) => JSON.stringify(samplesJson(samples, raw)))
    : isTable
    ? [layOutTable([samplesHead, ...all.map(rowOf)])]
    : all.flatMap((samples) =>
      samples.estimate ? [describeSamples(samples, samples.estimate, raw)] : []
    );
  const failures = all.flatMap(({ estimate, error }) => estimate ? [] : [error]);
  const problems = isTable ? [] : failures.map((error) => describe(error) ?? String(error));
  print(lines, [...problems, ...all.flatMap(remarksOn)]);
  return exitCodeOf(failures[0]);
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

/** Prints results on standard output and what is wrong with them on standard error. */
export function print(lines: readonly string[], problems: readonly string[]): void {
  for (const line of lines) writeText(Deno.stdout, `${line}\n`);
  for (const problem of problems) writeText(Deno.stderr, `timecli: ${problem}\n`);
}
