import type { UnixTime } from "../../clock/clock.ts";
import { getUint16 } from "../../protocols/octets.ts";
import { CaptureError, type Frame } from "./frame.ts";

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
  const findIp = linkTypes.get(linkType);
  if (findIp === undefined) return `of link type ${linkType}, which is not supported`;
  const at = findIp(octets);
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

interface UdpPacket {
  /** The addresses, 4 or 16 octets each. */
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** The UDP header and what follows it, as far as it was captured. */
  readonly udp: Uint8Array;
}

const protocol = { ipv4: 4, udp: 17, ipv6: 41, fragment: 44, authentication: 51 } as const;

/** Hop-by-hop options, routing, destination options, mobility, HIP and Shim6: lengths in units of eight octets. */
const IPV6_EXTENSIONS: readonly number[] = [0, 43, 60, 135, 139, 140];

const IPV6_HEADER_LENGTH = 40;

/** The most tunnels within each other: a hostile file may have nothing else. */
const MAX_TUNNELS = 4;

/** Reads the UDP datagram of an IP packet: `"fragment"` if there is only a part, undefined if there is none. */
function readIp(octets: Uint8Array, tunnels = 0): UdpPacket | "fragment" | undefined {
  switch ((octets[0] ?? 0) >> 4) {
    case 4:
      return readIpv4(octets, tunnels);
    case 6:
      return readIpv6(octets, tunnels);
    default:
      return undefined;
  }
}

function readIpv4(octets: Uint8Array, tunnels: number): UdpPacket | "fragment" | undefined {
  const header = ((octets[0] as number) & 15) * 4;
  if (header < 20 || octets.length < header) return undefined;
  // Neither "more fragments" nor an offset may be set.
  if ((getUint16(octets, 6) & 0x3fff) !== 0) return "fragment";
  const addresses = { from: octets.subarray(12, 16), to: octets.subarray(16, 20) };
  return readNext(octets, octets[9] as number, header, addresses, tunnels);
}

function readIpv6(octets: Uint8Array, tunnels: number): UdpPacket | "fragment" | undefined {
  if (octets.length < IPV6_HEADER_LENGTH) return undefined;
  const addresses = { from: octets.subarray(8, 24), to: octets.subarray(24, 40) };
  return readNext(octets, octets[6] as number, IPV6_HEADER_LENGTH, addresses, tunnels);
}

function readNext(
  octets: Uint8Array,
  first: number,
  start: number,
  addresses: Pick<UdpPacket, "from" | "to">,
  tunnels: number,
): UdpPacket | "fragment" | undefined {
  let next = first;
  let at = start;
  while (next !== protocol.udp) {
    if (next === protocol.ipv4 || next === protocol.ipv6) {
      return tunnels < MAX_TUNNELS ? readIp(octets.subarray(at), tunnels + 1) : undefined;
    }
    if (at + 8 > octets.length) return undefined;
    const length = octets[at + 1] as number;
    if (next === protocol.fragment) {
      // The first fragment that is also the last is whole: an atomic fragment (RFC 6946).
      if ((getUint16(octets, at + 2) & 0xfff9) !== 0) return "fragment";
      next = octets[at] as number;
      at += 8;
    } else if (next === protocol.authentication) {
      next = octets[at] as number;
      at += (length + 2) * 4;
    } else if (IPV6_EXTENSIONS.includes(next)) {
      next = octets[at] as number;
      at += (length + 1) * 8;
    } else {
      return undefined;
    }
  }
  return { ...addresses, udp: octets.subarray(at) };
}

/** Formats an address; of IPv6 in the short form of URLs. */
export function formatIp(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => getUint16(address, 2 * i).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

const etherType = { ipv4: 0x0800, ipv6: 0x86dd, pppoe: 0x8864 } as const;
const pppProtocol = { ipv4: 0x21, ipv6: 0x57 } as const;

/** Tags of VLANs, four octets each: 802.1Q, the service tag of 802.1ad and its predecessors. */
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100, 0x9200];

/** An Ethernet type below this is a length, and an LLC header follows. */
const MIN_ETHER_TYPE = 0x0600;

/** LLC and SNAP with no organisation: an Ethernet type follows (RFC 1042). */
const SNAP: readonly number[] = [0xaa, 0xaa, 0x03, 0, 0, 0];

const PPPOE_HEADER_LENGTH = 6;

/** Where the IP header begins, by the LINKTYPE numbers of tcpdump.org; undefined if a frame carries no IP. */
const linkTypes = new Map<number, (octets: Uint8Array) => number | undefined>([
  [0, () => 4], // BSD loopback
  [1, (octets) => afterEtherType(octets, 12)], // Ethernet
  [9, (octets) => afterPpp(octets, 0)], // PPP
  [12, () => 0], // raw IP, where LINKTYPE and DLT differ
  [14, () => 0], // raw IP of OpenBSD
  [50, (octets) => afterPpp(octets, 0)], // PPP in HDLC framing
  [51, (octets) => afterPpp(octets, PPPOE_HEADER_LENGTH)], // PPPoE without Ethernet
  [101, () => 0], // raw IP
  [108, () => 4], // OpenBSD loopback
  [113, (octets) => afterEtherType(octets, 14)], // Linux cooked capture
  [228, () => 0], // raw IPv4
  [229, () => 0], // raw IPv6
  [276, (octets) => afterEtherType(octets, 0, 20)], // Linux cooked capture, version 2
]);

/** Follows an Ethernet type at `first`; the next header is at `start`. */
function afterEtherType(octets: Uint8Array, first: number, start = first + 2): number | undefined {
  let at = first;
  // A hostile frame may have nothing but tags: a call for each would exhaust the stack.
  for (let next = start; next + 2 <= octets.length; next = at + 2) {
    const type = getUint16(octets, at);
    if (type === etherType.ipv4 || type === etherType.ipv6) return next;
    if (type === etherType.pppoe) return afterPpp(octets, next + PPPOE_HEADER_LENGTH);
    const isSnap = type < MIN_ETHER_TYPE && SNAP.every((octet, i) => octets[next + i] === octet);
    if (!isSnap && !VLAN_TAGS.includes(type)) return undefined;
    // The control information of a tag, or the header of LLC, comes first, then the next type.
    at = next + (isSnap ? SNAP.length : 2);
  }
  return undefined;
}

/** Follows a PPP header: address and control may be left out, and so may a leading zero (RFC 1661 §6.5). */
function afterPpp(octets: Uint8Array, at: number): number | undefined {
  const start = octets[at] === 0xff && octets[at + 1] === 0x03 ? at + 2 : at;
  if (start + 2 > octets.length) return undefined;
  const isShort = ((octets[start] as number) & 1) === 1;
  const protocol = isShort ? octets[start] : getUint16(octets, start);
  const isIp = protocol === pppProtocol.ipv4 || protocol === pppProtocol.ipv6;
  return isIp ? start + (isShort ? 1 : 2) : undefined;
}
