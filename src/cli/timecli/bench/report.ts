/** The output of `timecli bench`: progress, figures, warnings, the worst failure. */
import type { LoadResult, Percentiles } from "../../../load/figures.ts";
import type { LoadOptions, LoadProgress } from "../../../load/options.ts";
import { formatAddress } from "../../../protocols/endpoint.ts";
import { QueryError } from "../../../protocols/failure.ts";
import { isLoopback } from "../../../system/address.ts";
import { readSeconds } from "../../../text/duration.ts";
import { layOutTable } from "../../../text/table.ts";
import { formatCount, formatPlural, formatSeconds } from "../../../text/units.ts";
import { SCHEMA } from "../query/json.ts";
import { formatServer } from "../query/report.ts";

/** With less idle time the generator is the limit. */
const MIN_IDLE_SHARE = 0.02;

/** With a smaller part of the rate sent, the generator could not keep up. */
const MIN_RATE_SHARE = 0.99;

/** The options of a load that its report needs. */
export type Load =
  & Required<Pick<LoadOptions, "window" | "flows" | "timeout">>
  & Pick<LoadOptions, "rate" | "segmented">;

export interface LoadReport {
  readonly load: Load;
  readonly result: LoadResult;
}

export function formatProgress(
  { seconds, goodPerSecond, lost }: LoadProgress,
  duration: number,
): string {
  return `${seconds.toFixed(1)} s of ${duration}: ` +
    `${formatCount(goodPerSecond)} replies/s, ${formatCount(lost)} lost`;
}

export function formatLoad({ load, result }: LoadReport): string {
  const { url, address: hostname, port } = result;
  const { latencyUs: { p50, p90, p99, p999 }, offsetUs, cpuUsPerReply } = result;
  const counts = (["sent", "good", "bad", "lost", "late", "duplicate", "stray"] as const)
    .map((name) => [name, formatCount(result[name])] as const);
  const width = Math.max(...counts.map(([, count]) => count.length));
  return layOutTable([
    ["Target", formatServer({ url, from: { hostname, port } })],
    ["Load", formatOptions(load, result.seconds)],
    ["Replies/s", formatCount(result.goodPerSecond)],
    ...(cpuUsPerReply === undefined
      ? []
      : [["CPU time", `${cpuUsPerReply.toFixed(2)} µs per reply`]]),
    [],
    ...counts.map(([name, count]) => [capitalize(name), count.padStart(width)]),
    ...(p50 === undefined ? [] : [
      [],
      ["", "p50", "p90", "p99", "p99.9"],
      ["Latency", ...[p50, p90, p99, p999].map(formatUs)],
    ]),
    ...(offsetUs?.p50 === undefined
      ? []
      : [["|Offset|", formatUs(offsetUs.p50), "", formatUs(offsetUs.p99)]]),
  ]);
}

function formatOptions({ rate, window, flows, segmented }: Load, seconds: number): string {
  const pace = rate === undefined
    ? formatPlural(window, "outstanding request")
    : `${formatPlural(rate, "request")}/s`;
  const bursts = segmented ? ", in segmented bursts" : "";
  return `${pace} over ${formatPlural(flows, "flow")}${bursts}, ${formatSeconds(seconds)}`;
}

/** Converts the figures to the documented JSON keys, durations in seconds. */
export function loadJson(result: LoadResult): Record<string, unknown> {
  const { goodPerSecond, cpuUsPerReply, latencyUs, offsetUs, idleShare, ...rest } = result;
  return {
    schema: SCHEMA,
    ...rest,
    good_per_second: goodPerSecond,
    cpu_per_reply: toSeconds(cpuUsPerReply),
    latency: percentilesJson(latencyUs),
    ...(offsetUs && { offset: percentilesJson(offsetUs) }),
    idle_share: idleShare,
  };
}

function percentilesJson(percentiles: Partial<Percentiles>): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(percentiles).map(([name, us]) => [name, toSeconds(us)]));
}

/** To the nanosecond, which is finer than the measurement. */
function toSeconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : Math.round(us * 1e3) / 1e9;
}

/** Warns where the generator limited the figures. */
export function warningsOf({ load: { rate, segmented }, result }: LoadReport): string[] {
  const hint = segmented ? "" : "; --segmented needs less CPU time";
  const { sent, seconds, idleShare } = result;
  if (rate !== undefined && sent < rate * seconds * MIN_RATE_SHARE - 1) {
    return [
      "This program could not keep up the rate: " +
      `it sent ${formatPlural(sent / seconds, "request")}/s${hint}`,
    ];
  }
  return idleShare < MIN_IDLE_SHARE
    ? [`This program was the limit, not the server: it was never idle${hint}`]
    : [];
}

/** The share of lost requests from which the rate limit of the server may be the cause. */
const MIN_LIMITED_SHARE = 0.1;

export function failureOf({ load, result }: LoadReport): QueryError | undefined {
  const { sent, good, bad, lost, duplicate, stray } = result;
  const address = formatAddress({ hostname: result.address, port: result.port });
  const share = `of ${formatPlural(sent, "request")} to ${address}`;
  if (bad > 0) return new QueryError("not_a_time", `${formatCount(bad)} ${share} got a bad reply`);
  if (duplicate + stray > 0) {
    const kinds = Object.entries({ duplicate, stray }).filter(([, count]) => count > 0)
      .map(([kind, count]) => `${formatCount(count)} ${kind}`);
    const replies = duplicate + stray === 1 ? "reply" : "replies";
    return new QueryError("bogus_reply", `${kinds.join(" and ")} ${replies} came from ${address}`);
  }
  if (lost === 0) return undefined;
  // A server's own limit spares the machine it runs on.
  const isLimit = good > 0 && lost >= MIN_LIMITED_SHARE * sent && !isLoopback(result.address);
  const advice = isLimit ? "; if the server limits rates, start it with --rate-limit off" : "";
  const limit = `within ${formatSeconds(readSeconds(load.timeout))}`;
  return new QueryError(
    "timeout",
    good === 0
      ? `No reply from ${address} ${limit}, to any of ${formatPlural(sent, "request")}`
      : `${formatCount(lost)} ${share} got no reply ${limit}${advice}`,
  );
}

function capitalize(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}

function formatUs(us: number | undefined): string {
  return us === undefined ? "" : formatSeconds(us / 1e6);
}
