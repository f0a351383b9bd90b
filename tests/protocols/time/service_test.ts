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

/** Whether octets are what some Time server sends at some time: four, or eight of which the rest is zero. */
const canBeReply = (octets: Uint8Array): boolean =>
  octets.length === 4 || octets.length === 8 && octets.subarray(4).every((octet) => octet === 0);

Deno.test("timeResponder answers whatever is in a request, unless a Time server can have sent it", () => {
  check(fc.property(fc.uint8Array({ maxLength: 2048 }), (request) => {
    fc.pre(!canBeReply(request));
    assertEquals(answer(responder, request), hex("e2322490"));
  }));
});

Deno.test("timeResponder is silent while the clock is not synchronised, and answers once it is", () => {
  assertEquals(ask(responder, octetsOf(""), { status: UNSYNCHRONIZED_STATUS }), "unsynchronized");
  assertEquals(answer(responder, octetsOf(""), { status: { ...STATUS, leap: 2 } }).length, 4);
});

Deno.test("timeResponder refuses the reply of any Time server, whatever either clock shows", () => {
  const seconds = fc.integer({ min: -8e12, max: 8e12 });
  check(fc.property(seconds, seconds, fc.boolean(), (one, other, isPadded) => {
    const reply = answer(responder, octetsOf(""), { at: { seconds: one, nanoseconds: 0 } });
    const sent = isPadded ? Uint8Array.of(...reply, 0, 0, 0, 0) : reply;
    const at = { seconds: other, nanoseconds: 0 };
    assertEquals(ask(responder, sent, { at }), "looks_like_a_reply");
  }));
  // A clock shows these for one second of 136 years each, and some clocks stand still.
  for (const text of ["time", "\0\0\0\0", "\xff\xff\xff\xff", "\0\0\0\0\0\0\0\0"]) {
    assertEquals(ask(responder, octetsOf(text)), "looks_like_a_reply");
  }
  assertEquals(
    ask(responder, octetsOf("time"), { status: UNSYNCHRONIZED_STATUS }),
    "looks_like_a_reply",
  );
});

Deno.test("timeResponder answers what clients send, and what differs from a reply", () => {
  const requests = [
    "",
    "\0",
    "\n",
    "\r\n",
    "what time is it?\n",
    "\xe2\x32\x24",
    "\xe2\x32\x24\x90\0",
  ];
  for (const last of ["\0\0\0\x01", "\x01\0\0\0", "\0\0\0\0\0"]) {
    requests.push(`\xe2\x32\x24\x90${last}`);
  }
  for (const request of requests) assertEquals(answer(responder, octetsOf(request)).length, 4);
});
