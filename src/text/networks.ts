import { type IpWords, isIpv4, parseIpWords } from "./ip_words.ts";
import { quote } from "./json.ts";

export interface Network {
  readonly family: "ipv4" | "ipv6";
  readonly words: IpWords;
  /** The prefix length. */
  readonly length: number;
}

/** More than any address and prefix length: 39 digits and colons, or 45 with an IPv4 part. */
const MAX_LENGTH = 50;

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
  const isNetwork = text.length <= MAX_LENGTH && rest.length === 0 && given <= bits &&
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
