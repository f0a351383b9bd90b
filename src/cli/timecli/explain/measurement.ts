/** A measurement for people: a drawing of its times, and the arithmetic with its numbers. */
import type { CalculationStep } from "../../../explain/calculation.ts";
import {
  MIN_DISPERSION_NANOSECONDS,
  type NtpMeasurement,
} from "../../../protocols/ntp/measurement.ts";
import type { Measurement } from "../../../protocols/protocol.ts";
import { wrapText } from "../../../text/printable.ts";
import { formatSeconds } from "../../../text/units.ts";

const PATH = 26;

/** Characters left of the client's line: name and time of day. */
const SIDE = 26;

/** Draws the times; only NTP reports when a request was received. */
export function drawTimeline({ times: { t1, t2, t3, t4 } }: Measurement): string[] {
  const left = (name: string, time?: Temporal.Instant): string =>
    `  ${name}  ${time ? timeOfDay(time) : "not known"}`.padEnd(SIDE);
  const right = (name: string, time?: Temporal.Instant): string =>
    time ? `${name}  ${timeOfDay(time)}` : "";
  const blank = " ".repeat(SIDE);
  const spent = (nanoseconds: bigint | undefined): string =>
    nanoseconds === undefined ? "" : formatSeconds(Number(nanoseconds) / 1e9);
  const between = (from?: Temporal.Instant, to?: Temporal.Instant): bigint | undefined =>
    from && to ? to.epochNanoseconds - from.epochNanoseconds : undefined;
  return [
    `${"  client, UTC".padEnd(SIDE)} ${" ".repeat(PATH + 4)} ${t3 ? "server, UTC" : "server"}`,
    `${left("T1", t1)} o${arrow("request", ">")}o ${right("T2", t2)}`,
    `${spent(between(t1, t4)).padStart(SIDE - 2)}   |${" ".repeat(PATH + 2)}| ${
      spent(between(t2, t3))
    }`,
    `${left("T4", t4)} o${arrow("reply", "<")}o ${right("T3", t3)}`,
    ...formatDates(t1 ?? t2 ?? t3, t2 ?? t3 ?? t1),
  ].map((line) => line === blank ? "" : line.trimEnd());
}

function arrow(word: string, head: "<" | ">"): string {
  const shaft = ` ${word} `.padStart((PATH + word.length + 2) / 2, "-").padEnd(PATH, "-");
  return head === ">" ? `-${shaft}>` : `<${shaft}-`;
}

function timeOfDay(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 9 }).slice(-19, -1);
}

function formatDates(client?: Temporal.Instant, server?: Temporal.Instant): string[] {
  const [here, there] = [client, server].map((time) => time?.toString().replace(/T.*/, ""));
  if (here === undefined) return [];
  return [
    here === there
      ? `  On ${here}.`
      : `  The client's times are of ${here}, the server's of ${there}.`,
  ];
}

/** Formats the steps of NTP, or of a protocol whose reply has one time, each with its reason. */
export function formatSteps(
  measurement: Measurement,
  calculation: readonly CalculationStep[],
): string[] {
  const { ntp } = measurement;
  const steps: Partial<Record<CalculationStep["name"], string[]>> = ntp
    ? {
      "offset": offsetSteps(ntp),
      "delay": delaySteps(ntp),
      "error_bound": boundSteps(ntp),
      "root_distance": distanceSteps(ntp),
    }
    : secondsSteps(measurement);
  const known = calculation.filter(({ name }) => steps[name] !== undefined);
  return known.flatMap(({ name, why, source }, i) => [
    ...(i === 0 ? [] : [""]),
    ...(steps[name] ?? []).flatMap(foldSum),
    ...wrapText(`${why}${source === undefined ? "" : ` [${source}]`}`, WIDTH - REASON_INDENT.length)
      .map((line) => `${REASON_INDENT}${line}`),
  ]);
}

const REASON_INDENT = "    ";

