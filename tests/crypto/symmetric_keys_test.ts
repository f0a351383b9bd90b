import { assert, assertEquals, assertThrows } from "@std/assert";
import type { SymmetricKey } from "../../src/crypto/mac.ts";
import { parseKeys, SymmetricKeys } from "../../src/crypto/symmetric_keys.ts";

const secret = new TextEncoder().encode("hush");

Deno.test("keys are found by their ids, and shown without their secrets", () => {
  const keys = parseKeys("7 SHA1 hush\n4294967295 MD5 hush");
  assertEquals(keys.list, [{ id: 7, type: "SHA1" }, { id: 4294967295, type: "MD5" }]);
  assertEquals([keys.has(7), keys.has(8)], [true, false]);
  assertEquals([keys.find(4294967295)?.type, keys.find(8)], ["MD5", undefined]);
  assert(keys.find(7) === keys.find(7));
  const shown = [Deno.inspect(keys, { depth: 9, showHidden: true }), JSON.stringify(keys)];
  shown.push(Deno.inspect(keys.find(7), { depth: 9, showHidden: true }), `${keys}`);
  for (const text of shown) assert(!/hush|104|68757368/.test(text), text);
  assertEquals(new SymmetricKeys(keys.copy()).copy(), keys.copy());
});

Deno.test("keys that no packet can have are refused", () => {
  const key: SymmetricKey = { id: 7, type: "SHA1", secret };
  const table: readonly (readonly [SymmetricKey[], ErrorConstructor, string])[] = [
    [[key, key], RangeError, "Key 7 is there twice"],
    [[{ ...key, id: 0 }], RangeError, "A key id is a whole number, 1 to 4294967295"],
    [[{ ...key, id: 1.5 }], RangeError, "A key id is a whole number"],
    [[{ ...key, id: 2 ** 32 }], RangeError, "A key id is a whole number"],
    [[{ ...key, type: "TIGER" as "SHA1" }], SyntaxError, "The type of key 7 is unknown"],
    [[{ ...key, type: "AES128" }], RangeError, "Key 7 has 4 octets, and AES128 needs 16"],
    [[{ ...key, secret: new Uint8Array() }], RangeError, "Key 7 is empty"],
  ];
  for (const [keys, error, message] of table) {
    assertThrows(() => new SymmetricKeys(keys), error, message);
  }
});

Deno.test("a line warns of MD5, and names a few keys", () => {
  const warning = (text: string, ids?: number[]): string | undefined =>
    parseKeys(text).warningOf(ids);
  assertEquals(warning("1 SHA1 x"), undefined);
  assertEquals(
    warning("1 MD5 x\n2 SHA1 x"),
    "Key 1 is of type MD5, which RFC 8573 deprecates: prefer AES128",
  );
  assertEquals(warning("1 MD5 x\n2 SHA1 x", [2, 3]), undefined);
  const many = Array.from({ length: 9 }, (_, i) => `${i + 1} x`).join("\n");
  assertEquals(
    warning(many),
    "Keys 1, 2, 3, 4, 5, ... are of type MD5, which RFC 8573 deprecates: prefer AES128",
  );
});
