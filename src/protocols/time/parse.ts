import { DecodeError } from "../decode_error.ts";
import { toInstant, toNtpSeconds } from "../ntp/timestamp.ts";
import { getUint32 } from "../octets.ts";

export const TIME_REPLY_LENGTH = 4;

/**
 * Parses a reply of the Time protocol.
 *
 * @param octets A reply as it came
 * @param pivot A time within 68 years of the one in the reply
 * @returns The second it names
 * @throws {DecodeError} If there are more or fewer than four octets
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseTime } from "@timesrv/timesrv/protocols";
 *
 * const octets = new Uint8Array([0x83, 0xaa, 0x7e, 0x80]);
 * assertEquals(parseTime(octets, Temporal.Now.instant()).toString(), "1970-01-01T00:00:00Z");
 * ```
 */
export function parseTime(octets: Uint8Array, pivot: Temporal.Instant): Temporal.Instant {
  if (octets.length !== TIME_REPLY_LENGTH) {
    throw new DecodeError("not a time of RFC 868, which has 4 octets", octets);
  }
  return toInstant(BigInt(getUint32(octets, 0)) << 32n, pivot);
}

const DAY_SECONDS = 86_400;

/**
 * Whether a datagram is a reply of the Time protocol within a day of a time: four octets, or the
 * eight that GNU inetutils sends where a `long` has 64 bits, the rest of them zero.
 */
export function looksLikeTime(octets: Uint8Array, unixSeconds: number): boolean {
  if (octets.length !== 4 && (octets.length !== 8 || getUint32(octets, 4) !== 0)) return false;
  const differenceSeconds = getUint32(octets, 0) - toNtpSeconds(unixSeconds) | 0;
  return Math.abs(differenceSeconds) <= DAY_SECONDS;
}
