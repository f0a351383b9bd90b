import { assertEquals, assertThrows } from "@std/assert";
import {
  type DaytimeFormat,
  daytimeFormats,
  formatDaytime,
} from "../../../src/protocols/daytime/service.ts";
import { parseDaytime } from "../../../src/protocols/daytime/parse.ts";
import { NOW } from "../../support/services.ts";

const secondsOf = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds / 1000;

/** UTC, in each format; the days of NIST's lines are those of its own converter. */
const utcLines: [iso: string, lines: Record<DaytimeFormat, string>][] = [
  ["2020-04-03T21:09:36Z", {
    ctime: "Fri Apr  3 21:09:36 2020",
    rfc1123: "Fri, 03 Apr 2020 21:09:36 +0000",
    iso8601: "2020-04-03T21:09:36+00:00",
    nist: "58942 20-04-03 21:09:36 00 0 0   0.0 UTC(timesrv) *",
  }],
  ["1999-12-31T23:59:59Z", {
    ctime: "Fri Dec 31 23:59:59 1999",
    rfc1123: "Fri, 31 Dec 1999 23:59:59 +0000",
    iso8601: "1999-12-31T23:59:59+00:00",
    nist: "51543 99-12-31 23:59:59 00 0 0   0.0 UTC(timesrv) *",
  }],
  ["2000-02-29T00:00:00Z", {
    ctime: "Tue Feb 29 00:00:00 2000",
    rfc1123: "Tue, 29 Feb 2000 00:00:00 +0000",
    iso8601: "2000-02-29T00:00:00+00:00",
    nist: "51603 00-02-29 00:00:00 00 0 0   0.0 UTC(timesrv) *",
  }],
  ["1970-01-01T00:00:00Z", {
    ctime: "Thu Jan  1 00:00:00 1970",
    rfc1123: "Thu, 01 Jan 1970 00:00:00 +0000",
    iso8601: "1970-01-01T00:00:00+00:00",
    nist: "40587 70-01-01 00:00:00 00 0 0   0.0 UTC(timesrv) *",
  }],
  ["1969-12-31T23:59:59Z", {
    ctime: "Wed Dec 31 23:59:59 1969",
    rfc1123: "Wed, 31 Dec 1969 23:59:59 +0000",
    iso8601: "1969-12-31T23:59:59+00:00",
    nist: "40586 69-12-31 23:59:59 00 0 0   0.0 UTC(timesrv) *",
  }],
  ["2036-02-07T06:28:16Z", {
    ctime: "Thu Feb  7 06:28:16 2036",
    rfc1123: "Thu, 07 Feb 2036 06:28:16 +0000",
    iso8601: "2036-02-07T06:28:16+00:00",
    nist: "64730 36-02-07 06:28:16 00 0 0   0.0 UTC(timesrv) *",
  }],
  // NIST's day has five digits: here they start again.
  ["2132-09-01T00:00:00Z", {
    ctime: "Mon Sep  1 00:00:00 2132",
    rfc1123: "Mon, 01 Sep 2132 00:00:00 +0000",
    iso8601: "2132-09-01T00:00:00+00:00",
    nist: "00000 32-09-01 00:00:00 00 0 0   0.0 UTC(timesrv) *",
  }],
];

Deno.test("formatDaytime writes each form in UTC, and NIST's begins with a line feed", () => {
  for (const [iso, lines] of utcLines) {
    for (const format of daytimeFormats) {
      const line = formatDaytime(secondsOf(iso), { format, utc: true });
      assertEquals(line, `${format === "nist" ? "\n" : ""}${lines[format]}\r\n`, format);
    }
    assertEquals(formatDaytime(secondsOf(iso), { utc: true }), `${lines.ctime}\r\n`);
  }
});

Deno.test("formatDaytime announces the leap second in NIST's form alone", () => {
  const table: [leap: number, field: string][] = [[0, "0 0"], [1, "1 0"], [2, "2 0"], [3, "0 4"]];
  for (const [leap, field] of table) {
    const line = formatDaytime(NOW.seconds, { format: "nist" }, leap);
    assertEquals(line.slice(25, 31), `00 ${field}`);
    for (const format of ["ctime", "rfc1123", "iso8601"] as const) {
      assertEquals(formatDaytime(0, { format }, leap), formatDaytime(0, { format }));
    }
  }
});

Deno.test("formatDaytime refuses a time beyond a Date's years", () => {
  for (const format of daytimeFormats) {
    const write = () => formatDaytime(8.64e12 + 1, { format, utc: true });
    assertThrows(write, RangeError, "Cannot write a time as text: got 8640000000001 s");
  }
});

Deno.test("parseDaytime reads what formatDaytime writes, in every year that a clock can show", () => {
  const times = [
    "-271821-04-21T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "0000-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "+010000-01-01T00:00:00Z",
    "+275760-09-11T00:00:00Z",
  ];
  for (const iso of times) {
    const pivot = Temporal.Instant.from(iso);
    for (const format of daytimeFormats) {
      // Two digits do not say that a year is before 0.
      if (format === "nist" && iso.startsWith("-")) continue;
      const line = formatDaytime(secondsOf(iso), { format, utc: true });
      const { time } = parseDaytime(new TextEncoder().encode(line), pivot);
      assertEquals(`${time}Z`, iso, line);
    }
  }
  assertEquals(
    formatDaytime(secondsOf("-000001-01-01T00:00:00Z"), { format: "rfc1123", utc: true }),
    "Fri, 01 Jan -0001 00:00:00 +0000\r\n",
  );
});
