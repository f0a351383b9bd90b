/** The cookies of this server: the keys of a client's session, sealed so that the server need not keep them (RFC 8915 §6). */
import { SIV_KEY_LENGTH, SIV_TAG_LENGTH } from "../../../crypto/aes_siv.ts";
import type { CookieKey } from "../../../crypto/key_ring.ts";
import { random32 as systemRandom32 } from "../../../system/random.ts";
import { getUint32, putUint32 } from "../../octets.ts";

const ID_LENGTH = 4;
const NONCE_LENGTH = 16;
const SEALED_AT = ID_LENGTH + NONCE_LENGTH;

/** Octets of the keys of a session. */
export const SESSION_KEYS_LENGTH = 2 * SIV_KEY_LENGTH;

/** Octets of a cookie: key id, nonce, and both keys of the session sealed. */
export const COOKIE_LENGTH = SEALED_AT + SIV_TAG_LENGTH + SESSION_KEYS_LENGTH;

const plain = new Uint8Array(SESSION_KEYS_LENGTH);

/** The keys of a session: from client to server, and back. */
export interface SessionKeys {
  readonly c2s: Uint8Array;
  readonly s2c: Uint8Array;
}

/** Seals the keys of a session. */
export function makeCookie(key: CookieKey, keys: SessionKeys): Uint8Array<ArrayBuffer> {
  const cookie = new Uint8Array(COOKIE_LENGTH);
  writeCookie(cookie, key, keys, systemRandom32);
  return cookie;
}

/** Draws 32 unpredictable bits. */
export type Random32 = () => number;

/** Writes a cookie into a place of {@linkcode COOKIE_LENGTH}. The nonce is random: the cookies of a client have nothing in common. */
export function writeCookie(
  cookie: Uint8Array,
  key: CookieKey,
  { c2s, s2c }: SessionKeys,
  random32: Random32,
): void {
  putUint32(cookie, 0, key.id);
  putRandom(cookie, ID_LENGTH, SEALED_AT, random32);
  plain.set(c2s);
  plain.set(s2c, SIV_KEY_LENGTH);
  key.siv.sealInto(cookie.subarray(SEALED_AT), plain, [cookie.subarray(ID_LENGTH, SEALED_AT)]);
}

/** Writes random octets, a multiple of four. */
export function putRandom(
  octets: Uint8Array,
  start: number,
  end: number,
  random32: Random32,
): void {
  for (let at = start; at < end; at += 4) putUint32(octets, at, random32());
}

/**
 * Opens a cookie; undefined if its key has fallen out of the ring, or an octet of it was changed.
 *
 * @param into The place of both keys, {@linkcode SESSION_KEYS_LENGTH} octets
 */
export function openCookie(
  ring: { find(id: number): CookieKey | undefined },
  cookie: Uint8Array,
  into: Uint8Array = new Uint8Array(SESSION_KEYS_LENGTH),
): SessionKeys | undefined {
  if (cookie.length !== COOKIE_LENGTH) return undefined;
  const key = ring.find(getUint32(cookie, 0));
  const nonce = cookie.subarray(ID_LENGTH, SEALED_AT);
  const isOpen = key?.siv.openInto(into, cookie.subarray(SEALED_AT), [nonce]) === true;
  if (!isOpen) return undefined;
  return { c2s: into.subarray(0, SIV_KEY_LENGTH), s2c: into.subarray(SIV_KEY_LENGTH) };
}
