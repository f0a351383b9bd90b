import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatAsctime } from "../../../src/protocols/asctime/service.ts";
import { parseAsctime } from "../../../src/protocols/asctime/parse.ts";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import { check } from "../../support/property.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const secondsOf = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds / 1000;

Deno.test("parseAsctime reads back every text of four-digit years, 24 octets each", () => {
  const seconds = fc.integer({
    min: secondsOf("1000-01-01T00:00:00Z"),
    max: secondsOf("9999-12-31T23:59:59Z"),
  });
  check(fc.property(seconds, (seconds) => {
    const text = formatAsctime(seconds, { utc: true });
    assertEquals(text.length, 24);
    const reading = parseAsctime(encode(text));
    assertEquals(reading.text, text);
    assertEquals(reading.time.toZonedDateTime("UTC").epochMilliseconds, seconds * 1000);
  }));
});

Deno.test("parseAsctime accepts what servers put after the text and around the day", () => {
  for (const end of ["", "\n", "\r\n", "\n\0", "\0"]) {
    const { text, time } = parseAsctime(encode(`Fri Apr  3 21:09:36 2020${end}`));
    assertEquals(text, "Fri Apr  3 21:09:36 2020");
    assertEquals(time.toString(), "2020-04-03T21:09:36");
  }
  for (const day of [" 3", "03", "3"]) {
    const { time } = parseAsctime(encode(`Fri Apr ${day} 21:09:36 2020`));
    assertEquals(time.toString(), "2020-04-03T21:09:36");
  }
});

Deno.test("parseAsctime reads a leap second as the one before it", () => {
  const { time } = parseAsctime(encode("Sat Dec 31 23:59:60 2016"));
  assertEquals(time.toString(), "2016-12-31T23:59:59");
});

Deno.test("parseAsctime refuses what is no time, and shows it escaped on one line", () => {
  const bad = [
    "",
    "Time request",
    "Fri Apr 31 21:09:36 2020",
    "Mon Feb 29 00:00:00 2021",
    "Fri Avr  3 21:09:36 2020",
    "Fri Apr  3 24:09:36 2020",
    "Fri Apr  3 21:60:36 2020",
    "Fri Apr  3 21:09:61 2020",
    "Fri Apr  0 21:09:36 2020",
    "Fri Apr  3 21:09:36 2020 CEST",
    "\n\nFri Apr  3 21:09:36 2020",
    "Fri Apr  3 21:09:36 2020\x1b[2J",
  ];
  for (const text of bad) {
    const error = assertThrows(() => parseAsctime(encode(text)), DecodeError);
    // deno-lint-ignore no-control-regex -- control characters are what must not get through
    assertEquals(/[\x00-\x1f\x7f-\uffff]/.test(error.message), false, error.message);
  }
  const long = assertThrows(() => parseAsctime(new Uint8Array(65_507)), DecodeError);
  assertEquals(long.message.length < 400, true, "a long reply is cut");
});

Deno.test("parseAsctime refuses every prefix of a text", () => {
  const text = "Fri Apr  3 21:09:36 2020";
  // "… 202" is a year, too; what is cut before the year is no time.
  for (let length = 0; length <= text.length - 4; length++) {
    assertThrows(() => parseAsctime(encode(text.slice(0, length))), DecodeError);
  }
});

Deno.test("parseAsctime either throws DecodeError or reads a real date", () => {
  check(fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
    try {
      const { text, time } = parseAsctime(octets);
      assertEquals(parseAsctime(encode(text)).time.equals(time), true);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }));
});
