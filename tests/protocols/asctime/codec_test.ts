import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatAsctime, parseAsctime } from "../../../src/protocols/asctime/codec.ts";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import { check } from "../../support/property.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const secondsOf = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds / 1000;

Deno.test("formatAsctime writes what C's asctime writes", () => {
  const table: [iso: string, text: string][] = [
    ["1970-01-01T00:00:00Z", "Thu Jan  1 00:00:00 1970"],
    ["2020-04-03T21:09:36Z", "Fri Apr  3 21:09:36 2020"],
    ["2020-02-29T23:59:59Z", "Sat Feb 29 23:59:59 2020"],
    ["1999-12-31T09:05:01Z", "Fri Dec 31 09:05:01 1999"],
    ["2036-02-07T06:28:16Z", "Thu Feb  7 06:28:16 2036"],
    ["1900-01-10T12:00:00Z", "Wed Jan 10 12:00:00 1900"],
    ["0099-06-09T01:02:03Z", "Tue Jun  9 01:02:03 99"],
    ["+012345-07-08T01:02:03Z", "Sun Jul  8 01:02:03 12345"],
    ["-000044-03-15T11:00:00Z", "Thu Mar 15 11:00:00 -44"],
  ];
  for (const [iso, text] of table) {
    assertEquals(formatAsctime(secondsOf(iso), { utc: true }), text, iso);
  }
});

Deno.test("formatAsctime writes local time unless told otherwise", () => {
  for (const iso of ["2026-01-05T04:05:06Z", "2026-07-15T22:05:06Z"]) {
    const seconds = secondsOf(iso);
    const { time } = parseAsctime(encode(formatAsctime(seconds)));
    const local = new Date(seconds * 1000);
    assertEquals(
      [time.month, time.day, time.hour, time.minute],
      [local.getMonth() + 1, local.getDate(), local.getHours(), local.getMinutes()],
    );
  }
});

Deno.test("formatAsctime refuses a time beyond a Date's years", () => {
  assertThrows(() => formatAsctime(8.64e12 + 1), RangeError, "Cannot write a time");
});

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

Deno.test("parseAsctime takes what servers put after the text and around the day", () => {
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
