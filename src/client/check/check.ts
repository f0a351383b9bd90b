import {
  type Field,
  type Fields,
  oneOf,
  passed,
  seconds,
  text,
  type TimedFields,
  UNNAMED,
  whole,
} from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { formatEndpoint } from "../../protocols/endpoint.ts";
import type { TimeSpan } from "../../text/duration.ts";
import { evaluate, type Finding, hasRange } from "./report.ts";
import { compare, type ComparedServer, type Comparison } from "../compare.ts";
import { networkFields } from "../exchange.ts";
import { parseMeasurable } from "../query.ts";
import {
  checkContradictions,
  type CheckState,
  type CheckThresholds,
  parseRange,
  parseThresholds,
  thresholdUnits,
} from "./thresholds.ts";
import { sampleFields, type SampleOptions } from "../sample.ts";

/** The exit codes of the monitoring plugins' guidelines. */
export const checkExitCodes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

/** Options for {@linkcode check}. */
export interface CheckOptions
  extends
    Pick<SampleOptions, "interval" | "bind" | "family" | "keys" | "ntsCa" | "network" | "signal"> {
  /**
   * How many requests to send to each server, 1 to 1000. The median of their offsets counts. Without it
   * five, three to each of several, or fewer where more would not change the result: the offset is far
   * inside its ranges, or three requests had no usable reply.
   */
  readonly count?: number;
  /**
   * The total time limit, up to a day; what came by then counts.
   *
   * @default {"10s"}
   */
  readonly timeout?: TimeSpan;
  /**
   * What raises a warning.
   *
   * @default {{ offset: "60" }}
   */
  readonly warning?: CheckThresholds;
  /**
   * What is critical.
   *
   * @default {{ offset: "120" }}
   */
  readonly critical?: CheckThresholds;
  /**
   * The state to report for an announced leap second.
   *
   * @default {"OK"}
   */
  readonly leap?: CheckState;
  /**
   * The state to report without an offset: there is no reply, or none that can be trusted. A host that
   * is unknown or was not looked up, and a server that asks for fewer requests, are always UNKNOWN.
   *
   * @default {"CRITICAL"}
   */
  readonly noOffset?: CheckState;
  /** The state to report for a server that is not synchronised; `noOffset` without it. */
  readonly unsynchronized?: CheckState;
  /**
   * How many of several servers must agree, 1 to their number; with fewer the state is that of `noOffset`.
   * More than half of those that send a time must agree in any case.
   *
   * @default {Math.floor(urls.length / 2) + 1}
   */
  readonly quorum?: number;
}

const states = Object.keys(checkExitCodes) as CheckState[];

const thresholdFields = Object.fromEntries(
  Object.entries(thresholdUnits).map(([name, unit]): [string, Field<string>] => [
    name,
    text(
      "a range such as 10, 1:, ~:-1 or @10:20",
      (given) => void parseRange(given, unit),
      UNNAMED,
    ),
  ]),
) as unknown as Fields<CheckThresholds>;

const checkFields: TimedFields<CheckOptions> = {
  ...networkFields,
  interval: sampleFields.interval,
  count: sampleFields.count,
  timeout: seconds("0s", "1d"),
  warning: passed(),
  critical: passed(),
  leap: oneOf(states, UNNAMED),
  noOffset: oneOf(states, UNNAMED),
  unsynchronized: oneOf(states, UNNAMED),
  quorum: whole(1, 1000, UNNAMED),
};

/** The result of {@linkcode check}. */
export interface CheckResult {
  /** The state that a monitoring plugin reports. */
  readonly state: CheckState;
  /** Its exit code. */
  readonly exitCode: 0 | 1 | 2 | 3;
  /** Its output, with performance data: a line in the form of check_ntp_time or check_time. */
  readonly line: string;
  /** What was measured at each server, and what {@linkcode compare} makes of it. */
  readonly servers: readonly ComparedServer[];
}

/** The requests to one server, and to each of several, which support each other. */
const COUNT_OF_ONE = 5;
const COUNT_OF_SEVERAL = 3;

/** A later reply counts as lost; the last of five requests within 10 s still has this long. */
const REPLY_TIME = "1.9s";

/** UDP always loses a few datagrams; after this many requests without a usable reply none is awaited. */
const MIN_FAILURES = 3;

