/** The fields and MACs that may follow the header (RFC 5905 §7.5, RFC 7822 §7.5, RFC 8915 §5). */
import type { Mac } from "../../crypto/mac.ts";
import { getUint16, getUint32, putUint32 } from "../octets.ts";
import { field, mode, NTP_HEADER_LENGTH } from "./packet.ts";

/** Up to this length the rest is a MAC, never an extension field (RFC 7822 §7.5.1.3). */
const MAX_MAC_LENGTH = 24;

/** A type and a length begin a field, and no field is shorter (RFC 7822 §7.5). */
const MIN_FIELD_LENGTH = 16;

/** Key identifier and MD5 or AES-CMAC digest, or SHA-1 digest (RFC 8573, RFC 5905 §7.3). */
const MAC_LENGTHS: readonly number[] = [20, 24];

/** Key identifier and a longer SHA digest, which chronyd sends in version 3. */
const LONG_MAC_LENGTHS: readonly number[] = [32, 36, 52, 68];

/** A MAC begins with the number of its key. */
export const KEY_ID_LENGTH = 4;

/** The authenticator of NTP versions 1 and 2 (RFC 1119 appendix C). */
export const OLD_AUTHENTICATOR_LENGTH = 12;

/** The Windows form of version 3 (key identifier, two digests and flags) is longer than any MAC. */
const WINDOWS_EXTENDED_LENGTH = 72;

/** The types of the extension fields of NTS (RFC 8915 §7.5). */
export const ntsField = {
  identifier: 0x0104,
  cookie: 0x0204,
  placeholder: 0x0304,
  authenticator: 0x0404,
} as const;

const NTS_FIELDS: readonly number[] = Object.values(ntsField);

/** The authentication that a trailer has or asks for. Unknown fields that are well formed are ignored. */
export type Trailer = "none" | "nts" | "mac" | "crypto_nak" | "malformed";

/** `octets` are 48 or more, a multiple of four; `version` is 1 to 4. */
export function readTrailer(octets: Uint8Array, version: number): Trailer {
  let at = NTP_HEADER_LENGTH;
  while (hasField(octets, at, version)) {
    const length = fieldLength(octets, at);
    if (length === undefined) return "malformed";
    if (NTS_FIELDS.includes(getUint16(octets, at))) return "nts";
    at += length;
  }
  const rest = octets.length - at;
  if (rest === 0) return "none";
  if (isCryptoNak(octets, at)) return "crypto_nak";
  const isMac = isMacLength(rest, version) ||
    (version < 3 && rest === OLD_AUTHENTICATOR_LENGTH) ||
    (version === 3 && rest === WINDOWS_EXTENDED_LENGTH);
  return isMac ? "mac" : "malformed";
}

/** Whether it is a request with fields of NTS, which has no symmetric mode. */
export function isNtsRequest(octets: Uint8Array): boolean {
  const flags = octets[field.flags] as number;
  return (flags & 7) === mode.client && octets.length > NTP_HEADER_LENGTH &&
    readTrailer(octets, flags >> 3 & 7) === "nts";
}

/**
 * Finds the MAC of a packet by one of NTP's symmetric keys: where its key identifier begins; 0 if
 * there is none. `octets` are 48 or more, a multiple of four.
 */
export function findMac(octets: Uint8Array): number {
  const version = (octets[field.flags] as number) >> 3 & 7;
  let at = NTP_HEADER_LENGTH;
  while (hasField(octets, at, version)) {
    const length = fieldLength(octets, at);
    if (length === undefined) return 0;
    at += length;
  }
  return isMacLength(octets.length - at, version) ? at : 0;
}

function isMacLength(length: number, version: number): boolean {
  return MAC_LENGTHS.includes(length) || version === 3 && LONG_MAC_LENGTHS.includes(length);
}

/** Whether an extension field begins at an octet. A key identifier can look like one, so length decides. */
export function hasField(octets: Uint8Array, at: number, version: number): boolean {
  return version === 4 && octets.length - at > MAX_MAC_LENGTH;
}

/** Returns undefined for a malformed extension field. */
export function fieldLength(octets: Uint8Array, at: number): number | undefined {
  const length = getUint16(octets, at + 2);
  const isValid = length >= MIN_FIELD_LENGTH && length % 4 === 0 && length <= octets.length - at;
  return isValid ? length : undefined;
}

/** Whether the trailer ends in four zero octets: "your MAC was wrong" (RFC 5905 §9.2). */
export function isCryptoNak(octets: Uint8Array, at: number): boolean {
  return octets.length - at === 4 && getUint32(octets, at) === 0;
}

/** Whether the MAC of a packet, whose key identifier begins at an octet, is right. */
export function isRight(mac: Mac, octets: Uint8Array, at: number): boolean {
  return mac.isRight(octets.subarray(0, at), octets.subarray(at + KEY_ID_LENGTH));
}

/** Writes key identifier and MAC behind the first octets of a packet; returns where they end. */
export function writeMac(mac: Mac, octets: Uint8Array, at: number): number {
  putUint32(octets, at, mac.id);
  const digest = mac.compute(octets.subarray(0, at));
  octets.set(digest, at + KEY_ID_LENGTH);
  return at + KEY_ID_LENGTH + digest.length;
}
