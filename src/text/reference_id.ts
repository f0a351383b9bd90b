import { quote } from "./json.ts";
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Parses a reference identifier (RFC 5905 §7.3): an IPv4 address, or 1 to 4 printable ASCII characters. */
export function parseReferenceId(text: string): number {
  const octets = IPV4.exec(text)?.slice(1).map(Number);
  if (octets) {
    if (octets.some((octet) => octet > 255)) {
      throw new SyntaxError(`Cannot read reference id ${quote(text)}: an octet is above 255`);
    }
    return octets.reduce((id, octet) => id * 256 + octet, 0);
  }
  if (!/^[\x21-\x7e]{1,4}$/.test(text)) {
    throw new SyntaxError(
      `Cannot read reference id ${
        quote(text)
      }: expected an IPv4 address, or 1 to 4 ASCII characters`,
    );
  }
  return [...text.padEnd(4, "\0")].reduce((id, char) => id * 256 + char.charCodeAt(0), 0);
}

/**
 * Formats a reference identifier: up to stratum 1 as the characters of a kiss code or a reference clock's
 * name, above as an IPv4 address. The latter is the address of the server's own source, or part of a hash
 * of its IPv6 address; the two cannot be distinguished.
 */
export function formatReferenceId(referenceId: number, stratum: number): string {
  const octets = [24, 16, 8, 0].map((shift) => referenceId >>> shift & 255);
  if (stratum <= 1) {
    const end = octets.indexOf(0);
    const name = end < 0 ? octets : octets.slice(0, end);
    const padding = end < 0 ? [] : octets.slice(end);
    const isName = name.every((octet) => octet >= 0x20 && octet < 0x7f);
    if (isName && padding.every((octet) => octet === 0)) return String.fromCharCode(...name);
    return `0x${referenceId.toString(16).padStart(8, "0")}`;
  }
  return octets.join(".");
}
