import { assertEquals, assertThrows } from "@std/assert";
import { readTzif } from "../../src/system/tzif.ts";

/** A file of version 1: two types, one change. */
const small = Uint8Array.fromHex(
  "545a6966" + "00".repeat(16) + // magic, version, reserved
    "00000000000000000000000000000001" + "00000002" + "00000008" + // counts
    "386d4380" + "01" + // 2000-01-01
    "00000e100000" + "00001c200104" + "43455400" + "45455400",
);

Deno.test("readTzif reads a file of version 1, whose first type holds before the first change", () => {
  const offsetAt = readTzif(small);
  assertEquals([946_684_799, 946_684_800].map(offsetAt), [3600, 7200]);
});

Deno.test("readTzif refuses every part of a file, and other files", () => {
  for (let length = 0; length < small.length; length++) {
    assertThrows(() => readTzif(small.subarray(0, length)), SyntaxError);
  }
  assertThrows(() => readTzif(new TextEncoder().encode("TZif? no.".repeat(20))), SyntaxError);
});
