/** The fields of recorded datagrams, as JSON has them. */
import type { RecordedDatagram } from "../../client/control_api.ts";
import { decodeNtpPacket, NTP_HEADER_LENGTH } from "../../protocols/ntp/packet.ts";
import { isPrintable } from "../../protocols/octets.ts";
import type { WireProtocol } from "../../protocols/registry.ts";
import { escapeLine } from "../../text/printable.ts";

const MAX_TEXT = 80;

/** Reads the fields of a datagram. */
export function fieldsOf(octets: Uint8Array, protocol: WireProtocol): RecordedDatagram {
  const { length } = octets;
  if (protocol === "ntp" && length >= NTP_HEADER_LENGTH) {
    const { referenceId, referenceTimestamp, originTimestamp, receiveTimestamp, ...rest } =
      decodeNtpPacket(octets);
    const { transmitTimestamp, ...numbers } = rest;
    return {
      octets: length,
      ...numbers,
      referenceId: referenceId.toString(16).padStart(8, "0"),
      referenceTimestamp: hexOf(referenceTimestamp),
      originTimestamp: hexOf(originTimestamp),
      receiveTimestamp: hexOf(receiveTimestamp),
      transmitTimestamp: hexOf(transmitTimestamp),
    };
  }
  if (!isPrintable(octets)) return { octets: length };
  return { octets: length, text: escapeLine(new TextDecoder().decode(octets), MAX_TEXT) };
}

function hexOf(timestamp: bigint): string {
  return timestamp.toString(16).padStart(16, "0");
}
