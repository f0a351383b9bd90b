import { assert, assertEquals } from "@std/assert";
import { nodeAes } from "../../src/crypto/aes.ts";
import { Cmac } from "../../src/crypto/cmac.ts";
import { type KeyType, keyTypes, Mac } from "../../src/crypto/mac.ts";

const text = new TextEncoder();

/** A version 4 request of nothing but zeros. */
const packet = Uint8Array.from({ length: 48 }, (_, i) => i === 0 ? 0x23 : 0);

Deno.test("a MAC is a hash of key and packet, cut to 20 octets, or AES-CMAC", () => {
  const secret = text.encode("secret-one");
  const aes = Uint8Array.from({ length: 16 }, (_, i) => i);
  const vectors: readonly (readonly [KeyType, Uint8Array, string])[] = [
    ["MD5", secret, "537e542084430210a548d15de8f2b1e7"],
    ["SHA1", secret, "1c27d4b90956897885a4ebae2d4ad333fe222b45"],
    ["SHA256", secret, "1c5f81a8408c8a64baad0f3e5271f7936256a8a9"],
    ["AES128", aes, "ba9cc628ed8a3792e63dd88f1430ed67"],
  ];
  for (const [type, secret, expected] of vectors) {
    const mac = new Mac({ id: 7, type, secret });
    assertEquals(mac.compute(packet).toHex(), expected, type);
    assertEquals(mac.lengthIn(4), expected.length / 2);
    assert(mac.isRight(packet, Uint8Array.fromHex(expected)));
    assert(!mac.isRight(packet.subarray(1), Uint8Array.fromHex(expected)));
    assert(!mac.isRight(packet, Uint8Array.fromHex(expected).subarray(1)));
  }
});

Deno.test("a MAC covers a packet of any length, with and without OpenSSL", () => {
  const secret = Uint8Array.from({ length: 16 }, (_, i) => i);
  const mac = new Mac({ id: 7, type: "AES128", secret });
  for (const length of [4096, 4097, 65_507]) {
    const long = Uint8Array.from({ length }, (_, i) => i === 0 ? 0x24 : i);
    const expected = new Cmac(secret, nodeAes).compute(long).toHex();
    assertEquals(mac.compute(long).toHex(), expected, `${length}`);
  }
});

Deno.test("every type has a MAC of its own, as long as its length says", () => {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
  const macs = keyTypes.map((type) => {
    const mac = new Mac({ id: 1, type, secret: type === "AES128" ? secret.subarray(16) : secret });
    const bits = /\d+$/.exec(type.replace(/^(MD5|AES).*/, "128").replace("SHA1", "160"));
    const whole = Number(bits) / 8;
    for (const version of [3, 4]) {
      const length = version === 4 ? Math.min(whole, 20) : whole;
      const own = Uint8Array.from(packet, (octet, i) => i === 0 ? version << 3 | 3 : octet);
      assertEquals([mac.compute(own).length, mac.lengthIn(version)], [length, length], type);
    }
    return mac.compute(packet).toHex();
  });
  assertEquals(new Set(macs).size, keyTypes.length);
});
