import { quote } from "./json.ts";

/**
 * An IP address in four words of 32 bits, the most significant first: a server compares them for each
 * datagram. An IPv4 address is the IPv6 one that carries it, `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2), so that
 * each has one form only.
 */
export type IpWords = Uint32Array;

const MAPPED = 0xffff;

const DOT = 0x2e;
const ZERO = 0x30;

/**
 * Parses an address, ignoring a zone; all words are zero if the text is not an address.
 *
 * @returns Whether it is one
 */
export function parseIpWords(text: string, words: IpWords): boolean {
  words.fill(0);
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) {
    setIpv4(words, ipv4);
    return true;
  }
  const groups = parseIpv6(text);
  groups?.forEach((group, i) => {
    words[i >> 1] = (words[i >> 1] as number) << 16 | group;
  });
  return groups !== undefined;
}

export function setIpv4(words: IpWords, ipv4: number): void {
  words[0] = words[1] = 0;
  words[2] = MAPPED;
  words[3] = ipv4;
}

/** Parses four decimal numbers and nothing else: the form in which Deno gives every datagram's address. */
function parseIpv4(text: string): number | undefined {
  let [address, octet, dots] = [0, -1, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT && dots < 3 && octet >= 0) {
      address = address << 8 | octet;
      octet = -1;
      dots++;
    } else if (code >= ZERO && code <= ZERO + 9 && octet !== 0) {
      octet = Math.max(octet, 0) * 10 + code - ZERO;
      if (octet > 255) return undefined;
    } else {
      // Also for a leading zero, which some programs read as octal.
      return undefined;
    }
  }
  return dots === 3 && octet >= 0 ? (address << 8 | octet) >>> 0 : undefined;
}

/** Parses the text forms of RFC 4291 §2.2 into eight groups of 16 bits. */
function parseIpv6(text: string): readonly number[] | undefined {
  const [bare = ""] = text.split("%", 1);
  const [head = "", tail, ...others] = bare.split("::");
  const before = parseGroups(head, tail === undefined);
  if (tail === undefined) return before?.length === 8 ? before : undefined;
  const after = parseGroups(tail, true);
  if (before === undefined || after === undefined || others.length > 0) return undefined;
  const zeros = 8 - before.length - after.length;
  return zeros < 1 ? undefined : [...before, ...new Array<number>(zeros).fill(0), ...after];
}

/** Parses groups between colons; the last one may be an IPv4 address, which is two. */
function parseGroups(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const ipv4 = isLast ? parseIpv4(groups.at(-1) ?? "") : undefined;
  if (ipv4 !== undefined) groups.pop();
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const numbers = groups.map((group) => parseInt(group, 16));
  return ipv4 === undefined ? numbers : [...numbers, ipv4 >>> 16, ipv4 & 0xffff];
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
  if (isIpv4(words)) {
    const ipv4 = words[3] as number;
    return [ipv4 >>> 24, ipv4 >>> 16 & 255, ipv4 >>> 8 & 255, ipv4 & 255].join(".");
  }
  const groups = Array.from(words, (word) => [word >>> 16, word & 0xffff]).flat();
  const text = groups.map((group) => group.toString(16)).join(":");
  // The URL standard shortens addresses as RFC 5952 does.
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

export interface Network {
  readonly family: "ipv4" | "ipv6";
  readonly words: IpWords;
  /** The prefix length. */
  readonly length: number;
}

/** More than any address and prefix length: 39 digits and colons, or 45 with an IPv4 part. */
const MAX_NETWORK_LENGTH = 50;

/**
 * Parses a network such as `192.0.2.0/24`, a single address, or `all`, which is two networks.
 *
 * @throws {SyntaxError} If it is none of these
 */
export function parseNetworks(text: string): Network[] {
  if (text === "all") return [...parseNetworks("0.0.0.0/0"), ...parseNetworks("::/0")];
  const [address = "", length, ...rest] = text.split("/");
  const bits = address.includes(":") ? 128 : 32;
  const given = length === undefined ? bits : /^\d+$/.test(length) ? Number(length) : Infinity;
  const words = new Uint32Array(4);
  const isNetwork = text.length <= MAX_NETWORK_LENGTH && rest.length === 0 && given <= bits &&
    parseIpWords(address, words) && !address.includes("%");
  if (!isNetwork) {
    throw new SyntaxError(
      `Cannot read the network ${quote(text)}: expected one such as 192.0.2.0/24 or 2001:db8::/32`,
    );
  }
  const isMapped = isIpv4(words);
  // A prefix shorter than ::ffff:0:0/96 covers IPv6 addresses too.
  if (!isMapped || bits === 128 && given < 96) return [{ family: "ipv6", words, length: given }];
  return [{ family: "ipv4", words, length: bits === 128 ? given - 96 : given }];
}

/** Whether an address is in one of the networks; false for a text that is no address. */
export function isWithin(address: string, networks: readonly Network[]): boolean {
  const words = new Uint32Array(4);
  if (!parseIpWords(address, words)) return false;
  const bits = toBits(words);
  return networks.some(({ family, words, length }) =>
    bits.startsWith(toBits(words).slice(0, family === "ipv4" ? 96 + length : length))
  );
}

function toBits(words: IpWords): string {
  return Array.from(words, (word) => word.toString(2).padStart(32, "0")).join("");
}
