import { getUint16, getUint32 } from "../octets.ts";
import { field, leap, mode, NTP_HEADER_LENGTH } from "./packet.ts";

/** Recognises what must get no reply: a server's reply or broadcast, or its response to a control message. */
export function looksLikeNtp(octets: Uint8Array): boolean {
  if (octets.length < PRIVATE_HEADER_LENGTH) return false;
  const flags = octets[field.flags] as number;
  const version = flags >> 3 & 7;
  if (version < 1 || version > 4) return false;
  switch (flags & 7) {
    case mode.server:
    case mode.symmetricPassive:
    case mode.broadcast:
      return isTimeReply(octets);
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
function isTimeReply(octets: Uint8Array): boolean {
  if (octets.length < NTP_HEADER_LENGTH || octets.length % 4 !== 0) return false;
  if ((octets[field.stratum] as number) > MAX_STRATUM) return false;
  if (isZero(octets, field.receiveTimestamp)) {
    // A broadcast has no receive timestamp, nor has the reply of a server without a time, such as a KoD.
    const isBroadcast = ((octets[field.flags] as number) & 7) === mode.broadcast;
    return isBroadcast ? !isZero(octets, field.transmitTimestamp) : isUnsynchronized(octets);
  }
  return hasReplyTimes(octets) && !isOneOctet(octets);
}

/** Whether a packet of 48 octets or more left within a second or two of the arrival of another one. */
export function hasReplyTimes(octets: Uint8Array): boolean {
  if (isZero(octets, field.receiveTimestamp)) return false;
  const delaySeconds = getUint32(octets, field.transmitTimestamp) -
      getUint32(octets, field.receiveTimestamp) | 0;
  return delaySeconds === 0 || delaySeconds === 1;
}

function isZero(octets: Uint8Array, at: number): boolean {
  return getUint32(octets, at) === 0 && getUint32(octets, at + 4) === 0;
}

function isUnsynchronized(octets: Uint8Array): boolean {
  return (octets[field.flags] as number) >> 6 === leap.unsynchronized &&
    octets[field.stratum] === 0;
}

/** A datagram that repeats one octet is no reply, though its timestamps are equal: testers send such. */
function isOneOctet(octets: Uint8Array): boolean {
  for (let i = 1; i < octets.length; i++) if (octets[i] !== octets[0]) return false;
  return true;
}

const CONTROL_HEADER_LENGTH = 12;
const RESPONSE_BIT = 0x80;

/** RFC 9327 §2: the response bit, and a count that is the length of what follows. */
function isControlResponse(octets: Uint8Array): boolean {
  return octets.length >= CONTROL_HEADER_LENGTH && ((octets[1] as number) & RESPONSE_BIT) !== 0 &&
    octets.length === CONTROL_HEADER_LENGTH + Math.ceil(getUint16(octets, 10) / 4) * 4;
}

const PRIVATE_HEADER_LENGTH = 8;

/** ntpd's `ntp_request.h`: the response bit, the number of items and the size of each. */
function isPrivateResponse(octets: Uint8Array): boolean {
  const items = getUint16(octets, 4) & 0xfff;
  const size = getUint16(octets, 6) & 0xfff;
  return ((octets[field.flags] as number) & RESPONSE_BIT) !== 0 &&
    octets.length === PRIVATE_HEADER_LENGTH + items * size;
}
