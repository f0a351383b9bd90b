/** What may follow the header (RFC 5905 §7.5, RFC 7822 §7.5, RFC 8915 §5). */
import { getUint16 } from "../octets.ts";
import { refusal } from "../responder.ts";
import { NTP_HEADER_LENGTH } from "./packet.ts";

const refuseMalformed = refusal("malformed");
const refuseAuthentication = refusal("authentication");

/** Up to this length the rest is a MAC, never an extension field (RFC 7822 §7.5.1.3). */
export const LONGEST_MAC = 24;

/** A type and a length begin a field, and no field is shorter (RFC 7822 §7.5). */
export const SHORTEST_FIELD = 16;

/** Key identifier and MD5 or AES-CMAC digest, or SHA-1 digest (RFC 8573, RFC 5905 §7.3). */
const MAC_LENGTHS: readonly number[] = [20, 24];

/** The authenticator of NTP versions 1 and 2 (RFC 1119 appendix C). */
const OLD_AUTHENTICATOR_LENGTH = 12;

/** The Windows form of version 3 (key identifier, two digests and flags) is longer than any MAC. */
const WINDOWS_EXTENDED_LENGTH = 72;

/** Field types that ask for NTS: unique identifier, cookie, placeholder, authenticator (RFC 8915 §7.5). */
const NTS_FIELDS: readonly number[] = [0x0104, 0x0204, 0x0304, 0x0404];

/**
 * Why a request's trailer lets it go unanswered: it asks for authentication,
 * for which there are no keys, or it is malformed. Unknown well-formed fields
 * are ignored.
 *
 * @param request 48 octets or more, a multiple of four
 * @param version The request's version, 1 to 4
 */
export function trailerRefusal(request: Uint8Array, version: number): number | undefined {
  let at = NTP_HEADER_LENGTH;
  if (version === 4) {
    // A key identifier can look like a field's head, so length decides first.
    while (request.length - at > LONGEST_MAC) {
      const type = getUint16(request, at);
      const length = getUint16(request, at + 2);
      if (length < SHORTEST_FIELD || length % 4 !== 0 || length > request.length - at) {
        return refuseMalformed;
      }
      if (NTS_FIELDS.includes(type)) return refuseAuthentication;
      at += length;
    }
  }
  const rest = request.length - at;
  if (rest === 0) return undefined;
  const authenticated = MAC_LENGTHS.includes(rest) ||
    (version < 3 && rest === OLD_AUTHENTICATOR_LENGTH) ||
    (version === 3 && rest === WINDOWS_EXTENDED_LENGTH) ||
    isCryptoNak(request, at);
  return authenticated ? refuseAuthentication : refuseMalformed;
}

/** Four zero octets: "your MAC was wrong" (RFC 5905 §9.2). */
function isCryptoNak(request: Uint8Array, at: number): boolean {
  return request.length - at === 4 && getUint16(request, at) === 0 &&
    getUint16(request, at + 2) === 0;
}
