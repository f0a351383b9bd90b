import { assertEquals, assertThrows } from "@std/assert";
import { parsePosixZone, readTzif } from "../../src/system/time_zone.ts";

Deno.test("parsePosixZone reads daylight saving time that never ends (RFC 8536 §3.3.1)", () => {
  const offsetAt = parsePosixZone("EST5EDT,0/0,J365/25");
  const moments = Array.from({ length: 50 }, (_, i) => Date.UTC(2024, 0, 1 + 15 * i) / 1000);
  assertEquals(moments.map(offsetAt), moments.map(() => -4 * 3600));
});

Deno.test("parsePosixZone refuses other texts", () => {
  const wrong = [
    "",
    "Europe/Berlin",
    "EST",
    "E5",
    "EST5EDT,M3.2.0",
    "EST5,M3.2.0,M11.1.0",
    "EST5EDT,M13.1.0,M11.1.0",
    "EST5EDT,M3.6.0,M11.1.0",
    "EST5EDT,M3.2.7,M11.1.0",
    "EST5EDT,J0,J365",
    "EST5EDT,366,1",
    "EST25",
    "EST5EDT,M3.2.0/168,M11.1.0",
    "EST5EDT,M3.2.0/1/1,M11.1.0",
    "A".repeat(200_000) + "5",
  ];
  for (const text of wrong) assertThrows(() => parsePosixZone(text), SyntaxError, "time zone");
});

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
