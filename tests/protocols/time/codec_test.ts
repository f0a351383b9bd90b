import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import { parseTime } from "../../../src/protocols/time/codec.ts";
import { timeResponder } from "../../../src/protocols/time/service.ts";
import { check } from "../../support/property.ts";
import {
  answer,
  ask,
  hex,
  NOW,
  octetsOf,
  STATUS,
  UNSYNCHRONIZED_STATUS,
} from "../../support/services.ts";

const responder = timeResponder();
const { Instant } = Temporal;

/** The examples of RFC 868, and the moments around the change of era. */
const table: [iso: string, octets: string][] = [
  ["1900-01-01T00:00:01Z", "00000001"],
  ["1970-01-01T00:00:00Z", "83aa7e80"],
  ["1976-01-01T00:00:00Z", "8ef30500"],
  ["1980-01-01T00:00:00Z", "96792480"],
  ["1983-05-01T00:00:00Z", "9cbc4480"],
  ["1858-11-17T00:00:00Z", "b2a63e00"],
  ["2020-04-03T21:09:36Z", "e2322490"],
  ["2036-02-07T06:28:15Z", "ffffffff"],
  ["2036-02-07T06:28:16Z", "00000000"],
  ["2036-02-07T06:28:17Z", "00000001"],
  ["2104-02-26T09:42:24Z", "80000000"],
  ["2106-02-07T06:28:16Z", "83aa7e80"],
];

Deno.test("timeResponder answers four octets, modulo 2^32 past 2036", () => {
  for (const [iso, octets] of table) {
    const seconds = Instant.from(iso).epochMilliseconds / 1000;
    for (const nanoseconds of [0, 500_000_000, 999_999_999]) {
      // Truncated: the second is over when it is over.
      const reply = answer(responder, octetsOf(""), { at: { seconds, nanoseconds } });
      assertEquals(reply, hex(octets), iso);
    }
  }
});

Deno.test("timeResponder answers whatever is in a request", () => {
  check(fc.property(fc.uint8Array({ maxLength: 2048 }), (request) => {
    assertEquals(answer(responder, request), hex("e2322490"));
  }));
});

Deno.test("timeResponder is silent while the clock is not synchronised, and answers once it is", () => {
  assertEquals(ask(responder, octetsOf(""), { status: UNSYNCHRONIZED_STATUS }), "unsynchronized");
  assertEquals(answer(responder, octetsOf(""), { status: { ...STATUS, leap: 2 } }).length, 4);
});

Deno.test("timeResponder refuses its own reply, a day early or late, in every era", () => {
  for (const [iso] of table) {
    const seconds = Instant.from(iso).epochMilliseconds / 1000;
    const at = { seconds, nanoseconds: 0 };
    for (const away of [0, 1, -1, 86_400, -86_400]) {
      const other = { seconds: seconds + away, nanoseconds: 0 };
      const reply = answer(responder, octetsOf(""), { at: other });
      assertEquals(ask(responder, reply, { at }), "looks-like-a-reply", `${iso} ${away}`);
    }
    for (const away of [86_401, -86_401]) {
      const other = { seconds: seconds + away, nanoseconds: 0 };
      const request = answer(responder, octetsOf(""), { at: other });
      assertEquals(answer(responder, request, { at }).length, 4, `${iso} ${away}`);
    }
  }
});

Deno.test("timeResponder answers requests that only resemble its reply", () => {
  for (const request of ["", "time", "\0\0\0\0", "\xe2\x32\x24", "\xe2\x32\x24\x90\0", "\n"]) {
    assertEquals(answer(responder, octetsOf(request)).length, 4);
  }
});

Deno.test("parseTime reads what is nearest to the pivot", () => {
  for (const [iso, octets] of table) {
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