/** An offset is far inside its ranges if all within this many error bounds of it is. */
const MARGIN = 2;

/**
 * Checks one server for a monitoring system, or this machine's clock by several of which most must agree.
 *
 * The median of several samples counts, so that one late packet raises no alarm. They are as far
 * apart as those of {@linkcode sample}, so that no rate limit is hit. Without `count` the first reply is
 * enough if the offset is so far inside its ranges that others would not change the result.
 *
 * Of several servers the best estimate of those that agree counts. Fewer of them than `quorum` are as
 * bad as no offset; a falseticker is a warning, and a silent server none as long as enough others agree.
 *
 * @param urls The server, as `ntp://host:port` or `time://host:port`; without a scheme it is NTP; or several
 * @param options What raises an alert
 * @returns The result, as a monitoring plugin prints it
 * @throws {SyntaxError} If a URL or a range cannot be read
 * @throws {RangeError} If an option is out of range or not for this protocol, or two contradict each
 * other
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { check } from "@timesrv/timesrv/measure";
 * import { serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const { state, line } = await check(server.url, {
 *   warning: { offset: "500ms", stratum: "1:9" },
 *   critical: { offset: "2" },
 * });
 * assertEquals(state, "WARNING");
 * console.log(line); // NTP WARNING: Offset 0.000012 secs, stratum=10 (WARNING)|offset=...
 * ```
 */
export async function check(
  urls: string | readonly string[],
  options: CheckOptions = {},
): Promise<CheckResult> {
  readOptions(checkFields, options, "check");
  const { count, timeout = "10s", quorum = 1 } = options;
  const [warning, critical] = (["warning", "critical"] as const).map((name) =>
    readOptions(thresholdFields, options[name] ?? {}, name)
  ) as [CheckThresholds, CheckThresholds];
  const endpoints = [urls].flat().map(parseMeasurable);
  const distinct = new Set(endpoints.map(formatEndpoint)).size;
  if (distinct === 0) throw new RangeError("Cannot check: there is no server");
  const thresholds = parseThresholds({ offset: "60", ...warning }, { offset: "120", ...critical });
  checkContradictions(warning, critical);
  if (quorum > distinct) {
    throw new RangeError(
      `Cannot check: a quorum of ${quorum} needs as many servers, not ${distinct}`,
    );
  }
  if (endpoints.some(({ protocol }) => protocol === "time") && hasRange(thresholds, "stratum")) {
    throw new RangeError("Cannot check the stratum: the Time protocol has none");
  }
  if (count === 1 && hasRange(thresholds, "jitter")) {
    throw new RangeError("Cannot check the jitter: it needs two samples or more");
  }
  const isNtp = endpoints.some(({ protocol }) => protocol === "ntp");
  const form = (found: Comparison, margin = 0): Finding =>
    evaluate(found, { ...options, thresholds, isNtp, margin });
  const { interval, bind, family, keys, ntsCa, network, signal } = options;
  const settled = new AbortController();
  const comparison = await compare(endpoints.map(formatEndpoint), {
    ...{ interval, bind, family, keys, ntsCa, network },
    count: count ?? (distinct === 1 ? COUNT_OF_ONE : COUNT_OF_SEVERAL),
    deadline: timeout,
    timeout: REPLY_TIME,
    signal: AbortSignal.any([settled.signal, ...(signal ? [signal] : [])]),
    onProgress(soFar): void {
      const isSettled = count === undefined && soFar.servers.length === distinct &&
        !hasRange(thresholds, "jitter") && !hasRange(thresholds, "loss") &&
        soFar.servers.every(isConclusive) &&
        (form(soFar, MARGIN).state === "OK" || soFar.outcome === "failed");
      if (isSettled) settled.abort();
    },
  });
  const { state, text } = form(comparison);
  const name = isNtp ? `NTP ${state}:` : `TIME ${state} -`;
  const { servers } = comparison;
  return { state, exitCode: checkExitCodes[state], line: `${name} ${text}`, servers };
}

/** Whether more requests are unlikely to change what is known of a server. */
function isConclusive({ verdict, exchanges }: ComparedServer): boolean {
  return verdict === "agrees" || verdict === "alone" ||
    verdict === "failed" && exchanges.length >= MIN_FAILURES;
}
