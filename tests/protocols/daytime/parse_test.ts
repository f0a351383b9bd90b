import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { daytimeFormats, formatDaytime } from "../../../src/protocols/daytime/service.ts";
import { parseDaytime } from "../../../src/protocols/daytime/parse.ts";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import { check } from "../../support/property.ts";
import { octetsOf } from "../../support/services.ts";

const secondsOf = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds / 1000;
const pivot = Temporal.Instant.from("2026-11-22T12:00:00Z");
/** The shapes in use, and their readings. */
const shapes: [line: string, time: string, offset?: string][] = [
  ["Tuesday, February 22, 1982 17:37:43-PST\r\n", "1982-02-22T17:37:43"],
  ["Wednesday, May 1, 2024 07:08:09-UTC\r\n", "2024-05-01T07:08:09", "+00:00"],
  ["02 FEB 82 07:59:01 PST\r\n", "1982-02-02T07:59:01"],
  ["2 Feb 82 07:59:01 GMT\r\n", "1982-02-02T07:59:01", "+00:00"],
  ["22 NOV 2026 16:44:35 UTC\r\n", "2026-11-22T16:44:35", "+00:00"],
  ["22 NOV 2026 16:44:35 CET\r\n", "2026-11-22T16:44:35"],
  ["22 NOV 2026 16:44:35\r\n", "2026-11-22T16:44:35"],
  ["Sun Nov 22 16:44:35 2026\r\n", "2026-11-22T16:44:35"],
  ["Sun Nov  1 16:44:35 2026\n", "2026-11-01T16:44:35"],
  ["Sun Nov 22 16:44:35 2026\n\0", "2026-11-22T16:44:35"],
  ["\n61366 26-11-22 16:44:35 00 0 0 895.8 UTC(NIST) * \r\n", "2026-11-22T16:44:35", "+00:00"],
  ["\n57753 16-12-31 23:59:60 00 1 0  50.0 UTC(NIST) #\n", "2016-12-31T23:59:59", "+00:00"],
  ["Fri, 03 Apr 2020 23:09:36 +0200\r\n", "2020-04-03T23:09:36", "+02:00"],
  ["Fri, 03 Apr 2020 18:39:36 -0230\r\n", "2020-04-03T18:39:36", "-02:30"],
  ["Fri, 03 Apr 2020 21:09:36 GMT\r\n", "2020-04-03T21:09:36", "+00:00"],
  ["2020-04-03T23:09:36+02:00\r\n", "2020-04-03T23:09:36", "+02:00"],
  ["2020-04-03T21:09:36Z", "2020-04-03T21:09:36", "+00:00"],
  ["2020-04-03 21:09:36.123456", "2020-04-03T21:09:36"],
  // date(1), by locale
  ["Fri Feb 24 17:52:30 CET 2006\r\n", "2006-02-24T17:52:30"],
  ["Wed Mar  1 07:52:30 UTC 2006\n", "2006-03-01T07:52:30", "+00:00"],
  ["Fri Feb 24 05:52:30 PM CET 2006\n", "2006-02-24T17:52:30"],
  ["Fri Feb 24 12:00:01 AM UTC 2006\n", "2006-02-24T00:00:01", "+00:00"],
  ["Fri 24 Feb 17:52:30 GMT 2006\n", "2006-02-24T17:52:30", "+00:00"],
  ["Wed  1 Mar 17:52:30 +03 2006\n", "2006-03-01T17:52:30", "+03:00"],
  ["Fri 24 Feb 2006 05:52:30 PM EST\n", "2006-02-24T17:52:30"],
  // Windows
  ["5:52:30 PM 2/24/2006\n", "2006-02-24T17:52:30"],
  ["12:52:30 PM 12/4/2006\n", "2006-12-04T12:52:30"],
  // Cisco
  ["*17:52:30.123 UTC Fri Feb 24 2006\r\n", "2006-02-24T17:52:30", "+00:00"],
  ["17:52:30.123 CET Wed Mar 1 2006\r\n", "2006-03-01T17:52:30"],
  // No zone has such an offset: the time stands, and nothing is said of UTC.
  ["Fri, 03 Apr 2020 21:09:36 +9999\r\n", "2020-04-03T21:09:36"],
  ["Fri, 03 Apr 2020 21:09:36 +2400\r\n", "2020-04-03T21:09:36"],
  ["2020-04-03T21:09:36+01:60\r\n", "2020-04-03T21:09:36"],
];

Deno.test("parseDaytime reads every shape in use", () => {
  for (const [line, time, offset] of shapes) {
    const reading = parseDaytime(octetsOf(line), pivot);
    assertEquals([reading.time.toString(), reading.offset], [time, offset], line);
    assertEquals(reading.text, line.replace(/^\n| ?[\r\n\0]*$/g, ""));
  }
});

