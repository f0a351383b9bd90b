/** A server's health as monitoring plugins tell it. */
import type { Estimate } from "./estimate.ts";
import { parseMeasurable } from "./measure.ts";
import type { QueryError } from "../protocols/failure.ts";
import { parseRange, type Range } from "./range.ts";
import { sample, type SampleOptions, type Samples } from "./sample.ts";
import { toSeconds } from "../text/duration.ts";

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
  /** Of the jitter, in seconds. It takes two usable replies, and is UNKNOWN without. */
  readonly jitter?: string;
  /** Of the root distance, in seconds. */
  readonly rootDistance?: string;
  /** Of the stratum. */
  readonly stratum?: string;
  /** Of the requests that no reply came to, in percent. */
  readonly loss?: string;
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

/**
 * A reply that takes longer is lost: the next request is due. So that of five requests in ten seconds
 * the last has its time, too.
 */
const REPLY_SECONDS = 1.9;

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
  checkContradictions(options);
  if (protocol === "time" && isAskedFor(thresholds, "stratum")) {
    throw new RangeError("Cannot check the stratum: the Time protocol tells none");
  }
  if (count === 1 && isAskedFor(thresholds, "jitter")) {
    throw new RangeError("Cannot check the jitter: it takes two samples or more");
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
    ? evaluate({ ...samples, estimate }, thresholds, options.leap ?? "OK")
    : withLoss(evaluateFailure(error, options, protocol.toUpperCase()), samples, thresholds);
  const name = protocol === "ntp" ? `NTP ${state}:` : `TIME ${state} -`;
  return { state, exitCode: checkExitCodes[state], line: `${name} ${text}`, samples };
}

/** @throws {RangeError} If what was given as critical is within what was given as no warning */
function checkContradictions({ warning = {}, critical = {} }: CheckOptions): void {
  for (const name of Object.keys(warning) as (keyof CheckThresholds)[]) {
    const [{ [name]: wide }, { [name]: narrow }] = [warning, critical];
    if (wide === undefined || narrow === undefined) continue;
    const [outer, inner] = [wide, narrow].map((text) => silentRange(text, name));
    if (!outer || !inner) continue;
    const isWithin = inner.from >= outer.from && inner.to <= outer.to;
    // The same range twice is a way to have no warnings.
    if (!isWithin || inner.from === outer.from && inner.to === outer.to) continue;
    throw new RangeError(
      `Cannot check the ${words[name]}: its critical range ${narrow} is within its warning range ` +
        `${wide}, so that nothing would be a warning`,
    );
  }
}

const words: Readonly<Record<keyof CheckThresholds, string>> = {
  offset: "offset",
  jitter: "jitter",
  rootDistance: "root distance",
  stratum: "stratum",
  loss: "loss",
};

/** Between what a value raises no alert; nothing where that is inside out. */
function silentRange(
  text: string,
  name: keyof CheckThresholds,
): Pick<Range, "from" | "to"> | undefined {
  const { from, to, isInside, isLimit } = parseRange(text);
  if (isInside) return undefined;
  return { from: name === "offset" && isLimit ? -to : from, to };
}

function isAskedFor(thresholds: Thresholds, name: keyof CheckThresholds): boolean {
  return Object.values(thresholds).some(({ [name]: range }) => range !== undefined);
}

type Thresholds = Readonly<Record<"WARNING" | "CRITICAL", CheckThresholds>>;

interface Finding {
  readonly state: CheckState;
  readonly text: string;
}

/** A value that may raise an alert. */
interface Metric {
  readonly label: string;
  /** Undefined if it is not known, although it was asked for. */
  readonly value: number | undefined;
  readonly unit: "s" | "" | "%";
  readonly ranges: Readonly<Partial<Record<"WARNING" | "CRITICAL", string>>>;
}

