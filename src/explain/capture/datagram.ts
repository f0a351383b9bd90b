/** UDP datagrams in the frames of a capture. */
import { getUint16, getUint32 } from "../../protocols/octets.ts";
import { CaptureError } from "./capture_error.ts";
import type { Frame } from "./frame.ts";

/** A datagram, who sent it and when it passed. */
export interface Datagram {
  /** When it passed whoever captured it. */
  readonly time: Temporal.Instant;
  /** Who sent it. */
  readonly from: DatagramAddress;
  /** To whom. */
  readonly to: DatagramAddress;
  /** What it carries. */
  readonly octets: Uint8Array;
}

/** An address as text, IPv6 without brackets, and a port. */
export interface DatagramAddress {
  /** The address. */
  readonly hostname: string;
  /** The UDP port. */
  readonly port: number;
}

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** Tags of VLANs, four octets each. */
const TAGS: readonly number[] = [0x8100, 0x88a8];
const UDP = 17;

/** The datagram of a frame, if it has a whole one; `"cut"` if the end of one was not captured. */
export function datagramOf(frame: Frame): Datagram | "cut" | undefined {
  const { octets } = frame;
  const at = networkLayer(frame);
  const version = at === undefined ? undefined : (octets[at] ?? 0) >> 4;
  const ip = at === undefined
    ? undefined
    : version === 4
    ? readIpv4(octets.subarray(at))
    : version === 6
    ? readIpv6(octets.subarray(at))
    : undefined;
  if (!ip || ip.rest.length < 8) return undefined;
  const length = getUint16(ip.rest, 4);
  if (length < 8) return undefined;
  if (length > ip.rest.length) return "cut";
  return {
    time: instantOf(frame),
    from: { hostname: ip.from, port: getUint16(ip.rest, 0) },
    to: { hostname: ip.to, port: getUint16(ip.rest, 2) },
    octets: ip.rest.subarray(8, length),
  };
}

/** A timestamp of any 64 bits may be beyond what an instant reaches, or a program is used for. */
function instantOf({ nanoseconds }: Frame): Temporal.Instant {
  const seconds = nanoseconds / 1_000_000_000n;
  if (seconds < -(2n ** 33n) || seconds > 2n ** 34n) {
    throw new CaptureError("a time of no century in it");
  }
  return Temporal.Instant.fromEpochNanoseconds(nanoseconds);
}

/** Where the IP header begins, by the kind of link (LINKTYPE numbers of tcpdump.org). */
function networkLayer({ linkType, octets }: Frame): number | undefined {
  switch (linkType) {
    case 0: // BSD loopback
    case 108: // OpenBSD loopback
      return 4;
    case 1: { // Ethernet
      let at = 12;
      while (at + 4 <= octets.length && TAGS.includes(getUint16(octets, at))) at += 4;
      return ifIp(octets, at, at + 2);
    }
    case 12: // raw IP, where LINKTYPE and DLT differ
    case 101: // raw IP
    case 228: // IPv4
    case 229: // IPv6
      return 0;
    case 113: // Linux cooked
      return ifIp(octets, 14, 16);
    case 276: // Linux cooked, version 2
      return ifIp(octets, 0, 20);
    default:
      throw new CaptureError(`frames of link type ${linkType}, which are not understood`);
  }
}

function ifIp(octets: Uint8Array, typeAt: number, at: number): number | undefined {
  if (octets.length < at) return undefined;
  const type = getUint16(octets, typeAt);
  return type === IPV4 || type === IPV6 ? at : undefined;
}

/** What an IP packet carries, who sent it and to whom; nothing if it is no whole UDP datagram. */
interface Carried {
  readonly from: string;
  readonly to: string;
  readonly rest: Uint8Array;
}

function readIpv4(octets: Uint8Array): Carried | undefined {
  const header = ((octets[0] ?? 0) & 15) * 4;
  if (header < 20 || octets.length < header || octets[9] !== UDP) return undefined;
  // A fragment, be it the first, is no datagram: neither "more" nor an offset may be set.
  if ((getUint16(octets, 6) & 0x3fff) !== 0) return undefined;
  const address = (at: number): string => octets.subarray(at, at + 4).join(".");
  return { from: address(12), to: address(16), rest: octets.subarray(header) };
}

const IPV6_HEADER = 40;
/** Hop-by-hop options, routing and destination options: length in units of eight octets. */
const IPV6_OPTIONS: readonly number[] = [0, 43, 60];

function readIpv6(octets: Uint8Array): Carried | undefined {
  if (octets.length < IPV6_HEADER) return undefined;
  let next = octets[6];
  let at = IPV6_HEADER;
  while (next !== undefined && IPV6_OPTIONS.includes(next) && at + 8 <= octets.length) {
    next = octets[at];
    at += ((octets[at + 1] as number) + 1) * 8;
  }
  if (next !== UDP) return undefined;
  return { from: ipv6Text(octets, 8), to: ipv6Text(octets, 24), rest: octets.subarray(at) };
}

/** An address in the short form that URLs have. */
function ipv6Text(octets: Uint8Array, at: number): string {
  const groups = [0, 4, 8, 12].flatMap((i) => {
    const word = getUint32(octets, at + i);
    return [word >>> 16, word & 0xffff];
  });
  const url = new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]`);
  return url.hostname.slice(1, -1);
}
