import { assertEquals, assertThrows } from "@std/assert";
import { parsePosixZone } from "../../src/system/posix_zone.ts";

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