Deno.test("parseDaytime reads a year of two digits as near the pivot", () => {
  const table: [pivot: string, year: string, full: number][] = [
    ["2026-11-22T00:00:00Z", "26", 2026],
    ["2026-11-22T00:00:00Z", "00", 2000],
    ["2026-11-22T00:00:00Z", "99", 1999],
    ["2026-11-22T00:00:00Z", "75", 2075],
    ["2026-11-22T00:00:00Z", "77", 1977],
    ["1999-12-31T00:00:00Z", "00", 2000],
    ["1999-12-31T00:00:00Z", "48", 2048],
    ["2099-12-31T00:00:00Z", "01", 2101],
  ];
  for (const [pivot, year, full] of table) {
    const instant = Temporal.Instant.from(pivot);
    for (
      const line of [`02 FEB ${year} 07:59:01`, `50000 ${year}-02-02 07:59:01 00 0 0 .0 UTC(x) *`]
    ) {
      assertEquals(parseDaytime(octetsOf(line), instant).time.year, full, `${pivot} ${line}`);
    }
  }
});

Deno.test("parseDaytime refuses what is no time, and shows it escaped", () => {
  const bad = [
    "",
    "\r\n",
    "Time request",
    "32 NOV 2026 16:44:35 UTC",
    "29 FEB 2026 16:44:35 UTC",
    "22 NOX 2026 16:44:35 UTC",
    "22 NOV 2026 24:44:35 UTC",
    "22 NOV 2026 16:60:35 UTC",
    "22 NOV 2026 16:44:61 UTC",
    "22 NOV 202 16:44:35 UTC",
    "22 NOV 2026 16:44:35 UTC and more",
    "22 NOV 2026 16:44:35 \x1b[2J",
    "22 NOV 2026 16:44:35 \xe9",
    "61366 26-11-22 16:44:35 00 0 0 \x1b[2J UTC(NIST) *",
    "2026-13-22T16:44:35Z",
    "2026-00-22T16:44:35Z",
    "61366 26-11-31 16:44:35 00 0 0 895.8 UTC(NIST) *",
    "22 NOV 2026\n16:44:35 UTC",
    "Fri Feb 24 13:52:30 PM CET 2006",
    "Fri Feb 24 00:52:30 AM CET 2006",
    "Fri Feb 30 17:52:30 CET 2006",
    "Fri Feb 24 17:52:30 cet 2006",
    "17:52:30 2/24/2006",
    "5:52:30 PM 24/2/2006",
    "\0\0\0\0",
  ];
  for (const line of bad) {
    const error = assertThrows(
      () => parseDaytime(octetsOf(line), pivot),
      DecodeError,
      "not a time",
    );
    assert(/^[ -~…]*$/.test(error.message), error.message);
  }
});

Deno.test("parseDaytime reads every line that formatDaytime writes", () => {
  const range = { min: secondsOf("1000-01-01T00:00:00Z"), max: secondsOf("9999-12-31T23:59:59Z") };
  const format = fc.constantFrom(...daytimeFormats);
  check(fc.property(fc.integer(range), format, fc.boolean(), (seconds, format, utc) => {
    const line = formatDaytime(seconds, { format, utc });
    const near = Temporal.Instant.fromEpochMilliseconds(seconds * 1000);
    const { time, offset } = parseDaytime(octetsOf(line), near);
    const isOffsetTold = format !== "ctime";
    assertEquals(offset !== undefined, isOffsetTold, line);
    // Zones of long ago have seconds in their offsets, which a line cannot have.
    if (!isOffsetTold && !utc || format === "rfc1123" && !utc && seconds < 63_072_000) return;
    assertEquals(time.toZonedDateTime(offset ?? "UTC").epochMilliseconds, seconds * 1000, line);
  }));
});

Deno.test("parseDaytime either throws DecodeError or gives a printable line, a date, an offset", () => {
  const noise = fc.uint8Array({ maxLength: 90 });
  const pick = fc.constantFrom(...shapes.map(([line]) => line));
  const mutated = fc.tuple(pick, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }))
    .map(([line, flips]) => {
      const octets = octetsOf(line);
      for (const [at, octet] of flips) if (at < octets.length) octets[at] = octet;
      return octets;
    });
  check(
    fc.property(fc.oneof(noise, mutated), (octets) => {
      try {
        const { text, time, offset } = parseDaytime(octets, pivot);
        assert(/^[ -~]+$/.test(text), JSON.stringify(text));
        time.toZonedDateTime(offset ?? "UTC");
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }),
    5000,
  );
});
