/** A server's health as monitoring plugins tell it. */
import type { Estimate } from "./estimate.ts";
import { parseMeasurable } from "./measurable.ts";
import type { QueryError } from "./query_error.ts";
import { parseRange } from "./range.ts";
import { sample, type SampleOptions, type Samples } from "./sample.ts";
import { toSeconds } from "./in_seconds.ts";

/** What a monitoring plugin can say. */
export type CheckState = "OK" | "WARNING" | "CRITICAL" | "UNKNOWN";

/** The exit codes of the monitoring plugins' guidelines. */
export const checkExitCodes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

/**
 * What raises an alert: a range of the monitoring plugins' guidelines for each value, as `10`,
 * `1:`, `~:-1` or `@10:20`; a value outside alerts, with `@` one inside.
 */
export interface CheckThresholds {
  /** Of the median offset, in seconds. A single number limits it both ways. */
  readonly offset?: string;
  /** Of the jitter, in seconds. */
  readonly jitter?: string;
  /** Of the root distance, in seconds. */
  readonly rootDistance?: string;
  /** Of the stratum. */
  readonly stratum?: string;
}

/** Options for {@linkcode check}. */
export interface CheckOptions extends Pick<SampleOptions, "interval" | "family" | "signal"> {
  /**
   * How many requests to send, 1 to 1000. The median of their offsets counts.
   *
   * @default {5}
   */
  readonly count?: number;
  /**
   * Seconds in all, above 0; what came by then counts.
   *
   * @default {10}
   */
  readonly timeout?: number;
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
   * What an announced leap second is.
   *
   * @default {"OK"}
   */
  readonly leap?: CheckState;
  /**
   * What it is if no offset can be told: there is no reply, or none that is fit to trust. A host
   * that is unknown and a server that asks for fewer requests are always unknown.
   *
   * @default {"CRITICAL"}
   */
  readonly noOffset?: CheckState;
  /** What a server is that says it is not synchronised; without it as `noOffset`. */
  readonly unsynchronized?: CheckState;
}

/** What {@linkcode check} found out. */
export interface CheckResult {
  /** What a monitoring plugin says. */
  readonly state: CheckState;
  /** What it exits with. */
  readonly exitCode: 0 | 1 | 2 | 3;
  /** What it prints, performance data included: a line in the form of check_ntp_time or check_time. */
  readonly line: string;
  /** What it was found from. */
  readonly samples: Samples;
}

/** A reply that takes longer is lost: the next request is due. */
const REPLY_SECONDS = 2;

/**
 * Checks a server for a monitoring system.
 *
 * The median of several samples counts, so that one late packet raises no alarm, and they are as
 * far apart as those of {@linkcode sample}, so that no rate limit is tripped.
 *
 * @param url Whom to check, as `ntp://host:port` or `time://host:port`; without a scheme it is NTP
 * @param options What raises an alert
 * @returns What a monitoring plugin says
 * @throws {SyntaxError} If the URL or a range cannot be read
 * @throws {RangeError} If an option is out of range, or not for this protocol
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { check, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const { state, line } = await check(server.addresses[0]!.url, {
 *   warning: { offset: "0.5", stratum: "1:9" },
 *   critical: { offset: "2" },
 * });
 * assertEquals(state, "WARNING");
 * console.log(line); // NTP WARNING: Offset 0.000012 secs, stratum=10 (WARNING)|offset=...
 * ```
 */
export async function check(url: string, options: CheckOptions = {}): Promise<CheckResult> {
  const { count = 5, timeout = 10, interval, family, signal } = options;
  const { protocol } = parseMeasurable(url);
  const thresholds = {
    WARNING: { offset: "60", ...options.warning },
    CRITICAL: { offset: "120", ...options.critical },
  };
  for (const ranges of Object.values(thresholds)) Object.values(ranges).forEach(parseRange);
  if (protocol === "time" && (thresholds.WARNING.stratum ?? thresholds.CRITICAL.stratum)) {
    throw new RangeError("Cannot check the stratum: the Time protocol tells none");
  }
  const samples = await sample(url, {
    count,
    deadline: timeout,
    timeout: REPLY_SECONDS,
    ...(interval !== undefined && { interval }),
    ...(family && { family }),
    signal,
  });
  const { estimate, error } = samples;
  const { state, text } = estimate
    ? judge(estimate, thresholds, options.leap ?? "OK")
    : judgeFailure(error, options, protocol.toUpperCase());
  const name = protocol === "ntp" ? `NTP ${state}:` : `TIME ${state} -`;
  return { state, exitCode: checkExitCodes[state], line: `${name} ${text}`, samples };
}

