/** What `timecli bench` prints of a load: while it runs, in the end, and what was wrong. */
import type { LoadResult } from "../../../load/figures.ts";
import type { LoadOptions, LoadProgress } from "../../../load/options.ts";
import { QueryError } from "../../../protocols/failure.ts";
import { formatAddress } from "../../../protocols/endpoint.ts";
import { layOutTable } from "../../../text/table.ts";
import { formatCount, formatSeconds } from "../../../text/units.ts";

/** Less idle than this, the generator has no time to spare. */
const BUSY_IDLE_SHARE = 0.02;

/** Less of the rate than this left: the generator could not keep up. */
const KEPT_RATE_SHARE = 0.99;

/** How it goes, in a line. */
export function describeProgress(
  { seconds, goodPerSecond, lost }: LoadProgress,
  duration: number,
): string {
  return `${seconds.toFixed(1)} s of ${duration}: ` +
    `${formatCount(goodPerSecond)} replies/s, ${formatCount(lost)} lost`;
}

/** What load it was. */
export type Load =
  & Required<Pick<LoadOptions, "window" | "flows" | "timeout">>
  & Pick<LoadOptions, "rate" | "segmented">;

/** A load, and what came of it. */
export interface LoadReport {
  readonly load: Load;
  readonly result: LoadResult;
}

/** The figures for people. */
export function describeLoad({ load, result }: LoadReport): string {
  const { url, latencyUs: { p50, p90, p99, p999 }, offsetUs, cpuUsPerReply } = result;
  const address = addressOf(result);
  const counts = (["sent", "good", "bad", "lost", "late", "duplicate", "stray"] as const)
    .map((name) =>
      [`${name[0]?.toUpperCase()}${name.slice(1)}`, formatCount(result[name])] as const
    );
  const width = Math.max(...counts.map(([, count]) => count.length));
  return layOutTable([
    ["Target", url.endsWith(`//${address}`) ? url : `${url} (${address})`],
    ["Load", describeOptions(load, result.seconds)],
    ["Replies/s", formatCount(result.goodPerSecond)],
    ...(cpuUsPerReply === undefined
      ? []
      : [["CPU time", `${cpuUsPerReply.toFixed(2)} µs a reply`]]),
    [],
    ...counts.map(([name, count]) => [name, count.padStart(width)]),
    ...(p50 === undefined ? [] : [
      [],
      ["", "p50", "p90", "p99", "p99.9"],
      ["Latency", readable(p50), readable(p90), readable(p99), readable(p999)],
    ]),
    ...(offsetUs?.p50 === undefined
      ? []
      : [["|Offset|", readable(offsetUs.p50), "", readable(offsetUs.p99)]]),
  ]);
}

function describeOptions({ rate, window, flows, segmented }: Load, seconds: number): string {
  const what = rate === undefined
    ? window === 1 ? "1 request on its way" : `${formatCount(window)} requests on their way at once`
    : `${formatCount(rate)} requests/s`;
  const how = segmented ? ", in segmented bursts" : "";
  return `${what} over ${flows === 1 ? "1 flow" : `${flows} flows`}${how}, ${
    formatSeconds(seconds)
  }`;
}

/** What makes the figures say less of the server than they seem to. */
export function warningsOf({ load, result }: LoadReport): string[] {
  const { rate, segmented } = load;
  const hint = segmented ? "" : "; --segmented needs less of its time";
  const { sent, seconds, idleShare } = result;
  if (rate !== undefined && sent < rate * seconds * KEPT_RATE_SHARE - 1) {
    return [
      `This program could not keep up the rate: ${
        formatCount(sent / seconds)
      } requests/s left${hint}`,
    ];
  }
  return idleShare < BUSY_IDLE_SHARE
    ? [`This program was the limit, rather than the server: it was never idle${hint}`]
    : [];
}

/** What went wrong, the worst of it, if anything did. */
export function failureOf(
  { load, result }: LoadReport,
): QueryError | undefined {
  const { sent, good, bad, lost, duplicate, stray } = result;
  const address = addressOf(result);
  const share = `of ${formatCount(sent)} requests to ${address}`;
  if (bad > 0) return new QueryError("not-a-time", `${formatCount(bad)} ${share} got a bad reply`);
  if (duplicate + stray > 0) {
    const kinds = [[duplicate, "duplicate"], [stray, "stray"]] as const;
    const what = kinds.filter(([count]) => count > 0).map(([count, kind]) =>
      `${formatCount(count)} ${kind}`
    );
    const replies = duplicate + stray === 1 ? "reply" : "replies";
    return new QueryError("bogus-reply", `${what.join(" and ")} ${replies} came from ${address}`);
  }
  if (lost === 0) return undefined;
  const within = `within ${formatSeconds(load.timeout)}`;
  return new QueryError(
    "timeout",
    good === 0
      ? `No reply from ${address} ${within}, to any of ${formatCount(sent)} requests`
      : `${formatCount(lost)} ${share} got no reply ${within}`,
  );
}

function addressOf({ address: hostname, port }: LoadResult): string {
  return formatAddress({ hostname, port });
}

function readable(us: number | undefined): string {
  return us === undefined ? "" : formatSeconds(us / 1e6);
}