function evaluate(
  { estimate, exchanges, loss, error }: Samples & { readonly estimate: Estimate },
  thresholds: Thresholds,
  announced: CheckState,
): Finding {
  const { best, medianOffset, jitter, minDelay, rootDistance, replies } = estimate;
  const metric = (
    label: string,
    value: number | undefined,
    threshold?: keyof CheckThresholds,
  ): Metric => ({
    label,
    value,
    unit: label === "stratum" ? "" : "s",
    ranges: threshold === undefined ? {} : rangesOf(thresholds, threshold),
  });
  const median = toSeconds(medianOffset);
  // A Time server names the second that has begun, and so is up to one ahead of what it says.
  const difference = best.protocol === "ntp" ? median : Math.ceil(median) || 0;
  const offset = metric("offset", difference, "offset");
  const metrics = [
    ...(jitter || isAskedFor(thresholds, "jitter")
      ? [metric("jitter", jitter && toSeconds(jitter), "jitter")]
      : []),
    metric("root_distance", toSeconds(rootDistance), "rootDistance"),
    ...(best.protocol === "ntp" ? [metric("stratum", best.stratum, "stratum")] : []),
  ];
  const delay = metric(best.protocol === "ntp" ? "delay" : "time", toSeconds(minDelay));
  const leap = best.protocol === "ntp" && best.leap !== "none" ? best.leap : undefined;
  const judged = [...metrics, lossOf(loss, thresholds)];
  const remarks = judged.map((each) =>
    each.value === undefined
      ? `, ${each.label} unknown with ${replies} usable reply of ${exchanges.length} (UNKNOWN)`
      : remarkOn(each)
  );
  if (leap && announced !== "OK") remarks.push(`, leap=${leap} (${announced})`);
  if (error) remarks.push(`, ended early: ${inText(error.message)}`);
  const [said, data] = best.protocol === "ntp"
    ? [`Offset ${decimal(difference)} secs`, [offset, ...metrics, delay]]
    : [`${difference} second time difference`, [delay, offset, ...metrics]];
  return {
    state: worst([offset, ...judged].map(stateOf).concat(leap ? announced : "OK")),
    text: `${said}${remarks.join("")}|${
      [...data, lossOf(loss, thresholds)].map(performanceData).join(" ")
    }`,
  };
}

function lossOf(loss: number, thresholds: Thresholds): Metric {
  const percent = Number((loss * 100).toFixed(2));
  return { label: "loss", value: percent, unit: "%", ranges: rangesOf(thresholds, "loss") };
}

/** What a value is that raises an alert, or nothing. */
function remarkOn(metric: Metric): string {
  const { label, value = NaN, unit } = metric;
  const state = stateOf(metric);
  const percent = unit === "%" ? unit : "";
  return state === "OK" ? "" : `, ${label}=${decimal(value)}${percent} (${state})`;
}

/** Without an offset, how many requests were lost is known and may be as bad. */
function withLoss(
  { state, text }: Finding,
  { exchanges, loss, error }: Samples,
  thresholds: Thresholds,
): Finding {
  if (exchanges.length === 0 || error?.reason === "unknown-host") return { state, text };
  const metric = lossOf(loss, thresholds);
  return {
    state: worst([state, stateOf(metric)]),
    text: `${text}${remarkOn(metric)}|${performanceData(metric)}`,
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
  if (value === undefined) return "UNKNOWN";
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
  const { WARNING: warning, CRITICAL: critical } = ranges;
  const limits = [warning, critical].map((text) => text === undefined ? "" : parseRange(text).text);
  const number = value === undefined
    ? "U"
    : `${unit === "s" ? value.toFixed(6) : String(value)}${unit}`;
  return `${label}=${number};${limits.join(";")};`;
}

/** A number without an exponent, to the nanosecond. */
function decimal(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}

function evaluateFailure(
  error: QueryError | undefined,
  { noOffset = "CRITICAL", unsynchronized = noOffset }: CheckOptions,
  name: string,
): Finding {
  const why = inText(error?.message ?? "nothing was asked");
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

/** A bar would begin the performance data. */
function inText(message: string): string {
  return message.replaceAll("|", "/");
}

/** The order of the monitoring plugins: a warning is more than not to know. */
const severities: readonly CheckState[] = ["OK", "UNKNOWN", "WARNING", "CRITICAL"];

function worst(states: readonly CheckState[]): CheckState {
  return severities[Math.max(...states.map((state) => severities.indexOf(state)))] ?? "UNKNOWN";
}
