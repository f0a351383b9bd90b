import { assertEquals, assertThrows } from "@std/assert";
import { formatAsctime } from "../../../src/protocols/asctime/service.ts";
import { parseAsctime } from "../../../src/protocols/asctime/parse.ts";

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

Deno.test("formatAsctime writes local time by default", () => {
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
