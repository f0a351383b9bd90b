/** The arithmetic of an NTP exchange (RFC 5905 §8), every step in whole nanoseconds. */
import { measurePrecision } from "../../clock/clock.ts";
import { FREQUENCY_TOLERANCE } from "../../clock/status.ts";
import { systemClock } from "../../clock/system_clock.ts";
import type { NtpReply } from "../reply.ts";
import type { NtpPacket } from "./packet.ts";
import { difference, differenceFrom, toNanoseconds, toTimestamp } from "./timestamp.ts";

/** The steps, in nanoseconds, with the names of RFC 5905. */
export interface NtpMeasurement {
  /** T2 - T1: the delay of the request plus the offset. */
  readonly outward: bigint;
  /** T3 - T4: the offset less the delay of the reply. */
  readonly inward: bigint;
  /** Half their sum, θ; a half nanosecond is rounded down. */
  readonly offset: bigint;
  /** T4 - T1. */
  readonly elapsed: bigint;
  /** T3 - T2. */
  readonly processing: bigint;
  /** The difference of the two. */
  readonly measuredDelay: bigint;
  /** The precision of the server's clock, ρ. */
  readonly remotePrecision: bigint;
  /** The precision of this machine's clock, ρ. */
  readonly localPrecision: bigint;
  /** The delay, δ: never below the sum of both precisions. */
  readonly delay: bigint;
  /** The drift of a clock of 15 ppm within the exchange. */
  readonly drift: bigint;
  /** Half the delay, both precisions and the drift. */
  readonly errorBound: bigint;
  /** The delay from the server to its reference clock and back, Δ. */
  readonly rootDelay: bigint;
  /** The error bound that the server states, E. */
  readonly rootDispersion: bigint;
  /** The largest error of its time here, λ. */
  readonly rootDistance: bigint;
}

/** MINDISP of RFC 5905 §7.2: no sum of delays counts as less in a root distance (§A.5.5.2). */
export const MIN_DISPERSION_NANOSECONDS = 5_000_000n;

/** A precision of one era; 2^127 s, the largest of the field, is beyond a `Duration`. */
const MAX_PRECISION = 32;

/** `localExponent` is the precision of this machine's clock as a power of two of seconds. */
export function computeMeasurement(
  { sentAt, receivedAt, packet }: Pick<NtpReply, "sentAt" | "receivedAt" | "packet">,
  localExponent: number,
): NtpMeasurement {
  const [t1, t4] = [toTimestamp(sentAt), toTimestamp(receivedAt)];
  const { receiveTimestamp: t2, transmitTimestamp: t3 } = packet;
  const outward = toNanoseconds(differenceFrom(t2, t1, sentAt));
  const inward = toNanoseconds(differenceFrom(t3, t4, receivedAt));
  const elapsed = toNanoseconds(difference(t4, t1));
  const processing = toNanoseconds(difference(t3, t2));
  const measuredDelay = elapsed - processing;
  const localPrecision = nanosecondsOf(2 ** localExponent);
  const remotePrecision = precisionOf(packet);
  const delay = max(measuredDelay, localPrecision + remotePrecision);
  // Captured times may go backwards, which must not make a bound smaller.
  const drift = nanosecondsOf(FREQUENCY_TOLERANCE) * max(elapsed, 0n) / NANOSECONDS;
  const dispersion = localPrecision + remotePrecision + drift;
  const rootDelay = nanosecondsOf(packet.rootDelay);
  const rootDispersion = nanosecondsOf(packet.rootDispersion);
  return {
    outward,
    inward,
    offset: outward + inward >> 1n,
    elapsed,
    processing,
    measuredDelay,
    remotePrecision,
    localPrecision,
    delay,
    drift,
    errorBound: delay / 2n + dispersion,
    rootDelay,
    rootDispersion,
    rootDistance: max(MIN_DISPERSION_NANOSECONDS, rootDelay + delay) / 2n + rootDispersion +
      dispersion,
  };
}

let measuredPrecision: number | undefined;

/** Measures the precision of this machine's clock, once and only when a reply has come. */
export function ownPrecision(): number {
  return measuredPrecision ??= measurePrecision(systemClock);
}

export function precisionOf({ precision }: NtpPacket): bigint {
  return nanosecondsOf(2 ** Math.min(precision, MAX_PRECISION));
}

const NANOSECONDS = 1_000_000_000n;

export function nanosecondsOf(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e9));
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
