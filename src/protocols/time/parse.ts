import { DecodeError } from "../decode_error.ts";
import { toInstant } from "../ntp/timestamp.ts";
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

/**
 * Whether a datagram can be a reply of the Time protocol: four octets, or the eight that GNU inetutils sends
 * where a `long` has 64 bits, the rest of them zero. Some clock shows any of these times, so that the
 * octets themselves decide nothing.
 */
export function hasTimeForm(octets: Uint8Array): boolean {
  return octets.length === TIME_REPLY_LENGTH ||
    octets.length === 2 * TIME_REPLY_LENGTH && getUint32(octets, TIME_REPLY_LENGTH) === 0;
}

/**
 * The same, but no word of four letters, or of three and a line feed, that somebody typed: one time in five
 * thousand looks like one. The text that it gets is answered by no service.
 */
export function looksLikeTime(octets: Uint8Array): boolean {
  return hasTimeForm(octets) && !isWord(octets);
}

function isWord(octets: Uint8Array): boolean {
  if (octets.length !== TIME_REPLY_LENGTH) return false;
  for (let i = 0; i < TIME_REPLY_LENGTH; i++) {
    const octet = octets[i] as number;
    const isLast = i === TIME_REPLY_LENGTH - 1;
    const letter = i === 0 ? octet | SMALL : octet;
    if (!(letter >= SMALL_A && letter <= SMALL_Z || isLast && octet === LINE_FEED)) return false;
  }
  return true;
}

const SMALL = 0x20;
const SMALL_A = 0x61;
const SMALL_Z = 0x7a;
const LINE_FEED = 0x0a;
