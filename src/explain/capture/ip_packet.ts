import { getUint16 } from "../../protocols/octets.ts";

export interface UdpPacket {
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
export function readIp(octets: Uint8Array, tunnels = 0): UdpPacket | "fragment" | undefined {
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
