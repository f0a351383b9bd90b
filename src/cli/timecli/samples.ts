/** Several exchanges with servers (`timecli --count`): lines for people, rows of a table, JSON and CSV. */
import type { ComparedServer } from "../../client/compare.ts";
import type { Estimate } from "../../client/estimate.ts";
import { checkInterval } from "../../client/poll.ts";
import { delayOf, parseMeasurable } from "../../client/query.ts";
import {
  sampleAll,
  type SampledExchange,
  type SampleOptions,
  type Samples,
} from "../../client/sample.ts";
import { isLoopback } from "../../system/address.ts";
import { readSeconds, type TimeSpan, toSeconds } from "../../text/duration.ts";
import { escapeLine } from "../../text/printable.ts";
import { fitTable, layOutTable } from "../../text/table.ts";
import { formatPlural } from "../../text/units.ts";
import { checkUrls, errorFormatter, exitCodeFor, formatError } from "../shared/errors.ts";
import { printProblems, StatusLine } from "../shared/output.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { printTexts, tableWidth } from "../shared/terminal.ts";
import { errorToJson, outcomeToJson, printObjects, sampleColumns } from "./query/json.ts";
import {
  formatDuration,
  formatOffset,
  formatOffsetAlone,
  formatServer,
  type Line,
  rawLines,
  referenceLines,
} from "./query/report.ts";

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
    (more) => sampleAll(targets, { ...options, ...more }),
  );
  const isTable = all.length > 1 && !json && !csv;
  if (json || csv) {
    const objects = all.map((samples) => samplesToJson(samples, raw));
    printObjects(objects, { csv, columns: sampleColumns(raw) });
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

export function formatSamples(samples: Samples, estimate: Estimate, raw: boolean): string {
  const { best, jitter, minDelay, maxDelay, frequency } = estimate;
  const ntp: Line[] = best.protocol !== "ntp" ? [] : [
    ...referenceLines(best, estimate.rootDistance),
    ...(raw ? rawLines(best) : []),
  ];
  return layOutTable([
    ["Server", formatServer(best)],
    ["Replies", formatReplies(samples)],
    ["Offset", formatOffset(estimate)],
    ...(jitter ? [["Jitter", formatDuration(jitter)]] : []),
    ["Delay", `${formatDuration(minDelay)} to ${formatDuration(maxDelay)}`],
    ...(frequency
      ? [["Frequency", `${formatPpm(frequency.ppm)} ± ${frequency.boundPpm.toFixed(3)} ppm`]]
      : []),
    ...ntp,
  ]);
}

function formatPpm(ppm: number): string {
  return `${ppm < 0 ? "" : "+"}${ppm.toFixed(3)}`;
}

function formatReplies({ exchanges }: Samples): string {
  const replies = exchanges.filter(({ reply }) => reply).length;
  const took = exchanges.at(-1)?.startedAfter;
  return `${replies} of ${exchanges.length}${took ? ` in ${formatDuration(took)}` : ""}`;
}

/** Lays out a table, as wide as the terminal, whose head begins with {@linkcode samplesHead}. */
export function formatSamplesRows(rows: readonly (readonly string[])[]): string {
  const expendable = ["LEAP", "REFERENCE", "STRATUM", "JITTER", "DELAY", "REPLIES"];
  return fitTable(rows, { width: tableWidth(), expendable });
}

/** The columns of {@linkcode formatRow}. */
export const samplesHead: readonly string[] = [
  ...["SERVER", "OFFSET", "BOUND", "DELAY", "JITTER", "STRATUM"],
  ...["REFERENCE", "LEAP", "REPLIES"],
];

/** Formats the cells of one server; a row that failed gives the reason. */
export function formatRow({ url, exchanges, estimate, error }: Samples): string[] {
  if (!estimate) return [escapeLine(url), formatError(error)];
  const { best, offset, errorBound, minDelay, jitter } = estimate;
  const ntp = best.protocol === "ntp" ? best : undefined;
  return [
    formatServer(best),
    formatOffsetAlone({ offset, errorBound }),
    formatDuration(errorBound),
    formatDuration(minDelay),
    jitter ? formatDuration(jitter) : "",
    String(ntp?.stratum ?? ""),
    ntp?.referenceId ?? "",
    ntp?.leap ?? "",
    countReplies(exchanges),
  ];
}

export function countReplies(exchanges: readonly SampledExchange[]): string {
  return `${exchanges.filter(({ reply }) => reply).length}/${exchanges.length}`;
}

/** The JSON object of one server's samples; durations in seconds. */
function samplesToJson(samples: Samples, raw: boolean): Record<string, unknown> {
  const { url, exchanges, loss, estimate, error, warnings } = samples;
  const best = estimate?.best;
  return {
    ...outcomeToJson({ target: url, ...(best && { reply: best }) }, raw),
    ...(estimate && {
      offset: toSeconds(estimate.offset),
      error_bound: toSeconds(estimate.errorBound),
      // A Time server sends no figures of its own accuracy.
      ...(best?.protocol === "ntp" && { root_distance: toSeconds(estimate.rootDistance) }),
      median_offset: toSeconds(estimate.medianOffset),
      ...(estimate.jitter && { jitter: toSeconds(estimate.jitter) }),
      min_delay: toSeconds(estimate.minDelay),
      max_delay: toSeconds(estimate.maxDelay),
      ...(estimate.frequency && {
        frequency_ppm: estimate.frequency.ppm,
        frequency_bound_ppm: estimate.frequency.boundPpm,
      }),
    }),
    requests: exchanges.length,
    loss,
    exchanges: exchanges.map(exchangeToJson),
    ...(warnings.length > 0 && { warnings }),
    ...(error && { error: errorToJson(error) }),
  };
}

/** The samples of one of several servers, with the verdict of the comparison. */
export function comparedToJson(server: ComparedServer): Record<string, unknown> {
  const { verdict, deviation, sameAs } = server;
  return {
    ...samplesToJson(server, false),
    verdict,
    ...(deviation && { deviation: toSeconds(deviation) }),
    ...(sameAs !== undefined && { same_as: sameAs }),
  };
}

function exchangeToJson({ startedAfter, reply, error }: SampledExchange): Record<string, unknown> {
  const isUsable = reply && !error;
  return {
    started_after: toSeconds(startedAfter),
    ...(isUsable && {
      offset: toSeconds(reply.offset),
      error_bound: toSeconds(reply.errorBound),
      delay: toSeconds(delayOf(reply)),
    }),
    ...(error && { error: errorToJson(error) }),
  };
}

/** Formats warnings, the failure that ended the sampling early, and the addresses that were not queried, one per line. */
export function formatRemarks(
  { url, addresses = [], warnings, estimate, error }: Samples,
): string[] {
  const early = estimate && error ? [`ended early: ${error.message}`] : [];
  const used = estimate?.best.from.hostname;
  const others = used === undefined || isLoopback(used)
    ? []
    : addresses.filter((address) => address !== used);
  const unqueried = others.length === 0
    ? []
    : [`${used} was queried; give its other addresses to query them: ${others.join(", ")}`];
  return [...early, ...warnings, ...unqueried].map((remark) => `${url}: ${remark}`);
}
