/** The arithmetic of an NTP exchange (RFC 5905 §8), every step of it in whole nanoseconds. */
import { measurePrecision } from "../../clock/clock.ts";
import { FREQUENCY_TOLERANCE } from "../../clock/status.ts";
import { systemClock } from "../../clock/system_clock.ts";
import type { NtpPacket } from "./packet.ts";
import { difference, differenceFrom, toNanoseconds, toTimestamp } from "./timestamp.ts";

/** What the arithmetic starts from. */
export interface FourTimes {
  /** When the request left, by this machine's clock: T1. */
  readonly sentAt: Temporal.Instant;
  /** When the reply came, by this machine's clock: T4. */
  readonly receivedAt: Temporal.Instant;
  /** The reply, which has T2 and T3. */
  readonly packet: NtpPacket;
  /** What this machine's clock can tell apart, as a power of two of seconds. */
  readonly localPrecision: number;
}

/** The steps, in nanoseconds, with the names of RFC 5905. */
export interface NtpMeasurement {
  /** T2 - T1: the request's way, and the offset. */
  readonly outward: bigint;
  /** T3 - T4: the offset, less the reply's way. */
  readonly inward: bigint;
  /** Half their sum, θ; a half nanosecond is rounded down. */
  readonly offset: bigint;
  /** T4 - T1. */
  readonly elapsed: bigint;
  /** T3 - T2. */
  readonly processing: bigint;
  /** The difference of the two. */
  readonly measuredDelay: bigint;
  /** What the server's clock can tell apart, ρ. */
  readonly remotePrecision: bigint;
  /** What this machine's clock can tell apart, ρ. */
  readonly localPrecision: bigint;
  /** The delay, δ: never below what both clocks can tell. */
  readonly delay: bigint;
  /** How far a clock of 15 ppm strays within the exchange. */
  readonly drift: bigint;
  /** Half the delay, both precisions and the drift. */
  readonly errorBound: bigint;
  /** The way from the server to its reference clock and back, Δ. */
  readonly rootDelay: bigint;
  /** How wrong the server may be by its own word, E. */
  readonly rootDispersion: bigint;
  /** How wrong its time may be here, λ. */
  readonly rootDistance: bigint;
}

/** RFC 5905 §7.2: a server is at least this far from the truth. */
export const MIN_DISPERSION_NANOSECONDS = 5_000_000n;

/** A clock that cannot tell one era from the next; 2^127 s, the field's most, is beyond a `Duration`. */
const COARSEST_PRECISION = 32;

/** Works an exchange out. */
export function workOut(
  { sentAt, receivedAt, packet, localPrecision: exponent }: FourTimes,
): NtpMeasurement {
  const [t1, t4] = [toTimestamp(sentAt), toTimestamp(receivedAt)];
  const { receiveTimestamp: t2, transmitTimestamp: t3 } = packet;
  // The sum of two differences of 64 bits has 65, for which bigints have room.
  const outward = toNanoseconds(differenceFrom(t2, t1, sentAt));
  const inward = toNanoseconds(differenceFrom(t3, t4, receivedAt));
  const elapsed = toNanoseconds(difference(t4, t1));
  const processing = toNanoseconds(difference(t3, t2));
  const measuredDelay = elapsed - processing;
  const localPrecision = nanosecondsOf(2 ** exponent);
  const remotePrecision = precisionOf(packet);
  const delay = max(measuredDelay, localPrecision + remotePrecision);
  // Times that others took may go backwards, which makes no bound the smaller.
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

/** Some 50 µs of them: ten thousand take a quarter of the time of a whole `timecli`. */
const PRECISION_READINGS = 100;

let measuredPrecision: number | undefined;

/** This machine's, measured once, and only when a reply has come. */
export function ownPrecision(): number {
  return measuredPrecision ??= measurePrecision(systemClock, PRECISION_READINGS);
}

/** What a server's clock can tell apart, in nanoseconds. */
export function precisionOf({ precision }: NtpPacket): bigint {
  return nanosecondsOf(2 ** Math.min(precision, COARSEST_PRECISION));
}

const NANOSECONDS = 1_000_000_000n;

/** Seconds as whole nanoseconds. */
export function nanosecondsOf(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e9));
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
