import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { check } from "../../support/property.ts";
import {
  answer,
  ask,
  builtIn,
  hex,
  octetsOf,
  STATUS,
  UNSYNCHRONIZED_STATUS,
} from "../../support/services.ts";
import { vectors } from "./vectors.ts";

const responder = builtIn("time");
const { Instant } = Temporal;

Deno.test("timeResponder answers four octets, modulo 2^32 past 2036", () => {
  for (const [iso, octets] of vectors) {
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
  for (const [iso] of vectors) {
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
