import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import { formatPlural } from "../../text/units.ts";
import { getUint16, getUint32 } from "../octets.ts";
import type { WireField } from "../protocol.ts";
import { NTP_HEADER_LENGTH } from "./packet.ts";
import {
  fieldLength,
  findMac,
  hasField,
  isCryptoNak,
  isRight,
  OLD_AUTHENTICATOR_LENGTH,
} from "./trailer.ts";

/** The types of extension fields in use (IANA, NTP Extension Field Types). */
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

/** Whether the MAC whose key identifier begins at an octet is right, in words; empty without its key. */
function verdictOf(octets: Uint8Array, at: number, keys: SymmetricKeys | undefined): string {
  const mac = keys?.find(getUint32(octets, at));
  if (mac === undefined) return "";
  return `; ${isRight(mac, octets, at) ? "right" : "wrong"} by the ${mac.type} key`;
}

export function trailerFields(
  octets: Uint8Array,
  version: number,
  keys?: SymmetricKeys,
): WireField[] {
  const fields: WireField[] = [];
  const add = (name: string, offset: number, length: number, meaning: string): void => {
    fields.push({ name, offset, octets: octets.subarray(offset, offset + length), meaning });
  };
  let at = NTP_HEADER_LENGTH;
  while (hasField(octets, at, version)) {
    const [type, length] = [getUint16(octets, at), fieldLength(octets, at)];
    if (length === undefined) {
      const meaning = `its length of ${getUint16(octets, at + 2)} is invalid`;
      add("Malformed field", at, octets.length - at, meaning);
      return fields;
    }
    const known = fieldTypes[type] ?? "of an unknown type";
    const digits = type.toString(16).padStart(4, "0");
    add("Field type", at, 2, `extension field 0x${digits}: ${known}`);
    add("Field length", at + 2, 2, `${length}, these four octets included`);
    add("Field value", at + 4, length - 4, formatPlural(length - 4, "octet"));
    at += length;
  }
  const rest = octets.length - at;
  const digest = digests[rest] ??
    (findMac(octets) > 0 ? "SHA digest of its whole length" : undefined) ??
    (version < 3 && rest === OLD_AUTHENTICATOR_LENGTH ? "DES digest (RFC 1119)" : undefined);
  if (digest !== undefined) {
    add("Key identifier", at, 4, `key ${getUint32(octets, at)} (MAC, RFC 5905 §7.3)`);
    add("Digest", at + 4, rest - 4, `${digest}${verdictOf(octets, at, keys)}`);
  } else if (isCryptoNak(octets, at)) {
    add("Crypto-NAK", at, 4, "the MAC of the other side was wrong (RFC 5905 §9.2)");
  } else if (rest > 0) {
    add("Unknown", at, rest, `${formatPlural(rest, "octet")} of no known format`);
  }
  return fields;
}
