import { assertEquals, assertNotEquals } from "@std/assert";
import { KeyRing, KeyRingReader } from "../../../../src/crypto/key_ring.ts";
import { COOKIE_LENGTH, makeCookie, openCookie } from "../../../../src/protocols/ntp/nts/cookie.ts";

const session = {
  c2s: Uint8Array.from({ length: 32 }, (_, i) => i),
  s2c: Uint8Array.from({ length: 32 }, (_, i) => 255 - i),
};

Deno.test("a cookie has 100 octets, gives back its keys, and has nothing in common with another", () => {
  const ring = new KeyRingReader(new KeyRing().memory);
  const cookie = makeCookie(ring.newest, session);
  assertEquals([cookie.length, COOKIE_LENGTH], [100, 100]);
  assertEquals(openCookie(ring, cookie), session);
  const other = makeCookie(ring.newest, session);
  assertEquals(openCookie(ring, other), session);
  for (const [from, to] of [[4, 20], [20, 36], [36, 68], [68, 100]]) {
    assertNotEquals(cookie.slice(from, to), other.slice(from, to));
  }
  assertEquals(cookie.slice(0, 4), other.slice(0, 4));
});

Deno.test("a cookie with any octet changed, cut or longer is none", () => {
  const ring = new KeyRingReader(new KeyRing().memory);
  const cookie = makeCookie(ring.newest, session);
  for (let at = 0; at < cookie.length; at++) {
    const changed = cookie.slice();
    changed[at] = (changed[at] as number) ^ 0x10;
    assertEquals(openCookie(ring, changed), undefined, `octet ${at}`);
  }
  assertEquals(openCookie(ring, cookie.subarray(0, 99)), undefined);
  assertEquals(openCookie(ring, Uint8Array.of(...cookie, 0)), undefined);
  assertEquals(openCookie(ring, new Uint8Array()), undefined);
});

Deno.test("a cookie opens until its key has fallen out of the ring", () => {
  const writer = new KeyRing();
  const ring = new KeyRingReader(writer.memory);
  const cookie = makeCookie(ring.newest, session);
  const opens = [1, 2, 3].map(() => {
    writer.rotate();
    ring.look();
    return openCookie(ring, cookie) !== undefined;
  });
  assertEquals(opens, [true, true, false]);
});
