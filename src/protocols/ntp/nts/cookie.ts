/** The cookies of this server: the keys of a client's session, sealed so that the server need not keep them (RFC 8915 §6). */
import { SIV_KEY_LENGTH, SIV_TAG_LENGTH } from "../../../crypto/aes_siv.ts";
import type { CookieKey } from "../../../crypto/key_ring.ts";
import { getUint32, putUint32 } from "../../octets.ts";

const ID_LENGTH = 4;
const NONCE_LENGTH = 16;
const SEALED_AT = ID_LENGTH + NONCE_LENGTH;

/** Octets of a cookie: key id, nonce, and both keys of the session sealed. */
export const COOKIE_LENGTH = SEALED_AT + SIV_TAG_LENGTH + 2 * SIV_KEY_LENGTH;

/** The keys of a session: from client to server, and back. */
export interface SessionKeys {
  readonly c2s: Uint8Array;
  readonly s2c: Uint8Array;
}

/** Seals the keys of a session. The nonce is random: the eight cookies of a client have nothing in common. */
export function makeCookie(key: CookieKey, { c2s, s2c }: SessionKeys): Uint8Array<ArrayBuffer> {
  const cookie = new Uint8Array(COOKIE_LENGTH);
  putUint32(cookie, 0, key.id);
  crypto.getRandomValues(cookie.subarray(ID_LENGTH, SEALED_AT));
  const keys = new Uint8Array(2 * SIV_KEY_LENGTH);
  keys.set(c2s);
  keys.set(s2c, SIV_KEY_LENGTH);
  cookie.set(key.siv.seal(keys, associated(cookie)), SEALED_AT);
  return cookie;
}

/** Opens a cookie; undefined if its key has fallen out of the ring, or an octet of it was changed. */
export function openCookie(
  ring: { find(id: number): CookieKey | undefined },
  cookie: Uint8Array,
): SessionKeys | undefined {
  if (cookie.length !== COOKIE_LENGTH) return undefined;
  const key = ring.find(getUint32(cookie, 0));
  const keys = key?.siv.open(cookie.subarray(SEALED_AT), associated(cookie));
  return keys && { c2s: keys.subarray(0, SIV_KEY_LENGTH), s2c: keys.subarray(SIV_KEY_LENGTH) };
}

function associated(cookie: Uint8Array): Uint8Array[] {
  return [cookie.subarray(0, ID_LENGTH), cookie.subarray(ID_LENGTH, SEALED_AT)];
}
