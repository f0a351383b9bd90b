import type { UnixTime } from "../../clock/clock.ts";
import { getUint16 } from "../../protocols/octets.ts";
import { CaptureError } from "./capture_error.ts";
import type { Frame } from "./frame.ts";
import { formatIp, readIp } from "./ip_packet.ts";
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

/** A timestamp of 64 bits may be beyond the range of an instant. */
const MIN_SECONDS = -(2 ** 33);
const MAX_SECONDS = 2 ** 34;

/** A datagram as views of its frame: most are of no time service, and nothing else is made of them. */
export interface RawDatagram {
  readonly time: Readonly<UnixTime>;
  readonly from: RawAddress;
  readonly to: RawAddress;
  readonly octets: Uint8Array;
}

interface RawAddress {
  readonly address: Uint8Array;
  readonly port: number;
}

/** Reads the datagram of a frame: the reason if it cannot be read, undefined if there is none. */
export function readDatagram(frame: Frame): RawDatagram | string | undefined {
  const { linkType, octets, time } = frame;
  if (!isKnownLinkType(linkType)) return `of link type ${linkType}, which is not supported`;
  const at = findIpHeader(linkType, octets);
  const packet = at === undefined ? undefined : readIp(octets.subarray(at));
  if (packet === "fragment") return "with IP fragments, which are not reassembled";
  if (!packet || packet.udp.length < UDP_HEADER_LENGTH) return undefined;
  const { udp, from, to } = packet;
  const length = getUint16(udp, 4);
  if (length < UDP_HEADER_LENGTH) return undefined;
  if (length > udp.length) return "not captured in full";
  if (time === undefined) return "without a time (simple packet blocks)";
  if (time.seconds < MIN_SECONDS || time.seconds > MAX_SECONDS) {
    throw new CaptureError("a frame timestamp outside 1697 to 2514");
  }
  return {
    time,
    from: { address: from, port: getUint16(udp, 0) },
    to: { address: to, port: getUint16(udp, 2) },
    octets: udp.subarray(UDP_HEADER_LENGTH, length),
  };
}

export function toDatagram({ time, from, to, octets }: RawDatagram): Datagram {
  return { time: toInstant(time), from: toAddress(from), to: toAddress(to), octets };
}

export function toInstant({ seconds, nanoseconds }: Readonly<UnixTime>): Temporal.Instant {
  return Temporal.Instant.fromEpochNanoseconds(
    BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
  );
}

function toAddress({ address, port }: RawAddress): DatagramAddress {
  return { hostname: formatIp(address), port };
}
