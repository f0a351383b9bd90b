import { getUint16 } from "../../protocols/octets.ts";
import { CaptureError } from "./capture_error.ts";
import type { Frame } from "./frame.ts";
import { readIp } from "./ip_packet.ts";
import { findIpHeader, isKnownLinkType } from "./link_layer.ts";

/** A UDP datagram, its sender, its receiver and the time it was captured. */
export interface Datagram {
  /** When it passed the machine that captured it. */
  readonly time: Temporal.Instant;
  /** The sender. */
  readonly from: DatagramAddress;
  /** The receiver. */
  readonly to: DatagramAddress;
  /** The payload. */
  readonly octets: Uint8Array;
}

/** An address as text, IPv6 without brackets, and a port. */
export interface DatagramAddress {
  /** The address. */
  readonly hostname: string;
  /** The UDP port. */
  readonly port: number;
}

const UDP_HEADER_LENGTH = 8;

/** Reads the datagram of a frame: the reason if it cannot be read, undefined if there is none. */
export function readDatagram(frame: Frame): Datagram | string | undefined {
  const { linkType, octets, nanoseconds } = frame;
  if (!isKnownLinkType(linkType)) return `of link type ${linkType}, which is not supported`;
  const at = findIpHeader(linkType, octets);
  const packet = at === undefined ? undefined : readIp(octets.subarray(at));
  if (packet === "fragment") return "with IP fragments, which are not reassembled";
  if (!packet || packet.udp.length < UDP_HEADER_LENGTH) return undefined;
  const { udp, from, to } = packet;
  const length = getUint16(udp, 4);
  if (length < UDP_HEADER_LENGTH) return undefined;
  if (length > udp.length) return "not captured in full";
  if (nanoseconds === undefined) return "without a time (simple packet blocks)";
  return {
    time: toInstant(nanoseconds),
    from: { hostname: from, port: getUint16(udp, 0) },
    to: { hostname: to, port: getUint16(udp, 2) },
    octets: udp.subarray(UDP_HEADER_LENGTH, length),
  };
}

/** A timestamp of 64 bits may be beyond the range of an instant. */
function toInstant(nanoseconds: bigint): Temporal.Instant {
  const seconds = nanoseconds / 1_000_000_000n;
  if (seconds < -(2n ** 33n) || seconds > 2n ** 34n) {
    throw new CaptureError("a frame timestamp outside 1697 to 2514");
  }
  return Temporal.Instant.fromEpochNanoseconds(nanoseconds);
}
