import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseDuration, parseDurationNs, parseInstantNs } from "../../src/text/duration.ts";
import { check } from "../support/property.ts";

Deno.test("parseDuration reads seconds, units and ISO 8601", () => {
  const cases: Readonly<Record<string, number>> = {
    "0": 0,
    "90": 90,
    "+90": 90,
    "-0.5": -0.5,
    "10s": 10,
    "5m": 300,
    "1h": 3600,
    "250ms": 0.25,
    "5m250ms": 300.25,
    "+1h30m": 5400,
    "-1h30m": -5400,
    "1.5h": 5400,
    "2d": 172_800,
    "1w1d": 691_200,
    "0.1s": 0.1,
    "PT90M": 5400,
    "-PT0.5S": -0.5,
    "P1DT1H": 90_000,
    "P2W": 1_209_600,
    "PT0.000000001S": 1e-9,
    "100us": 1e-4,
    "1.5µs": 1.5e-6,
    "2μs": 2e-6,
    "5ns": 5e-9,
    "1ms2us3ns": 0.001002003,
  };
  for (const [text, seconds] of Object.entries(cases)) {
    assertEquals(parseDuration(text).total("seconds"), seconds, text);
  }
});

Deno.test("parseDuration refuses other texts, and lengths that vary", () => {
  const wrong = ["", "+", "s", "1x", "1 h", "30m1h", "1h1h", "1e3", ".5", "Infinity", "P1M", "P1Y"];
  for (const text of [...wrong, "P", "0x10", "1h-5m", "9".repeat(30)]) {
    const error = assertThrows(() => parseDuration(text), SyntaxError, JSON.stringify(text));
    assertEquals(error.message.includes("\n"), false);
  }
});

Deno.test("parseDuration and parseInstantNs refuse a text that is longer than any, before they read it", () => {
  const zeros = (length: number): string => "0".repeat(length);
  assertEquals(parseDuration(`${zeros(99)}1`).seconds, 1);
  assertThrows(() => parseDuration(`${zeros(100)}1`), SyntaxError, `"${zeros(98)}…`);
  const fraction = `1970-01-01T00:00:01.${zeros(9)}`;
  assertEquals(parseInstantNs(`${fraction}[UTC]${"[u-ca=iso8601]".repeat(4)}`), 1_000_000_000n);
  assertThrows(() => parseInstantNs(`${fraction}[UTC]${"[u-ca=iso8601]".repeat(5)}`), SyntaxError);
});

Deno.test("parseInstantNs reads a date, a time with or without an offset, a zone, and seconds", () => {
  const table: [text: string, seconds: number][] = [
    ["1970-01-02", 86_400],
    ["1970-01-01 00:01", 60],
    ["1970-01-01T00:01:00Z", 60],
    ["1970-01-01t00:01:00z", 60],
    ["1970-01-01T00:01:00-01:00", 3660],
    ["1970-01-01 01:01:00+01", 60],
    ["1970-01-01T01:01[+01:00]", 60],
    ["-000001-12-31T00:00:00Z", -62_167_305_600],
    ["@-5", -5],
    ["@123456789012", 123_456_789_012],
  ];
  for (const [text, seconds] of table) {
    assertEquals(parseInstantNs(text), BigInt(seconds) * 1_000_000_000n, text);
  }
  for (const text of ["", "now", "@1234567890123", "@1.5", "1970-13-01", "T", "1970-01-01T+01"]) {
    assertThrows(() => parseInstantNs(text), SyntaxError, JSON.stringify(text));
  }
  for (const [value, shown] of [[5, "5"], [{}, "{}"], [undefined, "undefined"]] as const) {
    assertThrows(() => parseInstantNs(value as never), TypeError, `the time ${shown}: expected`);
    assertThrows(() => parseDurationNs(value as never), TypeError, `the duration ${shown}: exp`);
  }
});

Deno.test("parseDuration is exact to the nanosecond", () => {
  assertEquals(parseDuration("+36500d1ms").toString(), "PT3153600000.001S");
  assertEquals(parseDuration("-36500d1ns").toString(), "-PT3153600000.000000001S");
  assertEquals(parseDuration("3153600000.123456789").toString(), "PT3153600000.123456789S");
  // To the nearest one.
  assertEquals(parseDuration("0.0000000005s").nanoseconds, 1);
  assertEquals(parseDuration("0.00000000049s").nanoseconds, 0);
  const parts = fc.tuple(fc.nat(40_000), fc.nat(86_399), fc.nat(999), fc.nat(999), fc.nat(999));
  check(fc.property(parts, fc.boolean(), ([days, seconds, ms, us, ns], isBehind) => {
    const read = parseDuration(`${isBehind ? "-" : ""}${days}d${seconds}s${ms}ms${us}us${ns}ns`);
    const whole = BigInt(read.seconds) * 1_000_000_000n + BigInt(read.nanoseconds);
    const exact = BigInt(days * 86_400 + seconds) * 1_000_000_000n +
      BigInt(ms * 1_000_000 + us * 1000 + ns);
    assertEquals(whole, isBehind ? -exact : exact);
  }));
});

Deno.test("parseDuration parses the output of Temporal", () => {
  const amount = fc.integer({ min: 0, max: 1e6 });
  check(
    fc.property(amount, amount, amount, fc.boolean(), (hours, seconds, milliseconds, negated) => {
      const duration = Temporal.Duration.from({ hours, seconds, milliseconds });
      const written = negated ? duration.negated() : duration;
      assertEquals(
        parseDuration(written.toString()).total("milliseconds"),
        written.total("milliseconds"),
      );
    }),
  );
});
