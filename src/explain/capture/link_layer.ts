import { getUint16 } from "../../protocols/octets.ts";

const etherType = { ipv4: 0x0800, ipv6: 0x86dd, pppoe: 0x8864 } as const;
const pppProtocol = { ipv4: 0x21, ipv6: 0x57 } as const;

/** Tags of VLANs, four octets each: 802.1Q, the service tag of 802.1ad and its predecessors. */
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100, 0x9200];

/** An Ethernet type below this is a length, and an LLC header follows. */
const MIN_ETHER_TYPE = 0x0600;

/** LLC and SNAP with no organisation: an Ethernet type follows (RFC 1042). */
const SNAP: readonly number[] = [0xaa, 0xaa, 0x03, 0, 0, 0];

const PPPOE_HEADER_LENGTH = 6;

/** Where the IP header begins, by the LINKTYPE numbers of tcpdump.org. */
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

export function isKnownLinkType(linkType: number): boolean {
  return linkTypes.has(linkType);
}

/** Where the IP header begins in a frame of a known link type; undefined if it carries no IP. */
export function findIpHeader(linkType: number, octets: Uint8Array): number | undefined {
  const at = linkTypes.get(linkType)?.(octets);
  return at !== undefined && at < octets.length ? at : undefined;
}

/** Follows an Ethernet type at `at`; the next header is at `next`. */
function afterEtherType(octets: Uint8Array, at: number, next = at + 2): number | undefined {
  if (next + 2 > octets.length) return undefined;
  const type = getUint16(octets, at);
  if (type === etherType.ipv4 || type === etherType.ipv6) return next;
  // The control information of a tag comes first, then the next type.
  if (VLAN_TAGS.includes(type)) return afterEtherType(octets, next + 2);
  if (type === etherType.pppoe) return afterPpp(octets, next + PPPOE_HEADER_LENGTH);
  if (type < MIN_ETHER_TYPE && SNAP.every((octet, i) => octets[next + i] === octet)) {
    return afterEtherType(octets, next + SNAP.length);
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
