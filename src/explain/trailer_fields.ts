/** What follows the header of an NTP packet (RFC 5905 §7.5, RFC 7822 §7.5). */
import { NTP_HEADER_LENGTH } from "../protocols/ntp/packet.ts";
import { LONGEST_MAC, SHORTEST_FIELD } from "../protocols/ntp/trailer.ts";
import { getUint16, getUint32 } from "../protocols/octets.ts";
import type { WireField } from "./explanation.ts";
import { countOf } from "./text.ts";

/** Types of extension fields that are met (IANA, NTP Extension Field Types). */
const fieldTypes: Readonly<Record<number, string>> = {
  0x0104: "NTS unique identifier (RFC 8915 §5.3)",
  0x0204: "NTS cookie (RFC 8915 §5.4)",
  0x0304: "NTS cookie placeholder (RFC 8915 §5.5)",
  0x0404: "NTS authenticator (RFC 8915 §5.6)",
  0x2005: "checksum complement (RFC 7821)",
};

/** Digests by the length of key identifier and digest. */
const digests: Readonly<Record<number, string>> = {
  20: "MD5 or AES-CMAC digest (RFC 8573)",
  24: "SHA-1 digest, or a longer one cut to its length",
};

/** Every octet after the header, be it what it may. */
export function trailerFields(octets: Uint8Array, version: number): WireField[] {
  const fields: WireField[] = [];
  const add = (name: string, offset: number, length: number, meaning: string): void => {
    fields.push({ name, offset, octets: octets.subarray(offset, offset + length), meaning });
  };
  let at = NTP_HEADER_LENGTH;
  // As a server does: a key identifier can look like a field's head, so length decides first.
  while (version === 4 && octets.length - at > LONGEST_MAC) {
    const type = getUint16(octets, at);
    const length = getUint16(octets, at + 2);
    if (length < SHORTEST_FIELD || length % 4 !== 0 || length > octets.length - at) {
      add("Malformed field", at, octets.length - at, `its length of ${length} cannot be`);
      return fields;
    }
    const known = fieldTypes[type] ?? "of a type that is not known here";
    add("Field type", at, 2, `extension field 0x${hex(type, 4)}: ${known}`);
    add("Field length", at + 2, 2, `${length}, these four octets included`);
    add("Field value", at + 4, length - 4, countOf(length - 4, "octet"));
    at += length;
  }
  const rest = octets.length - at;
  const digest = digests[rest] ??
    (version < 3 && rest === 12 ? "DES digest (RFC 1119)" : undefined);
  if (digest !== undefined) {
    add("Key identifier", at, 4, `key ${getUint32(octets, at)} (MAC, RFC 5905 §7.3)`);
    add("Digest", at + 4, rest - 4, digest);
  } else if (rest === 4 && getUint32(octets, at) === 0) {
    add("Crypto-NAK", at, 4, "the other side's MAC was wrong (RFC 5905 §9.2)");
  } else if (rest > 0) {
    add("Unknown", at, rest, `${countOf(rest, "octet")} that no document explains`);
  }
  return fields;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
