/**
 * What the answers of time services look like. A service that takes any datagram
 * for a request must not answer one of these, or a single forged datagram has
 * two servers talk to each other forever (CVE-1999-0103, CVE-2024-2169): not
 * only two of a kind, a Daytime and a Time server as well.
 *
 * Each form is told by more than a request has by chance: of random octets, one
 * in ten thousand at most is taken for an answer.
 */
import { field, mode, NTP_HEADER_LENGTH } from "./ntp/packet.ts";
import { toNtpSeconds } from "./ntp/timestamp.ts";
import { getUint16, getUint32 } from "./octets.ts";

/** Whether a datagram is what a service of this server, or one like it, would say now. */
export function looksLikeAnswer(octets: Uint8Array, unixSeconds: number): boolean {
  return looksLikeAsctime(octets) || looksLikeDaytime(octets) ||
    looksLikeTime(octets, unixSeconds) || looksLikeNtpAnswer(octets);
}

const SPACE = 0x20;
const COLON = 0x3a;
const LINE_FEED = 0x0a;
const LAST_PRINTABLE = 0x7e;

/** `asctime` text for years of one digit to six and a sign, and up to two octets of line end. */
const SHORTEST_ASCTIME = 21;
const LONGEST_ASCTIME = 29;

function looksLikeAsctime(octets: Uint8Array): boolean {
  return octets.length >= SHORTEST_ASCTIME && octets.length <= LONGEST_ASCTIME &&
    octets[3] === SPACE && octets[7] === SPACE && octets[10] === SPACE &&
    octets[13] === COLON && octets[16] === COLON && octets[19] === SPACE;
}

const LONGEST_LINE = 80;

/** A line such as time servers send: ended as one, with a clock time in it. */
function looksLikeDaytime(octets: Uint8Array): boolean {
  if (octets.length > LONGEST_LINE || octets[octets.length - 1] !== LINE_FEED) return false;
  let hasClock = false;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] as number;
    if (octet < LINE_FEED || octet > LAST_PRINTABLE) return false;
    if (octet === COLON && octets[i + 3] === COLON) hasClock = true;
  }
  return hasClock;
}

const SECONDS_A_DAY = 86_400;

/**
 * A reply of the Time protocol, give or take a day: four octets, or the eight
 * that GNU inetutils sends where a `long` has 64 bits, the rest of them zero.
 */
function looksLikeTime(octets: Uint8Array, unixSeconds: number): boolean {
  if (octets.length !== 4 && (octets.length !== 8 || getUint32(octets, 4) !== 0)) return false;
  const differenceSeconds = getUint32(octets, 0) - toNtpSeconds(unixSeconds) | 0;
  return Math.abs(differenceSeconds) <= SECONDS_A_DAY;
}

function looksLikeNtpAnswer(octets: Uint8Array): boolean {
  if (octets.length < SHORTEST_PRIVATE) return false;
  const flags = octets[field.flags] as number;
  const version = flags >> 3 & 7;
  if (version < 1 || version > 4) return false;
  switch (flags & 7) {
    case mode.server:
    case mode.symmetricPassive:
    case mode.broadcast:
      return isTimeTold(octets);
    case mode.control:
      return isControlResponse(octets);
    case mode.private:
      return isPrivateResponse(octets);
    default:
      return false;
  }
}

/** The largest stratum that is not reserved (RFC 5905 §7.3). */
const MAX_STRATUM = 16;

/** A reply that left within a second or two of its request's arrival, or a broadcast. */
function isTimeTold(octets: Uint8Array): boolean {
  if (octets.length < NTP_HEADER_LENGTH || octets.length % 4 !== 0) return false;
  if ((octets[field.stratum] as number) > MAX_STRATUM) return false;
  const receiveSeconds = getUint32(octets, field.receiveTimestamp);
  const receiveFraction = getUint32(octets, field.receiveTimestamp + 4);
  const transmitSeconds = getUint32(octets, field.transmitTimestamp);
  const transmitFraction = getUint32(octets, field.transmitTimestamp + 4);
  // A datagram of one octet over and over is no reply.
  if (receiveSeconds === transmitSeconds && receiveFraction === transmitFraction) return false;
  if (receiveSeconds === 0 && receiveFraction === 0) {
    return ((octets[field.flags] as number) & 7) === mode.broadcast;
  }
  const delaySeconds = transmitSeconds - receiveSeconds | 0;
  return delaySeconds === 0 || delaySeconds === 1;
}

const CONTROL_HEADER = 12;
const RESPONSE_BIT = 0x80;

/** RFC 9327 §2: the response bit, and a count that is the length of what follows. */
function isControlResponse(octets: Uint8Array): boolean {
  return octets.length >= CONTROL_HEADER && ((octets[1] as number) & RESPONSE_BIT) !== 0 &&
    octets.length === CONTROL_HEADER + Math.ceil(getUint16(octets, 10) / 4) * 4;
}

const SHORTEST_PRIVATE = 8;

/** ntpd's `ntp_request.h`: the response bit, and so many items of such a size. */
function isPrivateResponse(octets: Uint8Array): boolean {
  const items = getUint16(octets, 4) & 0xfff;
  const size = getUint16(octets, 6) & 0xfff;
  return ((octets[field.flags] as number) & RESPONSE_BIT) !== 0 &&
    octets.length === SHORTEST_PRIVATE + items * size;
}
