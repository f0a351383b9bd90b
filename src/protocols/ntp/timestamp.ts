/**
 * NTP's formats of time (RFC 5905 §6).
 *
 * A timestamp is 64 bits: seconds since 1900-01-01T00:00:00Z modulo 2^32, and a
 * fraction of 2^-32 s (233 ps). Here it is a `bigint` of 2^-32 s, 0 to 2^64 - 1.
 * All bits zero means "unknown". The short format is 16 bits of seconds and 16
 * of fraction (15 µs).
 */
import { floorDivide } from "../../clock/line.ts";
import { putUint32 } from "../octets.ts";

/** A timestamp as on the wire: units of 2^-32 s since 1900, modulo 2^64. */
export type NtpTimestamp = bigint;

/** Seconds from 1900-01-01 to 1970-01-01: 70 years, 17 of them leap years. */
export const NTP_TO_UNIX_SECONDS = (70 * 365 + 17) * 86_400;

const TWO_TO_32 = 2 ** 32;
const NANOSECONDS = 1_000_000_000n;

/** Seconds since 1900 modulo 2^32, as the 32 bits of a signed number. */
export function toNtpSeconds(unixSeconds: number): number {
  return (unixSeconds + NTP_TO_UNIX_SECONDS) | 0;
}

/** Nanoseconds below a second in units of 2^-32 s, as the 32 bits of a signed number. */
export function toFraction(nanoseconds: number): number {
  return Math.floor(nanoseconds * (TWO_TO_32 / 1e9)) | 0;
}

/** Writes a timestamp from its two halves. */
export function putTimestamp(
  octets: Uint8Array,
  at: number,
  seconds: number,
  fraction: number,
): void {
  putUint32(octets, at, seconds);
  // All zero is not a time (RFC 5905 §6): that moment is sent as the next.
  putUint32(octets, at + 4, fraction === 0 && seconds === 0 ? 1 : fraction);
}

/** The timestamp of a time, its fraction rounded to the nearest unit; never 0, which is not a time. */
export function toTimestamp(instant: Temporal.Instant): NtpTimestamp {
  const nanoseconds = instant.epochNanoseconds + BigInt(NTP_TO_UNIX_SECONDS) * NANOSECONDS;
  const units = floorDivide((nanoseconds << 32n) + NANOSECONDS / 2n, NANOSECONDS);
  return BigInt.asUintN(64, units) || 1n;
}

/**
 * The time of a timestamp other than 0. It repeats every 2^32 s (an era, 136 years): the result is the time
 * nearest to `pivot`, so up to 68 years from it.
 */
export function toInstant(timestamp: NtpTimestamp, pivot: Temporal.Instant): Temporal.Instant {
  const inEra0 = Number(timestamp >> 32n) - NTP_TO_UNIX_SECONDS;
  const era = Math.round((pivot.epochMilliseconds / 1000 - inEra0) / TWO_TO_32);
  const nanoseconds = toNanoseconds(timestamp & 0xffff_ffffn);
  return Temporal.Instant.fromEpochNanoseconds(
    BigInt(inEra0 + era * TWO_TO_32) * NANOSECONDS + nanoseconds,
  );
}

/** When this program was made: a clock that shows an earlier time is wrong. */
const MADE = Temporal.Instant.from("2026-01-01T00:00:00Z");

/**
 * The pivot for {@linkcode toInstant}, by this machine's clock. A machine without a battery may start in
 * 1970, and from 2038 on the era nearest to that is wrong.
 */
export function eraPivot(clock: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(clock, MADE) < 0 ? MADE : clock;
}

/**
 * `a - b` in units of 2^-32 s, where `b` is from this machine's clock: up to 68 years either way, or any
 * number of eras if that clock shows a time before this program was made.
 */
export function differenceFrom(a: NtpTimestamp, b: NtpTimestamp, clock: Temporal.Instant): bigint {
  const units = difference(a, b);
  if (Temporal.Instant.compare(clock, MADE) >= 0) return units;
  const behindSeconds = (MADE.epochMilliseconds - clock.epochMilliseconds) / 1000;
  const eras = Math.round((behindSeconds - Number(units >> 32n)) / TWO_TO_32);
  return units + (BigInt(eras) << 64n);
}

/** `a - b` in units of 2^-32 s, up to 68 years either way, also across a change of era. */
export function difference(a: NtpTimestamp, b: NtpTimestamp): bigint {
  return BigInt.asIntN(64, a - b);
}

/** Rounds units of 2^-32 s to the nearest nanosecond. */
export function toNanoseconds(units: bigint): bigint {
  return (units * NANOSECONDS + (1n << 31n)) >> 32n;
}

/** Seconds in the short format: never below 0, rounded up as an error bound is, at most the largest value. */
export function toShort(seconds: number): number {
  return Math.min(Math.ceil(Math.max(seconds, 0) * 65_536), 0xffff_ffff);
}

export function fromShort(short: number): number {
  return short / 65_536;
}
