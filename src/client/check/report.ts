/** The result of a check: a state, and the line of a monitoring plugin. */
import type { QueryError, QueryFailure } from "../../protocols/failure.ts";
import { toSeconds } from "../../text/duration.ts";
import type { ComparedServer, Comparison } from "../compare.ts";
import type { Estimate } from "../estimate.ts";
import { unsentFailures } from "../query.ts";
import type { Samples } from "../sample.ts";
import {
  type CheckState,
  type CheckThresholds,
  createMetric,
  formatDecimal,
  type Metric,
  type Thresholds,
  worstState,
} from "./thresholds.ts";
import {
  countVerdicts,
  formatFalsetickers,
  formatSilence,
  nameServer,
  votersOf,
} from "../verdicts.ts";

export interface Finding {
  readonly state: CheckState;
  readonly text: string;
}

/** Options of a check, with what follows from them. */
export interface EvaluateOptions {
  readonly leap?: CheckState;
  readonly noOffset?: CheckState;
  readonly unsynchronized?: CheckState;
  readonly quorum?: number;
  readonly thresholds: Thresholds;
  /** Whether a server speaks NTP; all others speak Time. */
  readonly isNtp: boolean;
  /** Beyond 0, an offset is only OK if all values within this many error bounds of it are. */
  readonly margin: number;
}

export function hasRange(thresholds: Thresholds, name: keyof CheckThresholds): boolean {
  return Object.values(thresholds[name]).some((range) => range !== undefined);
}

export function evaluate(comparison: Comparison, options: EvaluateOptions): Finding {
  const { servers: [first, second] } = comparison;
  if (second || !first) return evaluateSeveral(comparison, options);
  const { estimate } = first;
  return estimate
    ? evaluateEstimate({ ...first, estimate }, options)
    : evaluateFailure(first, options);
}

/** An offset in seconds, and a state that is worse than OK where the margin leaves a range. */
function evaluateOffset(
  seconds: number,
  errorBound: Temporal.Duration,
  { thresholds: { offset: alerts }, isNtp, margin }: EvaluateOptions,
): { readonly offset: Metric; readonly difference: number } {
  // A Time server names the second that has begun, and so is up to one ahead of what it replies.
  const differenceOf = (seconds: number): number => isNtp ? seconds : Math.ceil(seconds);
  const difference = differenceOf(seconds);
  const reach = margin * toSeconds(errorBound);
  const [low, high] = [differenceOf(seconds - reach), differenceOf(seconds + reach)];
  const isFar = Object.values(alerts).every((range) =>
    !range ||
    (range.isLimit ? range.isClear(0, Math.max(-low, high)) : range.isClear(low, high))
  );
  const offset = createMetric("offset", difference, "s", alerts);
  return {
    difference,
    offset: margin > 0 && !isFar ? { ...offset, state: "UNKNOWN" } : offset,
  };
}

/** The figures of a server that are checked beside its offset. */
interface Figures {
  readonly metrics: readonly Metric[];
  readonly lost: Metric;
  readonly delay: Metric;
  readonly leapState: CheckState;
  /** The alerts, each with a comma in front. */
  readonly remarks: readonly string[];
}

function figuresOf(
  { estimate, exchanges, loss, error }: Samples & { readonly estimate: Estimate },
  { thresholds, leap: announced = "OK" }: EvaluateOptions,
): Figures {
  const { best, jitter, minDelay, rootDistance, replies } = estimate;
  const isNtp = best.protocol === "ntp";
  const metrics = [
    ...(jitter || hasRange(thresholds, "jitter")
      ? [createMetric("jitter", jitter && toSeconds(jitter), "s", thresholds.jitter)]
      : []),
    createMetric("root_distance", toSeconds(rootDistance), "s", thresholds.rootDistance),
    ...(isNtp ? [createMetric("stratum", best.stratum, "", thresholds.stratum)] : []),
  ];
  const lost = lossOf(loss, thresholds);
  const leap = isNtp && best.leap !== "none" ? best.leap : undefined;
  const usable = `with ${replies} usable reply of ${exchanges.length}`;
  const remarks = [...metrics, lost].map((each) => each.formatRemark(usable));
  if (leap && announced !== "OK") remarks.push(`, leap=${leap} (${announced})`);
  if (error) remarks.push(`, ended early: ${error.message}`);
  return {
    ...{ metrics, lost, remarks },
    delay: createMetric(isNtp ? "delay" : "time", toSeconds(minDelay), "s"),
    leapState: leap ? announced : "OK",
  };
}

