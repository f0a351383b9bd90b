import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseKeys } from "../../src/crypto/symmetric_keys.ts";
import { AES_LENGTHS, keyTypes } from "../../src/crypto/mac.ts";
import { check } from "../support/property.ts";

const AES = "000102030405060708090a0b0c0d0e0f";

/** The keys of a file as `id type octets`. */
function keysOf(text: string): string[] {
  return parseKeys(text).copy().map(({ id, type, secret }) => `${id} ${type} ${secret.toHex()}`);
}

const hexOf = (text: string): string => new TextEncoder().encode(text).toHex();

Deno.test("key files of chrony, ntpd and NTPsec are read", () => {
  const table: readonly (readonly [line: string, key: string])[] = [
    ["10 tulip", `10 MD5 ${hexOf("tulip")}`],
    ["11 HEX:DC09", "11 MD5 dc09"],
    ["1 SHA1 HEX:8B96920C2A", "1 SHA1 8b96920c2a"],
    ["25 SHA256 ASCII:ABCD ", `25 SHA256 ${hexOf("ABCD")}`],
    [`30\tAES128  HEX:${AES}`, `30 AES128 ${AES}`],
    [`31 aes256 HEX:${AES}${AES}`, `31 AES256 ${AES}${AES}`],
    ["4294967295 MD5 x", `4294967295 MD5 ${hexOf("x")}`],
    ["1 M twenty-characters-xx", `1 MD5 ${hexOf("twenty-characters-xx")}`],
    [
      "2 SHA1 c9fc15de6b30e8b1e6c47e1e4b1b6d24f0c3f1aa # comment",
      "2 SHA1 c9fc15de6b30e8b1e6c47e1e4b1b6d24f0c3f1aa",
    ],
    ["2 SHA-512 abc", `2 SHA512 ${hexOf("abc")}`],
    [`3 AES ${AES}`, `3 AES128 ${AES}`],
    [`3 AES-128 ${AES}`, `3 AES128 ${AES}`],
    [`3 AES128CMAC ${AES}`, `3 AES128 ${AES}`],
    [`3 AES-128-CMAC ${AES}`, `3 AES128 ${AES}`],
    ["3 AES128 sixteen-letters!", `3 AES128 ${hexOf("sixteen-letters!")}`],
    // No pairs of digits: a text, however long.
    ["4 SHA1 0123456789abcdef01234", `4 SHA1 ${hexOf("0123456789abcdef01234")}`],
    ["4 SHA1 0123456789abcdef0123456g", `4 SHA1 ${hexOf("0123456789abcdef0123456g")}`],
    ["5 sha3-256 ASCII:HEX:00", `5 SHA3-256 ${hexOf("HEX:00")}`],
    ["6 SHA1 ASCII:se#cret", `6 SHA1 ${hexOf("se#cret")}`],
    ["7 SHA1 passwört", `7 SHA1 ${hexOf("passwört")}`],
  ];
  for (const [line, key] of table) assertEquals(keysOf(line), [key], line);
  const file = "\ufeff# one\n\n! two\r\n; three\r%four\n 1 a \r\n2 SHA1 b";
  assertEquals(keysOf(file), [`1 MD5 ${hexOf("a")}`, `2 SHA1 ${hexOf("b")}`]);
});

Deno.test("a line that cannot be read is named by its number, without anything of a key", () => {
  const types =
    "MD5, SHA1, SHA224, SHA256, SHA384, SHA512, SHA3-224, SHA3-256, SHA3-384, SHA3-512, " +
    "AES128 or AES256";
  const begins = "line 2: a line begins with the id of a key, 1 to 4294967295";
  const table: readonly (readonly [line: string, message: string])[] = [
    ["hush", begins],
    ["0 SHA1 hush", begins],
    ["-1 SHA1 hush", begins],
    ["1.5 SHA1 hush", begins],
    ["4294967296 SHA1 hush", begins],
    ["1", "line 2: expected ID TYPE KEY, and found an id alone"],
    ["1 # hush", "line 2: expected ID TYPE KEY, and found an id alone"],
    ["1 SHA1", "line 2: the key is missing"],
    ["1 aes-128 # hush", "line 2: the key is missing"],
    ["1 SHA1 hush more", "line 2: expected ID TYPE KEY, and found more"],
    ["1 hush SHA1", `line 2: the type of a key is ${types}`],
    ["1 __proto__ hush", `line 2: the type of a key is ${types}`],
    ["1 SHA1 HEX:hush", "line 2: HEX: needs pairs of hexadecimal digits"],
    ["1 SHA1 HEX:abc", "line 2: HEX: needs pairs of hexadecimal digits"],
    ["1 SHA1 HEX:", "line 2: the key is missing"],
    ["1 SHA1 ASCII:", "line 2: the key is missing"],
    ["1 SHA1 hu#sh", "line 2: a key with # in it needs a prefix, HEX: or ASCII:"],
    ["1 AES128 x", "line 2: key 1 has 1 octet, and AES128 needs 16"],
    ["1 AES128 hush", "line 2: key 1 has 4 octets, and AES128 needs 16"],
    [`1 AES256 HEX:${AES}`, "line 2: key 1 has 16 octets, and AES256 needs 32"],
    ["9 SHA1 hush", "line 2: key 9 is in line 1 already"],
  ];
  for (const [line, message] of table) {
    const error = assertThrows(() => parseKeys(`9 SHA1 hush\n${line}\n`), SyntaxError);
    assertEquals(error.message, message, line);
    assert(!error.message.includes("hush"));
  }
  for (const text of ["", "\n# nothing\n"]) {
    assertThrows(() => parseKeys(text), SyntaxError, "it has no key");
  }
});

Deno.test("whatever keys are written, they are read again", () => {
  const key = fc.record({
    id: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    type: fc.constantFrom(...keyTypes),
    octets: fc.uint8Array({ minLength: 32, maxLength: 64 }),
  }).map(({ id, type, octets }) => ({
    id,
    type,
    secret: octets.subarray(0, AES_LENGTHS[type] ?? octets.length),
  }));
  const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 5, selector: ({ id }) => id });
  check(
    fc.property(keys, fc.boolean(), (keys, hasPrefix) => {
      const lines = keys.map(({ id, type, secret }) =>
        `${id} ${type} ${hasPrefix || secret.length <= 10 ? "HEX:" : ""}${secret.toHex()}`
      );
      assertEquals(parseKeys(lines.join("\n")).copy(), keys);
    }),
    300,
  );
});
