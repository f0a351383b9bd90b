/** What `timecli` prints of several exchanges with a server: lines, a table's row, or JSON. */
import type { Estimate } from "../../../client/estimate.ts";
import type { SampledExchange, Samples } from "../../../client/sample.ts";
import { toSeconds } from "../../../text/duration.ts";
import { describe } from "../../shared/exit_codes.ts";
import { escapeLine } from "../../../text/printable.ts";
import { tableWidth } from "../../shared/print_text.ts";
import {
  describeReference,
  errorJson,
  jsonOf,
  type Line,
  offsetOf,
  rawLines,
  serverOf,
} from "../query/report.ts";
import { fitTable, layOutTable } from "../../../text/table.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";

/** What the samples of one server tell, for people. */
export function describeSamples(samples: Samples, estimate: Estimate, raw: boolean): string {
  const { best, jitter, minDelay, maxDelay, frequency } = estimate;
  const ntp: Line[] = best.protocol !== "ntp" ? [] : [
    ["Stratum", String(best.stratum)],
    ["Reference", describeReference(best)],
    ["Leap second", best.leap],
    ["Root distance", readable(estimate.rootDistance)],
    ...(raw ? rawLines(best) : []),
  ];
  return layOutTable([
    ["Server", serverOf(best)],
    ["Replies", repliesOf(samples)],
    ["Offset", offsetOf(estimate)],
    ...(jitter ? [["Jitter", readable(jitter)]] : []),
    ["Delay", `${readable(minDelay)} to ${readable(maxDelay)}`],
    ...(frequency
      ? [["Frequency", `${signed(frequency.ppm)} ± ${frequency.boundPpm.toFixed(3)} ppm`]]
      : []),
    ...ntp,
  ]);
}

function signed(ppm: number): string {
  return `${ppm < 0 ? "" : "+"}${ppm.toFixed(3)}`;
}

function repliesOf({ exchanges }: Samples): string {
  const replies = exchanges.filter(({ reply }) => reply).length;
  const took = exchanges.at(-1)?.startedAfter;
  return `${replies} of ${exchanges.length}${took ? ` in ${readable(took)}` : ""}`;
}

/** A row a server, as wide as the terminal. */
export function samplesTable(all: readonly Samples[]): string {
  return fitSamples([samplesHead, ...all.map(rowOf)]);
}

/** Lays out a table whose head begins with {@linkcode samplesHead}. */
export function fitSamples(rows: readonly (readonly string[])[]): string {
  const expendable = ["VERSION", "LEAP", "REFERENCE", "STRATUM", "JITTER", "DELAY", "REACH"];
  return fitTable(rows, { width: tableWidth(), expendable });
}

/** The columns of {@linkcode rowOf}. */
export const samplesHead: readonly string[] = [
  ...["SERVER", "OFFSET", "DELAY", "JITTER", "STRATUM"],
  ...["REFERENCE", "LEAP", "VERSION", "REACH"],
];

/** One server in a table; a row that failed says why. */
export function rowOf({ url, exchanges, estimate, error }: Samples): string[] {
  const server = escapeLine(url);
  if (!estimate) return [server, describe(error) ?? String(error)];
  const { best, offset, errorBound, minDelay, jitter } = estimate;
  const ntp = best.protocol === "ntp" ? best : undefined;
  return [
    server,
    `${formatSignedSeconds(toSeconds(offset))} ± ${readable(errorBound)}`,
    readable(minDelay),
    jitter ? readable(jitter) : "",
    String(ntp?.stratum ?? ""),
    ntp?.referenceId ?? "",
    ntp?.leap ?? "",
    String(ntp?.packet.version ?? ""),
    reachOf(exchanges),
  ];
}

/** How many of the requests were answered. */
export function reachOf(exchanges: readonly SampledExchange[]): string {
  return `${exchanges.filter(({ reply }) => reply).length}/${exchanges.length}`;
}

/** The JSON object of one server's samples; durations in seconds. */
export function samplesJson(samples: Samples, raw: boolean): Record<string, unknown> {
  const { url, exchanges, loss, estimate, error, warnings } = samples;
  const best = estimate?.best;
  return {
    ...jsonOf({ target: url, ...(best && { reply: best }) }, raw),
    ...(estimate && {
      offset: toSeconds(estimate.offset),
      error_bound: toSeconds(estimate.errorBound),
      root_distance: toSeconds(estimate.rootDistance),
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
    exchanges: exchanges.map(exchangeJson),
    ...(warnings.length > 0 && { warnings }),
    ...(error && { error: errorJson(error) }),
  };
}

function exchangeJson({ startedAfter, reply, error }: SampledExchange): Record<string, unknown> {
  const isUsable = reply && !error;
  return {
    started_after: toSeconds(startedAfter),
    ...(isUsable && {
      offset: toSeconds(reply.offset),
      error_bound: toSeconds(reply.errorBound),
      delay: toSeconds(reply.protocol === "ntp" ? reply.delay : reply.roundTrip),
    }),
    ...(error && { error: errorJson(error) }),
  };
}

/** What was odd, or went wrong beside an estimate, a line each. */
export function remarksOn({ url, warnings, estimate, error }: Samples): string[] {
  const early = estimate && error ? [`ended early: ${error.message}`] : [];
  return [...early, ...warnings].map((remark) => escapeLine(`${url}: ${remark}`));
}

function readable(duration: Temporal.Duration): string {
  return formatSeconds(toSeconds(duration));
}