function evaluateEstimate(
  samples: Samples & { readonly estimate: Estimate },
  options: EvaluateOptions,
): Finding {
  const { medianOffset, errorBound } = samples.estimate;
  const { offset, difference } = evaluateOffset(toSeconds(medianOffset), errorBound, options);
  const { metrics, lost, delay, leapState, remarks } = figuresOf(samples, options);
  const [result, data] = options.isNtp
    ? [`Offset ${formatDecimal(difference)} secs`, [offset, ...metrics, delay, lost]]
    : [`${difference} second time difference`, [delay, offset, ...metrics, lost]];
  return {
    state: worstState([...[offset, ...metrics, lost].map(({ state }) => state), leapState]),
    text: `${withoutBar(`${result}${remarks.join("")}`)}|${
      data.map(({ performanceData }) => performanceData).join(" ")
    }`,
  };
}

/** Evaluates the clock of this machine by the servers that agree. */
function evaluateSeveral(comparison: Comparison, options: EvaluateOptions): Finding {
  const { servers, outcome } = comparison;
  const { noOffset = "CRITICAL" } = options;
  const voters = votersOf(servers).length;
  const agreeing = votersOf(servers).filter(isTrusted);
  const { quorum = Math.floor(voters / 2) + 1 } = options;
  const hasQuorum = agreeing.length >= quorum;
  const estimate = comparison.offset && comparison.errorBound
    ? { offset: comparison.offset, errorBound: comparison.errorBound }
    : outcome === "alone"
    ? agreeing[0]?.estimate
    : undefined;
  const found = estimate &&
    evaluateOffset(toSeconds(estimate.offset), estimate.errorBound, options);
  const result = !found
    ? "Offset unknown"
    : options.isNtp
    ? `Offset ${formatDecimal(found.difference)} secs`
    : `${found.difference} second time difference`;
  const wrong = formatFalsetickers(servers);
  const figures = agreeing.flatMap((server) =>
    server.estimate
      ? [{ server, ...figuresOf({ ...server, estimate: server.estimate }, options) }]
      : []
  );
  const unresolved = servers.every(({ error }) => error && isUnresolved(error.reason));
  const quorumState = hasQuorum ? "OK" : unresolved ? "UNKNOWN" : noOffset;
  const remarks = [
    `, ${agreeing.length} of ${voters} servers agree${
      hasQuorum ? "" : `, ${quorum} must (${quorumState})`
    }`,
    ...wrong.map((each) => `, ${each} (WARNING)`),
    ...formatSilence(servers).map((each) => `, ${each}`),
    ...figures.flatMap(({ server: { url }, remarks }) =>
      remarks.filter(Boolean).map((each) => `, ${nameServer(url)}${each.slice(1)}`)
    ),
  ];
  const data = [
    ...(found ? [found.offset.performanceData] : []),
    `agreeing=${agreeing.length};;${quorum}:;0;${voters}`,
    `falsetickers=${wrong.length};0;;0;${voters}`,
    `failed=${countVerdicts(servers, "failed")};;;0;${voters}`,
    ...votersOf(servers).flatMap(offsetDataOf),
  ];
  return {
    state: worstState([
      ...(found ? [found.offset.state] : []),
      quorumState,
      wrong.length > 0 ? "WARNING" : "OK",
      ...figures.flatMap(({ metrics, lost, leapState }) => [
        ...[...metrics, lost].map(({ state }) => state),
        leapState,
      ]),
    ]),
    text: `${withoutBar(`${result}${remarks.join("")}`)}|${data.join(" ")}`,
  };
}

function isTrusted({ verdict }: ComparedServer): boolean {
  return verdict === "agrees" || verdict === "alone";
}

/** The offset of one of several servers, whose label has its name. */
function offsetDataOf({ url, estimate }: ComparedServer): string[] {
  if (!estimate) return [];
  // The quote and the sign would end the label, and a bar ends all data.
  const label = `${nameServer(url)} offset`.replaceAll(/['=|]/g, " ");
  return [`'${label}'=${toSeconds(estimate.medianOffset).toFixed(6)}s`];
}

function lossOf(loss: number, thresholds: Thresholds): Metric {
  return createMetric("loss", Number((loss * 100).toFixed(2)), "%", thresholds.loss);
}

/** Without an offset, the loss is known all the same, unless nothing was sent. */
function evaluateFailure(
  { exchanges, loss, error }: Samples,
  options: EvaluateOptions,
): Finding {
  // Samples without an estimate have an error.
  const { reason, message } = error as QueryError;
  const state = stateOf(reason, options);
  const why = withoutBar(message);
  const text = reason === "timeout" || isUnresolved(reason) ? why : `Offset unknown: ${why}`;
  const isUnsent = exchanges.every(({ error }) => error && unsentFailures.includes(error.reason));
  if (isUnsent) return { state, text };
  const lost = lossOf(loss, options.thresholds);
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
  { noOffset = "CRITICAL", unsynchronized = noOffset }: EvaluateOptions,
): CheckState {
  if (reason === "kiss_o_death" || isUnresolved(reason)) return "UNKNOWN";
  return reason === "unsynchronized" ? unsynchronized : noOffset;
}

/** A bar would begin the performance data. */
function withoutBar(message: string): string {
  return message.replaceAll("|", "/");
}
