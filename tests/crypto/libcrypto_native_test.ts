/** AES by libcrypto, which must agree with `node:crypto` to the bit, and crash for no length. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Aes, nodeAes } from "../../src/crypto/aes.ts";
import { AesSiv } from "../../src/crypto/aes_siv.ts";
import { Cmac } from "../../src/crypto/cmac.ts";
import { openLibcrypto } from "../../src/crypto/libcrypto.ts";
import { measureGrowth } from "../support/memory.ts";
import { type Needs, where } from "../support/needs.ts";
import { check } from "../support/property.ts";

const needs: Needs = { permissions: [{ name: "ffi" }], linux: true };

function libcrypto(): Aes {
  const aes = openLibcrypto();
  if (aes === undefined) throw new Error("OpenSSL 3 is not there");
  return aes;
}

Deno.test(
  await where(needs, "libcrypto and node:crypto seal alike, also after a change of key", () => {
    const [first, second] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    const [ours, theirs] = [new AesSiv(first, libcrypto()), new AesSiv(second, nodeAes)];
    const octets = fc.uint8Array({ maxLength: 300 });
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    check(
      fc.property(key, octets, fc.array(octets, { maxLength: 3 }), (key, plain, associated) => {
        ours.setKey(key);
        theirs.setKey(key);
        for (let i = 0; i < 2; i++) {
          const sealed = ours.seal(plain, associated);
          assertEquals(sealed, theirs.seal(plain, associated));
          assertEquals(ours.open(sealed, associated), plain);
          assertEquals(theirs.open(sealed, associated), plain);
          sealed[0] = (sealed[0] as number) ^ 1;
          assertEquals(ours.open(sealed, associated), undefined);
        }
      }),
      300,
    );
  }),
);

Deno.test(
  await where(
    needs,
    "libcrypto and node:crypto compute the same MACs by short and long keys",
    () => {
      const ours = new Cmac(new Uint8Array(16), libcrypto());
      const key = fc.constantFrom(16, 32).chain((length) =>
        fc.uint8Array({ minLength: length, maxLength: length })
      );
      check(
        fc.property(key, fc.uint8Array({ maxLength: 300 }), (key, message) => {
          ours.setKey(key);
          const theirs = new Cmac(key, nodeAes);
          assertEquals(ours.compute(message).toHex(), theirs.compute(message).toHex());
          assertEquals(ours.compute(message).toHex(), theirs.compute(message).toHex());
        }),
        300,
      );
    },
  ),
);

Deno.test(
  await where(needs, "libcrypto gets no length that is not checked", () => {
    const aes = libcrypto();
    const siv = new AesSiv(new Uint8Array(32), aes);
    assertThrows(() => siv.seal(new Uint8Array(4097), []), RangeError);
    assertThrows(() => siv.seal(new Uint8Array(16), [new Uint8Array(4097)]), RangeError);
    assertThrows(() => siv.setKey(new Uint8Array(31)), RangeError);
    for (const length of [0, 15, 24, 33]) {
      assertThrows(() => new Cmac(new Uint8Array(length), aes), RangeError);
    }
    const cbc = new aes.Cbc();
    assertThrows(() => cbc.encrypt(16), Error, "no key");
    cbc.setKey(new Uint8Array(16));
    assertThrows(() => cbc.setKey(new Uint8Array(17)), RangeError);
    for (const length of [0, 15, -16, 4112, NaN]) {
      assertThrows(() => cbc.encrypt(length), RangeError);
    }
    assertThrows(() => cbc.reserve(4097), RangeError);
    const ctr = new aes.Ctr();
    const [block, one, two] = [16, 1, 2].map((length) => new Uint8Array(length)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    assertThrows(() => ctr.crypt(two, one, one), RangeError);
    ctr.setKey(block);
    assertThrows(() => ctr.crypt(block, two, one), RangeError, "too short");
    siv[Symbol.dispose]();
    siv[Symbol.dispose]();
    assertThrows(() => siv.seal(new Uint8Array(16), []), Error, "closed");
    // What was refused has left nothing behind.
    const next = new AesSiv(new Uint8Array(32), aes);
    const text = new Uint8Array(4096).fill(7);
    assertEquals(next.seal(text, []), new AesSiv(new Uint8Array(32)).seal(text, []));
  }),
);

Deno.test(
  await where(
    { ...needs, permissions: [{ name: "ffi" }, { name: "run" }, { name: "read" }] },
    "libcrypto keeps no memory: neither of texts and keys, nor of what was closed",
    async () => {
      const growth = await measureGrowth(`
        import { AesSiv } from "./src/crypto/aes_siv.ts";
        import { openLibcrypto } from "./src/crypto/libcrypto.ts";
        const aes = openLibcrypto();
        const text = new Uint8Array(64);
        const use = (times) => {
          for (let i = 0; i < times; i++) {
            using siv = new AesSiv(new Uint8Array(32), aes);
            siv.open(siv.seal(text, [text]), [text]);
            siv.setKey(text.subarray(0, 32));
          }
        };
        use(2000);
        globalThis.before = Deno.memoryUsage().rss;
        use(100_000);`);
      // Two contexts that are kept are 800 octets: 80 MB.
      assert(growth < 48e6, `${growth} octets`);
    },
  ),
);
