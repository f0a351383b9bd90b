import { assert, assertEquals, assertThrows } from "@std/assert";
import { timeFormatter } from "../../../../src/cli/timecli/query/time_format.ts";
import type { TimeReply } from "../../../../src/protocols/registry.ts";
import { inZone } from "../../../support/zone.ts";
import { UsageError } from "../../../../src/cli/shared/errors.ts";

function instant(text: string): TimeReply {
  return { protocol: "ntp", time: Temporal.Instant.from(text), url: "ntp://x" } as TimeReply;
}

function reading(text: string, utcOffset?: string): TimeReply {
  const time = Temporal.PlainDateTime.from(text);
  const offset = utcOffset === undefined ? {} : { utcOffset };
  return { protocol: "daytime", time, ...offset, url: "daytime://x" } as TimeReply;
}

Deno.test("timeFormatter writes UTC by the letters of Unicode, to the nanosecond", () => {
  const time = instant("2026-04-03T21:09:06.007654321Z");
  const table: [pattern: string, text: string][] = [
    ["yyyy-MM-dd'T'HH:mm:ss'Z'", "2026-04-03T21:09:06Z"],
    ["EEE MMM d HH:mm:ss.SSS xxx", "Fri Apr 3 21:09:06.007 +00:00"],
    ["ss.SSSSSS 'SSSSSS' ''S''", "06.007654 SSSSSS '0'"],
    ["SSSSSSSSS", "007654321"],
    ["ss.SSSSSS'Z'SSSS''", "06.007654Z0076'"],
    ["do MMMM", "3rd April"],
    ["t", "1775250546"],
    ["hh 'o''clock' aaa", "09 o'clock pm"],
    ["\nyyyy\n\n'a\nb'SSSS\n", "\n2026\n\na\nb0076\n"],
  ];
  for (const [pattern, text] of table) {
    assertEquals(timeFormatter(pattern, true)(time), text, pattern);
  }
  const before = instant("1969-12-31T23:59:59.999999999Z");
  assertEquals(timeFormatter("yyyy ss.SSSSSSSSS", true)(before), "1969 59.999999999");
});

Deno.test("timeFormatter writes this machine's local time otherwise", () => {
  const pattern = "yyyy-MM-dd HH:mm:ss.SSSSSS xxx";
  for (
    const [offsetSeconds, expected] of [
      [-4 * 3600, "2026-07-02 23:09:06.007654 -04:00"],
      [5.5 * 3600, "2026-07-03 08:39:06.007654 +05:30"],
    ] as const
  ) {
    const time = instant("2026-07-03T03:09:06.007654321Z");
    assertEquals(inZone(offsetSeconds, () => timeFormatter(pattern, false)(time)), expected);
    assertEquals(
      inZone(offsetSeconds, () => timeFormatter(pattern, true)(time)),
      "2026-07-03 03:09:06.007654 +00:00",
    );
  }
  const text = "2026-07-03T21:09:06Z";
  const local = timeFormatter("yyyy-MM-dd HH:mm xxx", false)(instant(text));
  const [, date, time, offset] = /^(\S+) (\S+) (\S+)$/.exec(local) ?? [];
  assertEquals(Date.parse(`${date}T${time}:06${offset}`), Date.parse(text));
});

Deno.test("timeFormatter leaves a text without a zone as it is, and reports what it cannot format", () => {
  const gap = reading("2026-03-29T02:30:00");
  assertEquals(timeFormatter("dd.MM. HH:mm", false)(gap), "29.03. 02:30");
  for (const [pattern, utc] of [["HH:mm xxx", false], ["t", false], ["HH:mm", true]] as const) {
    assertThrows(() => timeFormatter(pattern, utc)(gap), Error, "has no time zone");
  }
  const zoned = reading("2026-03-29T02:30:00", "+02:00");
  assertEquals(timeFormatter("HH:mm xxx", true)(zoned), "00:30 +00:00");
});

Deno.test("timeFormatter translates a pattern of date(1) in its refusal", () => {
  const time = instant("2026-04-03T21:09:06.007654321Z");
  for (
    const [given, right, text] of [
      ["%Y-%m-%d", "yyyy-MM-dd", "2026-04-03"],
      ["%FT%T.%NZ", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'", "2026-04-03T21:09:06.007654321Z"],
      ["%A, it's %d %B", "EEEE, 'it''s' dd MMMM", "Friday, it's 03 April"],
      ["%s", "t", "1775250546"],
    ] as const
  ) {
    const { message } = assertThrows(() => timeFormatter(given, true), UsageError, "date(1)");
    assertEquals(message.endsWith(`: ${JSON.stringify(right)}`), true, message);
    assertEquals(timeFormatter(right, true)(time), text);
  }
  assertThrows(() => timeFormatter("%Y %Z", true), UsageError, "such as yyyy-MM-dd HH:mm:ss");
  assertEquals(timeFormatter("d '%Y' 100%", true)(time), "3 %Y 100%");
});

Deno.test("timeFormatter lets no library print", () => {
  const { warn } = console;
  const printed: unknown[] = [];
  // deno-lint-ignore no-console -- what a library would print with
  console.warn = (...args: unknown[]) => printed.push(args);
  try {
    for (const pattern of ["Y", "YYY", "YYYY", "D", "DDD", "%Y-%D", "yyyy DDD", "R G w"]) {
      try {
        timeFormatter(pattern, true)(instant("2026-04-03T21:09:06Z"));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    }
    assertEquals(printed, []);
  } finally {
    // deno-lint-ignore no-console -- as above
    console.warn = warn;
  }
});

Deno.test("timeFormatter refuses what is no pattern in a line", () => {
  for (const pattern of ["", "yyyy nonsense", "YYYY", "YYY", "Y", "SSSSSSSSSS", "'", "DD"]) {
    const error = assertThrows(() => timeFormatter(pattern, true), UsageError);
    assert(/^[^\n]{10,160}$/.test(error.message), error.message);
  }
});
