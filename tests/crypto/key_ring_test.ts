import { assertEquals, assertNotEquals } from "@std/assert";
import { AesSiv } from "../../src/crypto/aes_siv.ts";
import { KeyRing, KeyRingReader, type RingKey } from "../../src/crypto/key_ring.ts";

const ids = ({ keys }: { readonly keys: readonly RingKey[] }): number[] => keys.map(({ id }) => id);

Deno.test("a key ring keeps the newest key and two before it, and its readers notice", () => {
  const ring = new KeyRing();
  const reader = new KeyRingReader(ring.memory);
  const [first = 0] = ids(ring);
  assertEquals(reader.newest.id, first);
  const before = reader.newest;
  ring.rotate();
  assertEquals(reader.newest.id, first);
  reader.look();
  const [second = 0, other] = ids(ring);
  assertNotEquals(second, first);
  assertEquals(other, first);
  assertEquals(reader.newest.id, second);
  // What is ready for use stays so.
  assertEquals(reader.find(first), before);
  ring.rotate();
  ring.rotate();
  reader.look();
  assertEquals(ids(ring).length, 3);
  assertEquals(reader.find(first), undefined);
  assertEquals(reader.find(second)?.id, second);
  assertEquals(reader.find(0), undefined);
});

Deno.test("a reader has the very keys of the ring, with their ids as associated data", () => {
  const keys = [0xffffffff, 1].map((id) => ({
    id,
    octets: Uint8Array.from({ length: 32 }, (_, i) => 0xff - i ^ id & 0xff),
  }));
  const ring = new KeyRing(keys);
  assertEquals(ring.keys, keys);
  const reader = new KeyRingReader(ring.memory);
  assertEquals(reader.newest.id, 0xffffffff);
  for (const { id, octets } of keys) {
    const idOctets = new Uint8Array(4);
    new DataView(idOctets.buffer).setUint32(0, id);
    const sealed = new AesSiv(octets).seal(Uint8Array.of(1, 2, 3), [idOctets]);
    assertEquals(reader.find(id)?.siv.open(sealed, []), Uint8Array.of(1, 2, 3));
  }
});

Deno.test("a new ring has another key each time", () => {
  assertNotEquals(new KeyRing().keys, new KeyRing().keys);
});
