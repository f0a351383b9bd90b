import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { areEqual, Cmac } from "../../src/crypto/cmac.ts";
import { check, sample } from "../support/property.ts";

const hex = Uint8Array.fromHex;

/** The blocks of RFC 4493 §4 and NIST SP 800-38B appendix D. */
const MESSAGE = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
  "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

const vectors: readonly (readonly [key: string, octets: number, mac: string])[] = [
  ["2b7e151628aed2a6abf7158809cf4f3c", 0, "bb1d6929e95937287fa37d129b756746"],
  ["2b7e151628aed2a6abf7158809cf4f3c", 16, "070a16b46b4d4144f79bdd9dd04a287c"],
  ["2b7e151628aed2a6abf7158809cf4f3c", 40, "dfa66747de9ae63030ca32611497c827"],
  ["2b7e151628aed2a6abf7158809cf4f3c", 64, "51f0bebf7e3b9d92fc49741779363cfe"],
  [
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    0,
    "028962f61b7bf89efc6b551f4667d983",
  ],
  [
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    40,
    "aaf3d8f1de5640c232f5b169b9c911e6",
  ],
  [
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    64,
    "e1992190549f6ed5696a2c056c315410",
  ],
];

Deno.test("AES-CMAC is that of RFC 4493 and NIST SP 800-38B", () => {
  for (const [key, octets, mac] of vectors) {
    const found = new Cmac(hex(key)).compute(hex(MESSAGE).subarray(0, octets));
    assertEquals(found.toHex(), mac, `${octets} octets`);
  }
});

/** AES-CMAC in another way: WebCrypto encrypts, and numbers of 128 bits are doubled. */
async function cmacByBits(secret: Uint8Array, message: Uint8Array): Promise<string> {
  const key = await crypto.subtle.importKey("raw", secret.slice(), "AES-CBC", false, ["encrypt"]);
  const encrypt = async (blocks: Uint8Array): Promise<Uint8Array> => {
    const iv = new Uint8Array(16);
    const all = await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, blocks.slice());
    // WebCrypto adds a block of padding.
    return new Uint8Array(all).subarray(-32, -16);
  };
  const number = (octets: Uint8Array): bigint => BigInt(`0x${octets.toHex()}`);
  const double = (value: bigint): bigint =>
    BigInt.asUintN(128, value << 1n) ^ (value >> 127n === 1n ? 0x87n : 0n);
  const whole = double(number(await encrypt(new Uint8Array(16))));
  const rest = message.length % 16;
  const isWhole = message.length > 0 && rest === 0;
  const padded = isWhole ? message : Uint8Array.from([
    ...message,
    0x80,
    ...new Uint8Array(15 - rest),
  ]);
  const last = number(padded.subarray(-16)) ^ (isWhole ? whole : double(whole));
  const end = hex(last.toString(16).padStart(32, "0"));
  return (await encrypt(Uint8Array.from([...padded.subarray(0, -16), ...end]))).toHex();
}

Deno.test("AES-CMAC agrees with another implementation, for keys and messages of any kind", async () => {
  const cases = fc.tuple(
    fc.constantFrom(16, 32).chain((length) =>
      fc.uint8Array({ minLength: length, maxLength: length })
    ),
    fc.uint8Array({ maxLength: 100 }),
  );
  for (const [secret, message] of sample(cases, 200)) {
    assertEquals(
      new Cmac(secret).compute(message).toHex(),
      await cmacByBits(secret, message),
      `${secret.toHex()} ${message.toHex()}`,
    );
  }
});

Deno.test("areEqual finds any difference, and one in length", () => {
  check(fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), (octets, place) => {
    assert(areEqual(octets, octets.slice()));
    const other = octets.slice();
    const at = place % other.length;
    other[at] = (other[at] as number) ^ 1 << place % 8;
    assert(!areEqual(octets, other));
    assert(!areEqual(octets, octets.subarray(1)));
  }));
});
