/** The arithmetic of a measurement with its own numbers, a step a line. */
import type { Measurement } from "../../../protocols/protocol.ts";
import {
  MIN_DISPERSION_NANOSECONDS,
  type NtpMeasurement,
} from "../../../protocols/ntp/measurement.ts";

/** The steps: those of NTP, or of a protocol that tells one time alone. */
export function workedOut(measurement: Measurement): string[] {
  const { ntp } = measurement;
  const steps = ntp
    ? [...offsetSteps(ntp), "", ...delaySteps(ntp), "", ...boundSteps(ntp)]
    : secondsSteps(measurement);
  return steps.flatMap(folded);
}

function secondsSteps({ times: { t1, t3, t4 }, offset, errorBound }: Measurement): string[] {
  if (!t1 || !t3 || !t4 || offset === undefined || errorBound === undefined) return [];
  const elapsed = t4.epochNanoseconds - t1.epochNanoseconds;
  const ahead = t3.epochNanoseconds - t1.epochNanoseconds;
  return [
    `  T4 - T1 = ${signed(elapsed)}, the whole exchange`,
    `  T3 - T1 = ${signed(ahead)}`,
    "  offset  = (T3 - T1) - (T4 - T1) / 2",
    `          = ${signed(ahead)} - ${plain(elapsed / 2n)}`,
    `          = ${signed(offset)}: ${meaningOf(offset, errorBound)}`,
    "",
    "  bound   = (T4 - T1) / 2, and a second that has only begun, and 10 ms by",
    "            which the clock that such servers read may lag",
    `          = ${plain(elapsed / 2n)} + ${plain(errorBound - elapsed / 2n)}`,
    `          = ${plain(errorBound)}`,
  ];
}

function meaningOf(offset: bigint, errorBound: bigint): string {
  const magnitude = offset < 0n ? -offset : offset;
  return magnitude <= errorBound
    ? "within the error bound"
    : `the client's clock is ${offset > 0n ? "behind" : "ahead"}`;
}

function offsetSteps(steps: NtpMeasurement): string[] {
  const { outward, inward, offset, errorBound } = steps;
  const sum = `(${signed(outward)} ${signed(inward, " ")}) / 2`;
  return [
    `  T2 - T1 = ${signed(outward)}`,
    `  T3 - T4 = ${signed(inward)}`,
    "  offset  = ((T2 - T1) + (T3 - T4)) / 2",
    `          = ${sum}`,
    `          = ${signed(offset)}: ${meaningOf(offset, errorBound)}`,
  ];
}

function delaySteps({ elapsed, processing, measuredDelay, delay }: NtpMeasurement): string[] {
  return [
    `  T4 - T1 = ${signed(elapsed)}, the whole exchange`,
    `  T3 - T2 = ${signed(processing)}, in the server`,
    "  delay   = (T4 - T1) - (T3 - T2)",
    `          = ${signed(measuredDelay)}, on the way there and back`,
    ...(delay === measuredDelay
      ? []
      : [`          = ${signed(delay)}, since both clocks can tell no less`]),
  ];
}

function boundSteps(steps: NtpMeasurement): string[] {
  const { delay, localPrecision, remotePrecision, drift, errorBound } = steps;
  const { rootDelay, rootDispersion, rootDistance } = steps;
  const least = rootDelay + delay < MIN_DISPERSION_NANOSECONDS;
  const clocks = localPrecision + remotePrecision + drift;
  return [
    "  bound   = delay / 2 + both precisions + 15 ppm of T4 - T1",
    `          = ${plain(delay / 2n)} + ${plain(localPrecision + remotePrecision)} + ${
      plain(drift)
    }`,
    `          = ${plain(errorBound)}: the offset is right to within it,`,
    "            if the server is right",
    "",
    "  root distance",
    `          = ${
      least ? "0.005, which is more than root delay + delay," : "(root delay + delay)"
    } / 2`,
    "            + root dispersion + precisions and drift as above",
    `          = ${least ? "0.005" : `(${plain(rootDelay)} + ${plain(delay)})`} / 2 + ${
      plain(rootDispersion)
    } + ${plain(clocks)}`,
    `          = ${plain(rootDistance)}: how wrong the server's time may be here`,
  ];
}

/** Nanoseconds as seconds, every digit of them. */
function plain(nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const digits = magnitude.toString().padStart(10, "0");
  return `${nanoseconds < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** The same with its sign, which may stand apart as between the terms of a sum. */
function signed(nanoseconds: bigint, gap = ""): string {
  const sign = nanoseconds < 0n ? "-" : "+";
  return `${sign}${gap}${plain(nanoseconds < 0n ? -nanoseconds : nanoseconds)}`;
}

const WIDTH = 80;
const INDENT = " ".repeat(12);

/** A sum of numbers so absurd that it takes more than a line goes on in the next. */
function folded(line: string): string[] {
  const at = line.length > WIDTH ? line.lastIndexOf(" + ", WIDTH - 1) : -1;
  return at < 0 ? [line] : [line.slice(0, at), ...folded(`${INDENT}${line.slice(at + 1)}`)];
}