function secondsSteps(
  { times: { t1, t3, t4 }, offset, errorBound }: Measurement,
): Partial<Record<CalculationStep["name"], string[]>> {
  if (!t1 || !t3 || !t4 || offset === undefined || errorBound === undefined) return {};
  const elapsed = t4.epochNanoseconds - t1.epochNanoseconds;
  const ahead = t3.epochNanoseconds - t1.epochNanoseconds;
  const offsetLines = [
    `  T4 - T1 = ${formatSigned(elapsed)}, the whole exchange`,
    `  T3 - T1 = ${formatSigned(ahead)}`,
    "  offset  = (T3 - T1) - (T4 - T1) / 2",
    `          = ${formatSigned(ahead)} - ${formatPlain(elapsed / 2n)}`,
    `          = ${formatSigned(offset)}: ${formatMeaning(offset, errorBound)}`,
  ];
  const boundLines = [
    "  bound   = (T4 - T1) / 2, plus 1 s for the fraction that the reply lacks,",
    "            plus 10 ms by which the clock of such servers may lag",
    `          = ${formatPlain(elapsed / 2n)} + ${formatPlain(errorBound - elapsed / 2n)}`,
    `          = ${formatPlain(errorBound)}`,
  ];
  return { "offset": offsetLines, "error_bound": boundLines };
}

function formatMeaning(offset: bigint, errorBound: bigint): string {
  const magnitude = offset < 0n ? -offset : offset;
  return magnitude <= errorBound
    ? "within the error bound"
    : `the client's clock is ${offset > 0n ? "behind" : "ahead"}`;
}

function offsetSteps(steps: NtpMeasurement): string[] {
  const { outward, inward, offset, errorBound } = steps;
  const sum = `(${formatSigned(outward)} ${formatSigned(inward, " ")}) / 2`;
  return [
    `  T2 - T1 = ${formatSigned(outward)}`,
    `  T3 - T4 = ${formatSigned(inward)}`,
    "  offset  = ((T2 - T1) + (T3 - T4)) / 2",
    `          = ${sum}`,
    `          = ${formatSigned(offset)}: ${formatMeaning(offset, errorBound)}`,
  ];
}

function delaySteps({ elapsed, processing, measuredDelay, delay }: NtpMeasurement): string[] {
  return [
    `  T4 - T1 = ${formatSigned(elapsed)}, the whole exchange`,
    `  T3 - T2 = ${formatSigned(processing)}, in the server`,
    "  delay   = (T4 - T1) - (T3 - T2)",
    `          = ${formatSigned(measuredDelay)}, on the network`,
    ...(delay === measuredDelay
      ? []
      : [`          = ${formatSigned(delay)}, which is what both clocks can resolve`]),
  ];
}

function boundSteps(steps: NtpMeasurement): string[] {
  const { delay, localPrecision, remotePrecision, drift, errorBound } = steps;
  return [
    "  bound   = delay / 2 + both precisions + 15 ppm of T4 - T1",
    `          = ${formatPlain(delay / 2n)} + ${formatPlain(localPrecision + remotePrecision)} + ${
      formatPlain(drift)
    }`,
    `          = ${formatPlain(errorBound)}: the offset is right to within it,`,
    "            if the server is right",
  ];
}

function distanceSteps(steps: NtpMeasurement): string[] {
  const { delay, localPrecision, remotePrecision, drift } = steps;
  const { rootDelay, rootDispersion, rootDistance } = steps;
  const least = rootDelay + delay < MIN_DISPERSION_NANOSECONDS;
  const clocks = localPrecision + remotePrecision + drift;
  return [
    "  root distance",
    "          = max(0.005, root delay + delay) / 2",
    "            + root dispersion + precisions and drift as above",
    `          = ${least ? "0.005" : `(${formatPlain(rootDelay)} + ${formatPlain(delay)})`} / 2 + ${
      formatPlain(rootDispersion)
    } + ${formatPlain(clocks)}`,
    `          = ${formatPlain(rootDistance)}: the error bound of the server's time here`,
  ];
}

/** Formats nanoseconds as seconds, with every digit. */
function formatPlain(nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const digits = magnitude.toString().padStart(10, "0");
  return `${nanoseconds < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** Formats them with a sign, which has a gap behind it between the terms of a sum. */
function formatSigned(nanoseconds: bigint, gap = ""): string {
  const sign = nanoseconds < 0n ? "-" : "+";
  return `${sign}${gap}${formatPlain(nanoseconds < 0n ? -nanoseconds : nanoseconds)}`;
}

const WIDTH = 80;
const INDENT = " ".repeat(12);

/** Breaks a sum of absurdly large numbers that does not fit a line. */
function foldSum(line: string): string[] {
  const at = line.length > WIDTH ? line.lastIndexOf(" + ", WIDTH - 1) : -1;
  return at < 0 ? [line] : [line.slice(0, at), ...foldSum(`${INDENT}${line.slice(at + 1)}`)];
}
