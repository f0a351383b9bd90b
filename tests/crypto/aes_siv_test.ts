import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createCipheriv } from "node:crypto";
import { AesSiv } from "../../src/crypto/aes_siv.ts";
import { check } from "../support/property.ts";

const hex = Uint8Array.fromHex;

const toNumber = (block: Uint8Array): bigint => BigInt(`0x${block.toHex()}`);
const toBlock = (number: bigint): Uint8Array => hex(number.toString(16).padStart(32, "0"));
const double = (block: bigint): bigint =>
  BigInt.asUintN(128, block << 1n) ^ (block >> 127n === 0n ? 0n : 0x87n);

/** One block of AES: nothing else is taken from a library. */
function encrypt(key: Uint8Array, block: bigint): bigint {
  const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  const encrypted = cipher.update(toBlock(block));
  cipher.final();
  return toNumber(encrypted);
}

function pad(octets: Uint8Array): bigint {
  const block = new Uint8Array(16);
  block.set(octets);
  block[octets.length] = 0x80;
  return toNumber(block);
}

/** RFC 4493 §2.4, step by step. */
function cmac(key: Uint8Array, message: Uint8Array): bigint {
  const subkey = double(encrypt(key, 0n));
  let sum = 0n;
  let at = 0;
  for (; message.length - at > 16; at += 16) {
    sum = encrypt(key, sum ^ toNumber(message.subarray(at, at + 16)));
  }
  const last = message.subarray(at);
  const end = last.length === 16 ? toNumber(last) ^ subkey : pad(last) ^ double(subkey);
  return encrypt(key, sum ^ end);
}

/** RFC 5297 §2.4 to §2.6, step by step. */
function sealByTheBook(key: Uint8Array, plain: Uint8Array, associated: Uint8Array[]): string {
  const [macKey, ctrKey] = [key.subarray(0, 16), key.subarray(16)];
  let sum = cmac(macKey, new Uint8Array(16));
  for (const each of associated) sum = double(sum) ^ cmac(macKey, each);
  const isLong = plain.length >= 16;
  const end = isLong ? toNumber(plain.subarray(-16)) ^ sum : double(sum) ^ pad(plain);
  const before = isLong ? plain.subarray(0, -16) : new Uint8Array();
  const tag = cmac(macKey, Uint8Array.from([...before, ...toBlock(end)]));
  let counter = tag & ~(1n << 63n | 1n << 31n);
  const sealed = plain.map((octet, i) => {
    if (i % 16 === 0 && i > 0) counter = BigInt.asUintN(128, counter + 1n);
    return octet ^ (toBlock(encrypt(ctrKey, counter))[i % 16] as number);
  });
  return toBlock(tag).toHex() + sealed.toHex();
}

Deno.test("AES-SIV is that of RFC 5297 appendix A, and of an empty plaintext", () => {
  const first = "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100";
  const key = "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f";
  const nonce = "09f911029d74e35bd84156c5635688c0";
  const table: readonly (readonly [string, string[], string, string])[] = [
    [
      "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      ["101112131415161718191a1b1c1d1e1f2021222324252627"],
      "112233445566778899aabbccddee",
      "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c",
    ],
    [
      key,
      [first, "102030405060708090a0", nonce],
      "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
      "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d",
    ],
    [key, [first, nonce], "", "4cf1e6f9180dca7683caaa9c7bb70ec6"],
  ];
  for (const [key, associated, plain, sealed] of table) {
    const siv = new AesSiv(hex(key));
    assertEquals(siv.seal(hex(plain), associated.map(hex)).toHex(), sealed);
    assertEquals(siv.open(hex(sealed), associated.map(hex))?.toHex(), plain);
  }
  assertThrows(() => new AesSiv(new Uint8Array(16)), RangeError);
});

Deno.test("AES-SIV opens what it sealed, and nothing that was changed", () => {
  const octets = fc.uint8Array({ maxLength: 70 });
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  check(
    fc.property(key, octets, octets, octets, fc.nat(), (key, plain, first, second, place) => {
      const siv = new AesSiv(key);
      const sealed = siv.seal(plain, [first, second]);
      assertEquals(sealed.length, plain.length + 16);
      assertEquals(siv.open(sealed, [first, second]), plain);
      const at = place % sealed.length;
      const changed = sealed.map((octet, i) => i === at ? octet ^ 1 << place % 8 : octet);
      assertEquals(siv.open(changed, [first, second]), undefined);
      assertEquals(siv.open(sealed, [Uint8Array.from([...first, 0]), second]), undefined);
      assertEquals(siv.open(sealed, [first, second, first]), undefined);
      assertEquals(siv.open(sealed.subarray(0, 15), [first, second]), undefined);
    }),
    300,
  );
});

Deno.test("AES-SIV is what its RFC says for texts and associated data of any length", () => {
  const octets = fc.uint8Array({ maxLength: 70 });
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  check(
    fc.property(key, octets, fc.array(octets, { maxLength: 3 }), (key, plain, associated) => {
      const expected = sealByTheBook(key, plain, associated);
      assertEquals(new AesSiv(key).seal(plain, associated).toHex(), expected);
    }),
    200,
  );
});
