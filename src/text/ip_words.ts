import ipaddr from "ipaddr.js";

/**
 * An IP address in four words of 32 bits, the most significant first: a server compares them for each
 * datagram. An IPv4 address is the IPv6 one that carries it, `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2), so that
 * each has one form only.
 */
export type IpWords = Uint32Array;

const MAPPED = 0xffff;

const DOT = 0x2e;
const ZERO = 0x30;

/** Parses an address, ignoring a zone; all words are zero if the text is not an address. */
export function parseIpWords(text: string, words: IpWords): void {
  words.fill(0);
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) {
    setIpv4(words, ipv4);
  } else if (ipaddr.IPv6.isValid(text)) {
    ipaddr.parse(text).toByteArray().forEach((octet, i) => {
      words[i >> 2] = (words[i >> 2] as number) << 8 | octet;
    });
  }
}

export function setIpv4(words: IpWords, ipv4: number): void {
  words[0] = words[1] = 0;
  words[2] = MAPPED;
  words[3] = ipv4;
}

/** Parses four decimal numbers and nothing else: the form in which Deno gives every datagram's address. */
function parseIpv4(text: string): number | undefined {
  let [address, octet, dots] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT && dots < 3) {
      address = address << 8 | octet;
      octet = 0;
      dots++;
    } else if (code >= ZERO && code <= ZERO + 9) {
      octet = octet * 10 + code - ZERO;
      if (octet > 255) return undefined;
    } else {
      return undefined;
    }
  }
  return dots === 3 ? (address << 8 | octet) >>> 0 : undefined;
}

export function isIpv4(words: IpWords): boolean {
  return words[2] === MAPPED && words[0] === 0 && words[1] === 0;
}

/** Whether it is an IPv4 address behind a translator that uses the well-known prefix 64:ff9b::/96 (RFC 6052 §2.1). */
export function isNat64(words: IpWords): boolean {
  return words[0] === 0x64ff9b && words[1] === 0 && words[2] === 0;
}

/** Whether it is a loopback address: 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1. */
export function isLoopbackIp(words: IpWords): boolean {
  if (isIpv4(words)) return (words[3] as number) >>> 24 === 127;
  return words[3] === 1 && words[0] === 0 && words[1] === 0 && words[2] === 0;
}

/**
 * Whether it can belong to one machine: not unspecified, multicast or broadcast (RFC 1122 §3.2.1.3,
 * RFC 4291 §2.5.2 and §2.7).
 */
export function isUnicastIp(words: IpWords): boolean {
  if (!isIpv4(words)) {
    const isUnspecified = words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0;
    return !isUnspecified && (words[0] as number) >>> 24 !== 0xff;
  }
  const first = (words[3] as number) >>> 24;
  // 240.0.0.0/4 is reserved, and ends with the limited broadcast address.
  return first !== 0 && first < 224;
}

/** Formats an address as RFC 5952 recommends; an IPv4 one as such. */
export function formatIpWords(words: IpWords): string {
  const octets = Array.from(
    { length: 16 },
    (_, i) => (words[i >> 2] as number) >>> 24 - (i & 3) * 8 & 255,
  );
  return ipaddr.fromByteArray(isIpv4(words) ? octets.slice(12) : octets).toString();
}
