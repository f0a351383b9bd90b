/** The extension fields of NTS in NTP packets (RFC 8915 §5): those of a request, and what a reply has. */
import { type AesSiv, SIV_TAG_LENGTH } from "../../../crypto/aes_siv.ts";
import { areEqual } from "../../../crypto/cmac.ts";
import { getUint16 } from "../../octets.ts";
import { NTP_HEADER_LENGTH } from "../packet.ts";
import { fieldLength, ntsField } from "../trailer.ts";

/** Octets of a unique identifier: the least that RFC 8915 §5.3 allows. */
export const IDENTIFIER_LENGTH = 32;

/** Octets of the nonces of this program. */
export const NONCE_LENGTH = 16;

/** A field begins with its type and its length. */
export const FIELD_HEADER_LENGTH = 4;

/** In an authenticator, nonce and ciphertext have a length each. */
export const LENGTHS_LENGTH = 4;

/** No packet is fragmented: the least MTU of IPv6, less its headers and those of UDP. */
const MAX_REQUEST_LENGTH = 1232;

/** The cookies that a client keeps, and that a server gives at a time (RFC 8915 §4.1.6, §5.7). */
export const MAX_COOKIES = 8;

/** A longer cookie would leave a request no room for anything else. */
export const MAX_COOKIE_LENGTH = 1024;

export interface SealedRequest {
  /** The header of the request: 48 octets. */
  readonly header: Uint8Array;
  readonly identifier: Uint8Array;
  readonly cookie: Uint8Array;
  /** How many cookies the client lacks beside the one that it uses. */
  readonly missing: number;
  readonly nonce: Uint8Array;
  readonly c2s: AesSiv;
}

/** Makes a request with a cookie, and a placeholder for each cookie that is missing and has room. */
export function sealRequest(
  { header, identifier, cookie, missing, nonce, c2s }: SealedRequest,
): Uint8Array<ArrayBuffer> {
  const cookieLength = FIELD_HEADER_LENGTH + padded(cookie.length);
  const authenticator = FIELD_HEADER_LENGTH + LENGTHS_LENGTH + NONCE_LENGTH + SIV_TAG_LENGTH;
  const least = NTP_HEADER_LENGTH + FIELD_HEADER_LENGTH + IDENTIFIER_LENGTH + cookieLength +
    authenticator;
  const room = Math.max(Math.floor((MAX_REQUEST_LENGTH - least) / cookieLength), 0);
  const placeholders = Math.min(missing, room);
  const octets = new Uint8Array(least + placeholders * cookieLength);
  octets.set(header);
  let at = putField(octets, NTP_HEADER_LENGTH, ntsField.identifier, identifier);
  at = putField(octets, at, ntsField.cookie, cookie);
  const zeros = new Uint8Array(cookie.length);
  for (let i = 0; i < placeholders; i++) at = putField(octets, at, ntsField.placeholder, zeros);
  const body = new Uint8Array(authenticator - FIELD_HEADER_LENGTH);
  body.set([0, NONCE_LENGTH, 0, SIV_TAG_LENGTH]);
  body.set(nonce, LENGTHS_LENGTH);
  const tag = c2s.seal(new Uint8Array(), [octets.subarray(0, at), nonce]);
  body.set(tag, LENGTHS_LENGTH + NONCE_LENGTH);
  putField(octets, at, ntsField.authenticator, body);
  return octets;
}

function putField(octets: Uint8Array, at: number, type: number, body: Uint8Array): number {
  const length = FIELD_HEADER_LENGTH + padded(body.length);
  octets.set([type >> 8, type & 0xff, length >> 8, length & 0xff], at);
  octets.set(body, at + FIELD_HEADER_LENGTH);
  return at + length;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** The verdict on a reply: its new cookies, or why it is not authentic. */
export type OpenedReply =
  | { readonly cookies: readonly Uint8Array[] }
  | { readonly problem: string; readonly isForRequest: boolean };

/**
 * Verifies a reply of 48 octets or more (RFC 8915 §5.7). Nothing outside of what is authenticated is believed but the
 * unique identifier, by which the reply belongs to its request.
 */
export function openReply(reply: Uint8Array, identifier: Uint8Array, s2c: AesSiv): OpenedReply {
  let isForRequest = false;
  const fail = (problem: string): OpenedReply => ({ problem, isForRequest });
  let at = NTP_HEADER_LENGTH;
  while (reply.length - at >= FIELD_HEADER_LENGTH) {
    const length = fieldLength(reply, at);
    if (length === undefined) return fail("its extension fields are malformed");
    const body = reply.subarray(at + FIELD_HEADER_LENGTH, at + length);
    const type = getUint16(reply, at);
    if (type === ntsField.identifier) {
      if (isForRequest || !areEqual(body, identifier)) {
        return fail("its unique identifier is not the one sent");
      }
      isForRequest = true;
    } else if (type === ntsField.authenticator) {
      if (!isForRequest) return fail("it has no unique identifier");
      const plain = openBody(body, reply.subarray(0, at), s2c);
      return plain === undefined
        ? fail("its NTS authenticator is wrong")
        : { cookies: cookiesIn(plain) };
    }
    at += length;
  }
  return fail("it has no NTS authenticator");
}

/** Opens an authenticator field, whose lengths are those of a stranger; `before` is all of the packet before the field. */
export function openBody(
  body: Uint8Array,
  before: Uint8Array,
  siv: AesSiv,
): Uint8Array | undefined {
  if (body.length < LENGTHS_LENGTH) return undefined;
  const [nonceLength, sealedLength] = [getUint16(body, 0), getUint16(body, 2)];
  const sealedAt = LENGTHS_LENGTH + padded(nonceLength);
  if (nonceLength === 0 || sealedAt + sealedLength > body.length) return undefined;
  const nonce = body.subarray(LENGTHS_LENGTH, LENGTHS_LENGTH + nonceLength);
  return siv.open(body.subarray(sealedAt, sealedAt + sealedLength), [before, nonce]);
}

/** The cookies of a decrypted text that a request has room for; fields have no least length there. */
function cookiesIn(plain: Uint8Array): Uint8Array[] {
  const cookies: Uint8Array[] = [];
  for (let at = 0; plain.length - at >= FIELD_HEADER_LENGTH;) {
    const length = getUint16(plain, at + 2);
    if (length < FIELD_HEADER_LENGTH || length > plain.length - at) break;
    const body = plain.slice(at + FIELD_HEADER_LENGTH, at + length);
    const isUsable = body.length > 0 && body.length <= MAX_COOKIE_LENGTH;
    if (getUint16(plain, at) === ntsField.cookie && isUsable) cookies.push(body);
    at += length;
  }
  return cookies;
}