type Thresholds = Readonly<Record<"WARNING" | "CRITICAL", CheckThresholds>>;

interface Finding {
  readonly state: CheckState;
  readonly text: string;
}

/** A value that may raise an alert. */
interface Metric {
  readonly label: string;
  readonly value: number;
  readonly unit: "s" | "";
  readonly ranges: Readonly<Partial<Record<"WARNING" | "CRITICAL", string>>>;
}

function judge(estimate: Estimate, thresholds: Thresholds, announced: CheckState): Finding {
  const { best, medianOffset, jitter, minDelay, rootDistance } = estimate;
  const metric = (label: string, value: number, threshold?: keyof CheckThresholds): Metric => ({
    label,
    value,
    unit: label === "stratum" ? "" : "s",
    ranges: threshold === undefined ? {} : rangesOf(thresholds, threshold),
  });
  const median = toSeconds(medianOffset);
  // A Time server names the second that has begun, and so is up to one ahead of what it says.
  const offset = metric(
    "offset",
    best.protocol === "ntp" ? median : Math.ceil(median) || 0,
    "offset",
  );
  const metrics = [
    ...(jitter ? [metric("jitter", toSeconds(jitter), "jitter")] : []),
    metric("root_distance", toSeconds(rootDistance), "rootDistance"),
    ...(best.protocol === "ntp" ? [metric("stratum", best.stratum, "stratum")] : []),
  ];
  const delay = metric(best.protocol === "ntp" ? "delay" : "time", toSeconds(minDelay));
  const leap = best.protocol === "ntp" && best.leap !== "none" ? best.leap : undefined;
  const alerts = metrics.filter((each) => stateOf(each) !== "OK");
  const remarks = alerts.map((each) => `, ${each.label}=${decimal(each.value)} (${stateOf(each)})`);
  if (leap && announced !== "OK") remarks.push(`, leap=${leap} (${announced})`);
  const [said, data] = best.protocol === "ntp"
    ? [`Offset ${decimal(offset.value)} secs`, [offset, ...metrics, delay]]
    : [`${offset.value} second time difference`, [delay, offset, ...metrics]];
  return {
    state: worst([offset, ...metrics].map(stateOf).concat(leap ? announced : "OK")),
    text: `${said}${remarks.join("")}|${data.map(performanceData).join(" ")}`,
  };
}

function rangesOf(thresholds: Thresholds, name: keyof CheckThresholds): Metric["ranges"] {
  const { WARNING: { [name]: warning }, CRITICAL: { [name]: critical } } = thresholds;
  return {
    ...(warning !== undefined && { WARNING: warning }),
    ...(critical !== undefined && { CRITICAL: critical }),
  };
}

function stateOf({ label, value, ranges }: Metric): CheckState {
  for (const state of ["CRITICAL", "WARNING"] as const) {
    const text = ranges[state];
    if (text === undefined) continue;
    const range = parseRange(text);
    // As check_ntp_time takes it: nobody means only a clock that is ahead.
    const isMagnitude = label === "offset" && range.isLimit;
    if (range.alerts(isMagnitude ? Math.abs(value) : value)) return state;
  }
  return "OK";
}

function performanceData({ label, value, unit, ranges }: Metric): string {
  const number = unit === "s" ? value.toFixed(6) : String(value);
  return `${label}=${number}${unit};${ranges.WARNING ?? ""};${ranges.CRITICAL ?? ""};`;
}

/** A number without an exponent, to the nanosecond. */
function decimal(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}

function judgeFailure(
  error: QueryError | undefined,
  { noOffset = "CRITICAL", unsynchronized = noOffset }: CheckOptions,
  name: string,
): Finding {
  // A bar begins the performance data.
  const why = (error?.message ?? "nothing was asked").replaceAll("|", "/");
  switch (error?.reason) {
    case "timeout":
      return { state: noOffset, text: `No response from ${name} server: ${why}` };
    case "unknown-host":
      return { state: "UNKNOWN", text: why };
    case "kiss-o-death":
      return { state: "UNKNOWN", text: `Offset unknown: ${why}` };
    case "unsynchronized":
      return { state: unsynchronized, text: `Offset unknown: ${why}` };
    default:
      return { state: noOffset, text: `Offset unknown: ${why}` };
  }
}

/** The order of the monitoring plugins: a warning is more than not to know. */
const severities: readonly CheckState[] = ["OK", "UNKNOWN", "WARNING", "CRITICAL"];

function worst(states: readonly CheckState[]): CheckState {
  return severities[Math.max(...states.map((state) => severities.indexOf(state)))] ?? "UNKNOWN";
}
