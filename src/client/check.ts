import type { QueryError, QueryFailure } from "../protocols/failure.ts";
import {
  type Field,
  type Fields,
  oneOf,
  passed,
  seconds,
  text,
  type TimedFields,
  UNNAMED,
} from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import { type TimeSpan, toSeconds } from "../text/duration.ts";
import { networkFields } from "./exchange.ts";
import { parseRange } from "./range.ts";
import type { Estimate } from "./estimate.ts";
import { parseMeasurable } from "./measure.ts";
import { sample, sampleFields, type SampleOptions, type Samples } from "./sample.ts";
import {
  checkContradictions,
  type CheckState,
  type CheckThresholds,
  createMetric,
  formatDecimal,
  type Metric,
  parseThresholds,
  type Thresholds,
  worstState,
} from "./thresholds.ts";

/** The exit codes of the monitoring plugins' guidelines. */
export const checkExitCodes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

/** Options for {@linkcode check}. */
export interface CheckOptions
  extends Pick<SampleOptions, "interval" | "bind" | "family" | "network" | "signal"> {
  /**
   * How many requests to send, 1 to 1000. The median of their offsets counts.
   *
   * @default {5}
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
}

const states = Object.keys(checkExitCodes) as CheckState[];

const thresholdFields: Fields<CheckThresholds> = {
  offset: range(),
  jitter: range(),
  rootDistance: range(),
  stratum: range(),
  loss: range(),
};

function range(): Field<string> {
  return text("a range such as 10, 1:, ~:-1 or @10:20", parseRange, UNNAMED);
}

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
};

/** The result of {@linkcode check}. */
export interface CheckResult {
  /** The state that a monitoring plugin reports. */
  readonly state: CheckState;
  /** Its exit code. */
  readonly exitCode: 0 | 1 | 2 | 3;
  /** Its output, with performance data: a line in the form of check_ntp_time or check_time. */
  readonly line: string;
  /** What was measured. */
  readonly samples: Samples;
}

/** A later reply counts as lost; the last of five requests within 10 s still has this long. */
const REPLY_TIME = "1.9s";

/**
 * Checks a server for a monitoring system.
 *
 * The median of several samples counts, so that one late packet raises no alarm. They are as far
 * apart as those of {@linkcode sample}, so that no rate limit is hit.
 *
 * @param url The server, as `ntp://host:port` or `time://host:port`; without a scheme it is NTP
 * @param options What raises an alert
 * @returns The result, as a monitoring plugin prints it
 * @throws {SyntaxError} If the URL or a range cannot be read
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
 *   warning: { offset: "0.5", stratum: "1:9" },
 *   critical: { offset: "2" },
 * });
 * assertEquals(state, "WARNING");
 * console.log(line); // NTP WARNING: Offset 0.000012 secs, stratum=10 (WARNING)|offset=...
 * ```
 */
export async function check(url: string, options: CheckOptions = {}): Promise<CheckResult> {
  readOptions(checkFields, options, "check");
  const { count = 5, timeout = "10s", leap = "OK" } = options;
  const [warning, critical] = (["warning", "critical"] as const).map((name) =>
    readOptions(thresholdFields, options[name] ?? {}, name)
  ) as [CheckThresholds, CheckThresholds];
  const { protocol } = parseMeasurable(url);
  const thresholds = parseThresholds({ offset: "60", ...warning }, { offset: "120", ...critical });
  checkContradictions(warning, critical);
  if (protocol === "time" && hasRange(thresholds, "stratum")) {
    throw new RangeError("Cannot check the stratum: the Time protocol has none");
  }
  if (count === 1 && hasRange(thresholds, "jitter")) {
    throw new RangeError("Cannot check the jitter: it needs two samples or more");
  }
  const { bind, interval, family, network, signal } = options;
  const samples = await sample(url, {
    count,
    deadline: timeout,
    timeout: REPLY_TIME,
    interval,
    bind,
    family,
    network,
    signal,
  });
  const { estimate } = samples;
  const { state, text } = estimate
    ? evaluate({ ...samples, estimate }, thresholds, leap)
    : evaluateFailure(samples, thresholds, options, protocol.toUpperCase());
  const name = protocol === "ntp" ? `NTP ${state}:` : `TIME ${state} -`;
  return { state, exitCode: checkExitCodes[state], line: `${name} ${text}`, samples };
}

function hasRange(thresholds: Thresholds, name: keyof CheckThresholds): boolean {
  return Object.values(thresholds[name]).some((range) => range !== undefined);
}

interface Finding {
  readonly state: CheckState;
  readonly text: string;
}

function evaluate(
  { estimate, exchanges, loss, error }: Samples & { readonly estimate: Estimate },
  thresholds: Thresholds,
  announced: CheckState,
): Finding {
  const { best, medianOffset, jitter, minDelay, rootDistance, replies } = estimate;
  const isNtp = best.protocol === "ntp";
  const median = toSeconds(medianOffset);
  // A Time server names the second that has begun, and so is up to one ahead of what it replies.
  const difference = isNtp ? median : Math.ceil(median);
  const offset = createMetric("offset", difference, "s", thresholds.offset);
  const others = [
    ...(jitter || hasRange(thresholds, "jitter")
      ? [createMetric("jitter", jitter && toSeconds(jitter), "s", thresholds.jitter)]
      : []),
    createMetric("root_distance", toSeconds(rootDistance), "s", thresholds.rootDistance),
    ...(isNtp ? [createMetric("stratum", best.stratum, "", thresholds.stratum)] : []),
  ];
  const lost = lossOf(loss, thresholds);
  const delay = createMetric(isNtp ? "delay" : "time", toSeconds(minDelay), "s");
  const leap = isNtp && best.leap !== "none" ? best.leap : undefined;
  const usable = `with ${replies} usable reply of ${exchanges.length}`;
  const remarks = [...others, lost].map((each) => each.formatRemark(usable));
  if (leap && announced !== "OK") remarks.push(`, leap=${leap} (${announced})`);
  if (error) remarks.push(`, ended early: ${withoutBar(error.message)}`);
  const [result, data] = isNtp
    ? [`Offset ${formatDecimal(difference)} secs`, [offset, ...others, delay, lost]]
    : [`${difference} second time difference`, [delay, offset, ...others, lost]];
  return {
    state: worstState(
      [offset, ...others, lost].map(({ state }) => state).concat(leap ? announced : "OK"),
    ),
    text: `${result}${remarks.join("")}|${
      data.map(({ performanceData }) => performanceData).join(" ")
    }`,
  };
}

function lossOf(loss: number, thresholds: Thresholds): Metric {
  return createMetric("loss", Number((loss * 100).toFixed(2)), "%", thresholds.loss);
}

/** Without an offset, the loss is known all the same, unless nothing was sent. */
function evaluateFailure(
  { exchanges, loss, error }: Samples,
  thresholds: Thresholds,
  options: CheckOptions,
  name: string,
): Finding {
  // Samples without an estimate have an error.
  const { reason, message } = error as QueryError;
  const state = stateOf(reason, options);
  const why = withoutBar(message);
  const text = reason === "timeout"
    ? `No response from ${name} server: ${why}`
    : isUnresolved(reason)
    ? why
    : `Offset unknown: ${why}`;
  if (exchanges.length === 0 || isUnresolved(reason)) return { state, text };
  const lost = lossOf(loss, thresholds);
  return {
    state: worstState([state, lost.state]),
    text: `${text}${lost.formatRemark()}|${lost.performanceData}`,
  };
}

/** Whether no server was queried, because its name has no address that is known. */
function isUnresolved(reason: QueryFailure): boolean {
  return reason === "unknown_host" || reason === "no_name_server";
}

function stateOf(
  reason: QueryFailure,
  { noOffset = "CRITICAL", unsynchronized = noOffset }: CheckOptions,
): CheckState {
  if (reason === "kiss_o_death" || isUnresolved(reason)) return "UNKNOWN";
  return reason === "unsynchronized" ? unsynchronized : noOffset;
}

/** A bar would begin the performance data. */
function withoutBar(message: string): string {
  return message.replaceAll("|", "/");
}
