/** The reference identifier of an NTP server: what its time comes from (RFC 5905 §7.3). */

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/**
 * Reads a reference identifier as people write it: an IPv4 address, or one to
 * four printable ASCII characters.
 *
 * @throws {SyntaxError} If it is neither
 */
export function parseReferenceId(text: string): number {
  const octets = IPV4.exec(text)?.slice(1).map(Number);
  if (octets) {
    if (octets.some((octet) => octet > 255)) {
      throw new SyntaxError(`Cannot read reference id "${text}": an octet is above 255`);
    }
    return octets.reduce((id, octet) => id * 256 + octet, 0);
  }
  if (!/^[\x21-\x7e]{1,4}$/.test(text)) {
    throw new SyntaxError(
      `Cannot read reference id ${
        JSON.stringify(text)
      }: expected an IPv4 address, or 1 to 4 ASCII characters`,
    );
  }
  return [...text.padEnd(4, "\0")].reduce((id, char) => id * 256 + char.charCodeAt(0), 0);
}

/**
 * Writes a reference identifier for people, by its kind: a kiss code or the
 * name of a reference clock as its characters, otherwise an address. At stratum 2 and above it
 * is the IPv4 address of the server's own source, or four octets of a hash if
 * that is an IPv6 one; nothing tells the two apart.
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
