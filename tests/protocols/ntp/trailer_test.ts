import { assertEquals } from "@std/assert";
import { readTrailer, type Trailer } from "../../../src/protocols/ntp/trailer.ts";
import { hex } from "../../support/services.ts";

/** A field: type, stated length, and that many octets in all unless another length is given. */
function extension(type: number, stated: number, real = stated): Uint8Array {
  const octets = new Uint8Array(real).fill(0x6e);
  new DataView(octets.buffer).setUint32(0, type * 65_536 + stated);
  return octets;
}

/** A message authentication code: a key identifier and a digest. */
function mac(keyId: number, length: number): Uint8Array {
  const octets = new Uint8Array(length).fill(0xd1);
  new DataView(octets.buffer).setUint32(0, keyId);
  return octets;
}

const UNIQUE_IDENTIFIER = 0x0104;
const COOKIE = 0x0204;
const PLACEHOLDER = 0x0304;
const AUTHENTICATOR = 0x0404;
const UNKNOWN = 0x2007;
const zeros = (length: number): Uint8Array => new Uint8Array(length);

type Row = [versions: number[], trailer: Uint8Array[], expected: Trailer];

const table: Record<string, Row> = {
  "nothing": [[1, 2, 3, 4], [], "none"],
  "an unknown field of the shortest length": [[4], [extension(UNKNOWN, 28)], "none"],
  "a long one": [[4], [extension(UNKNOWN, 2000)], "none"],
  "a type of zero": [[4], [extension(0, 28)], "none"],
  "many fields": [
    [4],
    [16, 16, 20, 1000, 28].map((length) => extension(UNKNOWN, length)),
    "none",
  ],
  "a short field before a long one": [[4], [extension(1, 16), extension(2, 28)], "none"],
  "a last field of 16 octets": [[4], [extension(UNKNOWN, 28), extension(UNKNOWN, 16)], "malformed"],
  "a single field of 16 octets": [[4], [extension(UNKNOWN, 16)], "malformed"],
  "fields in a version without them": [[1, 2, 3], [extension(UNKNOWN, 28)], "malformed"],
  "a length of zero": [[4], [extension(UNKNOWN, 0, 28)], "malformed"],
  "a length of zero after a field": [
    [4],
    [extension(UNKNOWN, 28), extension(UNKNOWN, 0, 40)],
    "malformed",
  ],
  "a field of 4 octets": [[4], [extension(UNKNOWN, 4), zeros(24)], "malformed"],
  "a field of 12 octets": [[4], [extension(UNKNOWN, 12), zeros(28)], "malformed"],
  "two lengths that only together are a multiple of four": [
    [4],
    [extension(UNKNOWN, 30), extension(UNKNOWN, 30)],
    "malformed",
  ],
  "a length one too small": [[4], [extension(UNKNOWN, 27, 28)], "malformed"],
  "a length one too large": [[4], [extension(UNKNOWN, 29, 28)], "malformed"],
  "a length four too large": [[4], [extension(UNKNOWN, 32, 28)], "malformed"],
  "a length of 65535": [[4], [extension(UNKNOWN, 65_535, 28)], "malformed"],
  "a length of 65532": [[4], [extension(UNKNOWN, 65_532, 28)], "malformed"],
  "a length four too small": [[4], [extension(UNKNOWN, 28, 32)], "malformed"],
  "an MD5 or AES-CMAC code": [[1, 2, 3, 4], [mac(7, 20)], "mac"],
  "a SHA-1 code": [[1, 2, 3, 4], [mac(7, 24)], "mac"],
  "a code with key 0x14, which reads as a field": [[3, 4], [mac(0x14, 20)], "mac"],
  "a code with key 0x18, which reads as a field": [[3, 4], [mac(0x18, 24)], "mac"],
  "a code with key 0": [[3, 4], [mac(0, 20)], "mac"],
  "a code after a field": [[4], [extension(UNKNOWN, 16), mac(7, 20)], "mac"],
  "a longer code after fields": [
    [4],
    [extension(UNKNOWN, 28), extension(UNKNOWN, 16), mac(7, 24)],
    "mac",
  ],
  "a crypto-NAK": [[1, 2, 3, 4], [zeros(4)], "crypto_nak"],
  "a crypto-NAK after a field": [[4], [extension(UNKNOWN, 28), zeros(4)], "crypto_nak"],
  "a key alone": [[1, 2, 3, 4], [mac(1, 4)], "malformed"],
  "a key alone of the highest bits": [[1, 2, 3, 4], [mac(0x0001_0000, 4)], "malformed"],
  "8 octets": [[1, 2, 3, 4], [zeros(8)], "malformed"],
  "12 octets, the authenticator of old": [[1, 2], [mac(1, 12)], "mac"],
  "12 octets in a later version": [[3, 4], [mac(1, 12)], "malformed"],
  "16 octets": [[1, 2, 3, 4], [mac(1, 16)], "malformed"],
  "28 octets": [[1, 2, 3], [mac(1, 28)], "malformed"],
  "72 octets of Windows": [[3], [mac(1, 72)], "mac"],
  "72 octets in another version": [[1, 2, 4], [mac(1, 72)], "malformed"],
  "NTS": [
    [4],
    [
      extension(UNIQUE_IDENTIFIER, 36),
      extension(COOKIE, 104),
      extension(PLACEHOLDER, 104),
      extension(AUTHENTICATOR, 40),
    ],
    "nts",
  ],
  "an NTS identifier alone": [[4], [extension(UNIQUE_IDENTIFIER, 36)], "nts"],
  "an NTS cookie alone": [[4], [extension(COOKIE, 104)], "nts"],
  "an NTS placeholder alone": [[4], [extension(PLACEHOLDER, 104)], "nts"],
  "an NTS authenticator alone": [[4], [extension(AUTHENTICATOR, 40)], "nts"],
  "NTS after an unknown field": [
    [4],
    [extension(UNKNOWN, 16), extension(AUTHENTICATOR, 40)],
    "nts",
  ],
  "an NTS field cut short": [[4], [extension(COOKIE, 104, 100)], "malformed"],
};

Deno.test("readTrailer distinguishes the kinds of authentication, by version", () => {
  for (const [name, [versions, trailer, expected]] of Object.entries(table)) {
    for (const version of versions) {
      const request = Uint8Array.from([...zeros(48), ...trailer.flatMap((part) => [...part])]);
      const read = readTrailer(request, version);
      assertEquals(read, expected, `${name}, version ${version}`);
    }
  }
});

Deno.test("readTrailer reads the trailer where a request begins, not its buffer", () => {
  const buffer = new Uint8Array(200).fill(0xff);
  const request = buffer.subarray(3, 3 + 48 + 28);
  request.fill(0);
  request.set(hex("2007 001c"), 48);
  assertEquals(readTrailer(request, 4), "none");
});

Deno.test("readTrailer ends, whatever the length of a field", () => {
  for (let stated = 0; stated <= 0xffff; stated++) {
    const request = new Uint8Array(48 + 64);
    new DataView(request.buffer).setUint32(48, 0x2007_0000 + stated);
    const trailer = readTrailer(request, 4);
    // What follows the first field is zeros: no field, but a crypto-NAK if it is four octets.
    const expected: Record<number, Trailer> = {
      64: "none",
      60: "crypto_nak",
      44: "mac",
      40: "mac",
    };
    assertEquals(trailer, expected[stated] ?? "malformed", `${stated}`);
  }
});
