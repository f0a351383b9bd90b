import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import { parseTime } from "../../../src/protocols/time/parse.ts";
import { timeResponder } from "../../../src/protocols/time/service.ts";
import { check } from "../../support/property.ts";
import { answer, hex, NOW, octetsOf } from "../../support/services.ts";
import { vectors } from "./vectors.ts";

const responder = timeResponder();
const { Instant } = Temporal;

Deno.test("parseTime reads what is nearest to the pivot", () => {
  for (const [iso, octets] of vectors) {
    for (const away of [0, 2 ** 31 - 1, -(2 ** 31 - 1)]) {
      const pivot = Instant.from(iso).add({ seconds: away });
      assertEquals(parseTime(hex(octets), pivot).toString(), iso, pivot.toString());
    }
  }
  const pivot = Instant.from("2026-11-22T00:00:00Z");
  assertEquals(parseTime(hex("00000000"), pivot).toString(), "2036-02-07T06:28:16Z");
});

Deno.test("parseTime refuses any other length", () => {
  const pivot = Instant.fromEpochMilliseconds(NOW.seconds * 1000);
  for (const length of [0, 1, 2, 3, 5, 8, 48, 1500]) {
    assertThrows(
      () => parseTime(new Uint8Array(length), pivot),
      DecodeError,
      "not a time of RFC 868, which has 4 octets",
    );
  }
});

Deno.test("parseTime undoes timeResponder, 68 years around any pivot", () => {
  const seconds = fc.integer({ min: -5e9, max: 2e10 });
  const away = fc.integer({ min: -(2 ** 31 - 1), max: 2 ** 31 - 1 });
  check(fc.property(seconds, away, (seconds, away) => {
    const reply = answer(responder, octetsOf(""), { at: { seconds, nanoseconds: 999_999_999 } });
    const pivot = Instant.fromEpochMilliseconds((seconds + away) * 1000);
    assertEquals(parseTime(reply, pivot).epochMilliseconds, seconds * 1000);
  }));
});
