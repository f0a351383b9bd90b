import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RefusalCause } from "../../src/protocols/responder.ts";
import { check } from "../support/property.ts";
import { answer, ask, builtIn, octetsOf } from "../support/services.ts";

const responder = builtIn("auto");

/** What an input gets: NTP, text, or nothing for a cause. */
function verdict(request: Uint8Array, port = 51402): "ntp" | "text" | RefusalCause {
  const reply = ask(responder, request, { port });
  if (typeof reply === "string") return reply;
  return reply.length === 48 ? "ntp" : new TextDecoder().decode(reply) === TEXT ? "text" : "mode";
}

const TEXT = "Fri Apr  3 21:09:36 2020";

/** One octet, and zeros behind it. */
function head(octet: number, length = 48): Uint8Array<ArrayBuffer> {
  const request = new Uint8Array(length);
  request[0] = octet;
  return request;
}

Deno.test("autoResponder sorts headers of 48 octets by version and mode", () => {
  for (const port of [123, 51402]) {
    for (let octet = 0; octet < 256; octet++) {
      const version = octet >> 3 & 7;
      const mode = octet & 7;
      const isNtp = version >= 1 && version <= 4;
      const expected = !isNtp || mode === 0 && version > 1
        ? "text"
        : mode === 1 || mode === 3
        ? "ntp"
        : mode === 0
        ? port === 123 ? "mode" : "ntp"
        : mode <= 5
        ? "looks_like_a_reply"
        : "mode";
      // A mode 7 packet of zero items is an answer's if the response bit is set.
      assertEquals(verdict(head(octet), port), expected, `${octet.toString(16)} from ${port}`);
    }
  }
});

const inputs: [name: string, request: Uint8Array, expected: ReturnType<typeof verdict>][] = [
  ["nothing", octetsOf(""), "text"],
  ["the client's words", octetsOf("Time request"), "text"],
  ["a line", octetsOf("what time is it?\r\n"), "text"],
  ["a text whose first letter is a client's flags", octetsOf("#".repeat(48)), "text"],
  ["a text whose first letter is a server's flags", octetsOf("d".repeat(48)), "text"],
  ["a text whose first letter is mode 6", octetsOf("Nobody knows the time"), "text"],
  ["a text whose first letter is mode 7", octetsOf("What is the time?"), "text"],
  ["a long text", octetsOf("x".repeat(2048)), "text"],
  ["UTF-8", new TextEncoder().encode("¿Qué hora es?"), "text"],
  ["one zero", new Uint8Array(1), "text"],
  ["zeros", new Uint8Array(48), "text"],
  ["all ones", new Uint8Array(48).fill(0xff), "text"],
  ["a client's header cut short", head(0x23, 47), "text"],
  ["a server's header cut short", head(0x24, 47), "text"],
  ["lwIP", head(0x23), "ntp"],
  ["Windows", head(0xd9), "ntp"],
  ["Arduino", head(0xe3), "ntp"],
  ["version 1", head(0x08), "ntp"],
  ["version 5", head(0x2b), "text"],
  [
    "a client with a code",
    Uint8Array.from([...head(0x23), ...Array(20).fill(1)]),
    "authentication",
  ],
  ["a client of an odd length", head(0x23, 50), "malformed"],
  ["a server's reply with a code", head(0x24, 68), "looks_like_a_reply"],
  ["a reply of an odd length", head(0x24, 49), "looks_like_a_reply"],
  ["a broadcast", head(0x25), "looks_like_a_reply"],
  ["ntpq's request", head(0x16, 12), "mode"],
  ["a shorter one", head(0x16, 11), "text"],
  ["a scanner's monlist", Uint8Array.of(0x17, 0, 3, 0x2a, 0, 0, 0, 1), "mode"],
  ["one that can be a time", Uint8Array.of(0x17, 0, 3, 0x2a, 0, 0, 0, 0), "looks_like_a_reply"],
  ["a longer one", head(0x17, 192), "mode"],
  ["a shorter one", head(0x17, 7), "text"],
  ["our text", octetsOf(TEXT), "looks_like_a_reply"],
  ["our text from C", octetsOf(`${TEXT}\n\0`), "looks_like_a_reply"],
  ["a Daytime line", octetsOf("22 NOV 2026 16:44:35 UTC\r\n"), "looks_like_a_reply"],
  ["a time", octetsOf("\xe2\x32\x24\x90"), "looks_like_a_reply"],
  ["a time of another clock", octetsOf("\x12\x32\x24\x90"), "looks_like_a_reply"],
  ["a word of four letters", octetsOf("time"), "text"],
];

Deno.test("autoResponder sends every kind of input where it belongs", () => {
  for (const [name, request, expected] of inputs) {
    assertEquals(verdict(request), expected, name);
  }
});

Deno.test("autoResponder gives any printable request the text, whatever its length", () => {
  const text = fc.string({ unit: "binary-ascii", maxLength: 300 }).map((text) =>
    text.replace(/[^\t-\r -~]|:/g, ".")
  );
  check(fc.property(text, (text) => {
    // Of four octets, words alone.
    fc.pre(text.length !== 4);
    assertEquals(verdict(octetsOf(text)), "text");
  }));
});

Deno.test("autoResponder answers NTP only to what has NTP's header, and never throws", () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(65535), (request, port) => {
      const reply = ask(responder, request, { port });
      if (typeof reply === "string") return;
      if (reply.length !== 48) return assertEquals(reply, octetsOf(TEXT));
      assertEquals(request.length >= 48, true);
      assertEquals(reply.subarray(24, 32), Uint8Array.from(request.subarray(40, 48)));
    }),
    10_000,
  );
});

Deno.test("autoResponder passes on the port and the clock", () => {
  const at = { seconds: 0, nanoseconds: 0 };
  assertEquals(answer(responder, octetsOf(""), { at }), octetsOf("Thu Jan  1 00:00:00 1970"));
  assertEquals(
    answer(responder, head(0x23), { at }).subarray(32, 36),
    octetsOf("\x83\xaa\x7e\x80"),
  );
});
