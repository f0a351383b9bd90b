/** What `timecli bench --json` prints of a load, and the same read again: durations in seconds. */
import type { LoadResult, Percentiles } from "../../../load/figures.ts";
import { SCHEMA } from "../query/report.ts";

/** The JSON object, all but what was wrong. */
export interface LoadJson
  extends
    Omit<LoadResult, "goodPerSecond" | "cpuUsPerReply" | "latencyUs" | "offsetUs" | "idleShare"> {
  readonly schema: typeof SCHEMA;
  readonly good_per_second: number;
  readonly cpu_per_reply?: number | undefined;
  readonly latency: Percentiles;
  readonly offset?: Pick<Percentiles, "p50" | "p99">;
  readonly idle_share: number;
}

/** A load's figures as documented keys. */
export function loadJson(result: LoadResult): LoadJson {
  const { url, address, port, goodPerSecond, cpuUsPerReply, latencyUs, offsetUs, idleShare } =
    result;
  const { seconds, sent, good, bad, duplicate, lost, late, stray } = result;
  return {
    ...{ schema: SCHEMA, url, address, port },
    ...{ seconds, sent, good, bad, duplicate, lost, late, stray },
    good_per_second: goodPerSecond,
    cpu_per_reply: toSeconds(cpuUsPerReply),
    latency: {
      p50: toSeconds(latencyUs.p50),
      p90: toSeconds(latencyUs.p90),
      p99: toSeconds(latencyUs.p99),
      p999: toSeconds(latencyUs.p999),
    },
    ...(offsetUs && { offset: { p50: toSeconds(offsetUs.p50), p99: toSeconds(offsetUs.p99) } }),
    idle_share: idleShare,
  };
}

/**
 * The figures in what {@linkcode loadJson} made.
 *
 * @throws {SyntaxError} If it is none
 */
export function parseLoadJson(text: string): LoadResult {
  const { good_per_second, cpu_per_reply, latency, offset, idle_share, ...counts }: LoadJson = JSON
    .parse(text);
  if (good_per_second === undefined) throw new SyntaxError("Cannot read a load: there is none");
  return {
    ...counts,
    goodPerSecond: good_per_second,
    cpuUsPerReply: toMicroseconds(cpu_per_reply),
    latencyUs: {
      p50: toMicroseconds(latency.p50),
      p90: toMicroseconds(latency.p90),
      p99: toMicroseconds(latency.p99),
      p999: toMicroseconds(latency.p999),
    },
    ...(offset && {
      offsetUs: { p50: toMicroseconds(offset.p50), p99: toMicroseconds(offset.p99) },
    }),
    idleShare: idle_share,
  };
}

/** To the nanosecond, which is more than was measured. */
function toSeconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : Math.round(us * 1e3) / 1e9;
}

function toMicroseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1e6;
}
