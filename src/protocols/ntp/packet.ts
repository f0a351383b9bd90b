/**
 * The header of NTP packets, versions 1 to 4 (RFC 5905 §7.3): 48 octets, big-endian.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-----+-----+---------------+---------------+---------------+
 *  0 | LI | VN  |Mode |    Stratum    |     Poll      |   Precision   |
 *  4 |                          Root Delay   (short)                  |
 *  8 |                       Root Dispersion (short)                  |
 * 12 |                         Reference ID                           |
 * 16 |                  Reference Timestamp (64 bits)                 |
 * 24 |                    Origin Timestamp  (64 bits)                 |
 * 32 |                   Receive Timestamp  (64 bits)                 |
 * 40 |                   Transmit Timestamp (64 bits)                 |
 * ```
 */
import { UNSYNCHRONIZED } from "../../clock/status.ts";
import { DecodeError } from "../decode_error.ts";
import { viewOf } from "../octets.ts";
import { fromShort, type NtpTimestamp, toShort } from "./timestamp.ts";

/** The UDP port of NTP (RFC 5905 §7.2). */
export const NTP_PORT = 123;

/** Octets of the header, and of every reply without authentication. */
export const NTP_HEADER_LENGTH = 48;

/** Where each field of the header begins, in octets. */
export const field = {
  flags: 0,
  stratum: 1,
  poll: 2,
  precision: 3,
  rootDelay: 4,
  rootDispersion: 8,
  referenceId: 12,
  referenceTimestamp: 16,
  originTimestamp: 24,
  receiveTimestamp: 32,
  transmitTimestamp: 40,
} as const;

/** The association modes of RFC 5905 §3, as on the wire. */
export const mode = {
  reserved: 0,
  symmetricActive: 1,
  symmetricPassive: 2,
  client: 3,
  server: 4,
  broadcast: 5,
  control: 6,
  private: 7,
} as const;

/** The leap indicator of RFC 5905 §7.3, as on the wire. */
export const leap = { none: 0, insert: 1, delete: 2, unsynchronized: UNSYNCHRONIZED } as const;

/** Its names, in the order of their numbers. */
export const leapNames = ["none", "insert", "delete", "unsynchronized"] as const;

/** All fields of the header of an NTP packet. */
export interface NtpPacket {
  /** Leap indicator, 0 to 3. */
  readonly leap: number;
  /** Version number, 0 to 7. */
  readonly version: number;
  /** Association mode, 0 to 7. */
  readonly mode: number;
  /** Stratum, 0 to 255. */
  readonly stratum: number;
  /** Poll interval as a power of two of seconds, -128 to 127. */
  readonly poll: number;
  /** Precision as a power of two of seconds, -128 to 127. */
  readonly precision: number;
  /** Round-trip delay to the reference clock, in seconds. */
  readonly rootDelay: number;
  /** Error bound to the reference clock, in seconds. */
  readonly rootDispersion: number;
  /** Reference identifier, 32 bits. */
  readonly referenceId: number;
  /** When the clock was last set. */
  readonly referenceTimestamp: NtpTimestamp;
  /** The transmit timestamp of the packet that this one answers. */
  readonly originTimestamp: NtpTimestamp;
  /** When that packet came. */
  readonly receiveTimestamp: NtpTimestamp;
  /** When this packet left. */
  readonly transmitTimestamp: NtpTimestamp;
}

/** Encodes a header. */
export function encodeNtpPacket(packet: NtpPacket): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(NTP_HEADER_LENGTH);
  const view = new DataView(octets.buffer);
  view.setUint8(field.flags, packet.leap << 6 | packet.version << 3 | packet.mode);
  view.setUint8(field.stratum, packet.stratum);
  view.setInt8(field.poll, packet.poll);
  view.setInt8(field.precision, packet.precision);
  view.setUint32(field.rootDelay, toShort(packet.rootDelay));
  view.setUint32(field.rootDispersion, toShort(packet.rootDispersion));
  view.setUint32(field.referenceId, packet.referenceId);
  view.setBigUint64(field.referenceTimestamp, packet.referenceTimestamp);
  view.setBigUint64(field.originTimestamp, packet.originTimestamp);
  view.setBigUint64(field.receiveTimestamp, packet.receiveTimestamp);
  view.setBigUint64(field.transmitTimestamp, packet.transmitTimestamp);
  return octets;
}

/**
 * Decodes the header of a datagram; the values are not checked.
 *
 * @throws {DecodeError} If there are fewer than 48 octets
 */
export function decodeNtpPacket(octets: Uint8Array): NtpPacket {
  if (octets.length < NTP_HEADER_LENGTH) throw new DecodeError("not an NTP packet", octets);
  const view = viewOf(octets);
  const flags = view.getUint8(field.flags);
  return {
    leap: flags >> 6,
    version: flags >> 3 & 7,
    mode: flags & 7,
    stratum: view.getUint8(field.stratum),
    poll: view.getInt8(field.poll),
    precision: view.getInt8(field.precision),
    rootDelay: fromShort(view.getUint32(field.rootDelay)),
    rootDispersion: fromShort(view.getUint32(field.rootDispersion)),
    referenceId: view.getUint32(field.referenceId),
    referenceTimestamp: view.getBigUint64(field.referenceTimestamp),
    originTimestamp: view.getBigUint64(field.originTimestamp),
    receiveTimestamp: view.getBigUint64(field.receiveTimestamp),
    transmitTimestamp: view.getBigUint64(field.transmitTimestamp),
  };
}
