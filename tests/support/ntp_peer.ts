import {
  decodeNtpPacket,
  encodeNtpPacket,
  type NtpPacket,
} from "../../src/protocols/ntp/packet.ts";
import { toTimestamp } from "../../src/protocols/ntp/timestamp.ts";

/** A good reply to a request, but for the fields given. */
export function replyTo(request: Uint8Array, fields: Partial<NtpPacket> = {}): Uint8Array {
  const now = toTimestamp(Temporal.Now.instant());
  return encodeNtpPacket({
    ...decodeNtpPacket(request),
    mode: 4,
    stratum: 2,
    precision: -20,
    referenceId: 0xc0000201,
    referenceTimestamp: now - (60n << 32n),
    originTimestamp: decodeNtpPacket(request).transmitTimestamp,
    receiveTimestamp: now,
    transmitTimestamp: now + 1n,
    ...fields,
  });
}
