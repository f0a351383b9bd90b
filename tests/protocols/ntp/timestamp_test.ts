import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  difference,
  differenceFrom,
  eraPivot,
  fromShort,
  NTP_TO_UNIX_SECONDS,
  putTimestamp,
  toFraction,
  toInstant,
  toNanoseconds,
  toNtpSeconds,
  toShort,
  toTimestamp,
} from "../../../src/protocols/ntp/timestamp.ts";
import { check } from "../../support/property.ts";

const { Instant } = Temporal;

/** Moments on and around the edges of NTP's eras; the last column is for a pivot in the same era. */
const eras: [iso: string, timestamp: bigint, pivot: string][] = [
  ["1899-12-31T23:59:59Z", 0xffffffff_00000000n, "1900-01-01T00:00:00Z"],
  ["1900-01-01T00:00:01Z", 0x00000001_00000000n, "1900-01-01T00:00:00Z"],
  ["1900-01-01T00:00:01Z", 0x00000001_00000000n, "1960-01-01T00:00:00Z"],
  ["1968-01-20T03:14:07Z", 0x7fffffff_00000000n, "2026-11-22T00:00:00Z"],
  ["1968-01-20T03:14:08Z", 0x80000000_00000000n, "2026-11-22T00:00:00Z"],
  ["1970-01-01T00:00:00Z", 0x83aa7e80_00000000n, "2026-11-22T00:00:00Z"],
  ["2020-04-03T21:09:36.5Z", 0xe2322490_80000000n, "2026-11-22T00:00:00Z"],
  ["2036-02-07T06:28:15Z", 0xffffffff_00000000n, "2026-11-22T00:00:00Z"],
  ["2036-02-07T06:28:15.999999999Z", 0xffffffff_fffffffcn, "2026-11-22T00:00:00Z"],
  ["2036-02-07T06:28:16Z", 0x00000000_00000001n, "2026-11-22T00:00:00Z"],
  ["2036-02-07T06:28:16.000000001Z", 0x00000000_00000004n, "2026-11-22T00:00:00Z"],
  ["2036-02-07T06:28:17Z", 0x00000001_00000000n, "2026-11-22T00:00:00Z"],
  ["2036-02-07T06:28:15.5Z", 0xffffffff_80000000n, "2036-02-07T06:28:17Z"],
  ["2036-02-07T06:28:16.5Z", 0x00000000_80000000n, "2036-02-07T06:28:15Z"],
  ["2104-02-26T09:42:23Z", 0x7fffffff_00000000n, "2040-01-01T00:00:00Z"],
  ["2104-02-26T09:42:24Z", 0x80000000_00000000n, "2040-01-01T00:00:00Z"],
  ["2106-02-07T06:28:15Z", 0x83aa7e7f_00000000n, "2040-01-01T00:00:00Z"],
  ["2172-03-15T12:56:31Z", 0xffffffff_00000000n, "2172-03-16T00:00:00Z"],
  ["2172-03-15T12:56:32.25Z", 0x00000000_40000000n, "2172-03-15T00:00:00Z"],
];

Deno.test("NTP_TO_UNIX_SECONDS is the calendar's distance between the epochs", () => {
  const ntp = Instant.from("1900-01-01T00:00:00Z");
  assertEquals(NTP_TO_UNIX_SECONDS, -ntp.epochMilliseconds / 1000);
  assertEquals(NTP_TO_UNIX_SECONDS, 2_208_988_800);
});

Deno.test("toTimestamp writes the moments around each change of era", () => {
  for (const [iso, timestamp] of eras) {
    assertEquals(toTimestamp(Instant.from(iso)).toString(16), timestamp.toString(16), iso);
  }
});

Deno.test("toInstant reads the moments around each change of era, by their pivot", () => {
  for (const [iso, timestamp, pivot] of eras) {
    assertEquals(toInstant(timestamp, Instant.from(pivot)).toString(), iso, pivot);
  }
});

Deno.test("eraPivot is a clock's own time, but never one before this program was made", () => {
  const table: [clock: string, pivot: string][] = [
    ["1970-01-01T00:01:00Z", "2026-01-01T00:00:00Z"],
    ["2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00Z"],
    ["2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"],
    ["2040-06-01T00:00:00Z", "2040-06-01T00:00:00Z"],
  ];
  for (const [clock, pivot] of table) {
    assertEquals(eraPivot(Instant.from(clock)).toString(), Instant.from(pivot).toString());
  }
});

Deno.test("differenceFrom reaches from a clock in 1970 to where eraPivot has the time", () => {
  for (const clock of ["1970-01-01T00:01:00Z", "2000-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]) {
    for (const served of ["1990-06-01T00:00:00Z", "2026-06-01T00:00:00Z", "2060-01-01T00:00:00Z"]) {
      const [from, to] = [Instant.from(clock), Instant.from(served)];
      const read = toInstant(toTimestamp(to), eraPivot(from));
      const units = differenceFrom(toTimestamp(to), toTimestamp(from), from);
      assertEquals(from.add({ seconds: Number(units >> 32n) }).toString(), read.toString());
      assertEquals(read.toString(), to.toString(), `${clock} ${served}`);
    }
  }
});

Deno.test("toInstant chooses the repetition nearest to the pivot", () => {
  const table: [pivot: string, iso: string][] = [
    ["1910-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
    ["2038-01-19T03:14:07Z", "1970-01-01T00:00:00Z"],
    ["2038-01-19T03:14:09Z", "2106-02-07T06:28:16Z"],
    ["2174-01-01T00:00:00Z", "2106-02-07T06:28:16Z"],
    ["1890-01-01T00:00:00Z", "1833-11-24T17:31:44Z"],
  ];
  for (const [pivot, iso] of table) {
    const instant = toInstant(0x83aa7e80_00000000n, Instant.from(pivot));
    assertEquals(instant.toString(), iso, pivot);
  }
});

Deno.test("putTimestamp agrees with toTimestamp on seconds, and never writes all zero", () => {
  const octets = new Uint8Array(12).fill(0xa5);
  const view = new DataView(octets.buffer);
  for (const [iso, timestamp] of eras) {
    const { epochNanoseconds } = Instant.from(iso);
    const past = ((epochNanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    const seconds = Number((epochNanoseconds - past) / 1_000_000_000n);
    assertEquals(toNtpSeconds(seconds) >>> 0, Number(timestamp >> 32n), iso);
    putTimestamp(octets, 2, toNtpSeconds(seconds), toFraction(Number(past)));
    const written = view.getBigUint64(2);
    assert(written !== 0n, iso);
    // Truncated rather than rounded: a clock is never written ahead of itself.
    assert([0n, 1n].includes(timestamp - written), `${iso}: ${written.toString(16)}`);
  }
  assertEquals([...octets.subarray(0, 2), ...octets.subarray(10)], [0xa5, 0xa5, 0xa5, 0xa5]);
});

Deno.test("putTimestamp keeps every nanosecond of any time, the first of an era too", () => {
  const octets = new Uint8Array(8);
  const view = new DataView(octets.buffer);
  const seconds = fc.integer({ min: -5e9, max: 2e10 });
  const nanoseconds = fc.integer({ min: 0, max: 999_999_999 });
  check(fc.property(seconds, nanoseconds, (seconds, nanoseconds) => {
    putTimestamp(octets, 0, toNtpSeconds(seconds), toFraction(nanoseconds));
    const instant = Instant.fromEpochNanoseconds(
      BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
    );
    assertEquals(toInstant(view.getBigUint64(0), instant).toString(), instant.toString());
  }));
});

Deno.test("toInstant undoes toTimestamp to the nanosecond, 68 years around any pivot", () => {
  const billion = 1_000_000_000n;
  const pivot = fc.bigInt({ min: -9_000_000_000n * billion, max: 20_000_000_000n * billion });
  const window = (BigInt(2 ** 31) - 1n) * billion;
  const away = fc.bigInt({ min: -window, max: window });
  check(
    fc.property(pivot, away, (pivot, away) => {
      const instant = Instant.fromEpochNanoseconds(pivot + away);
      const timestamp = toTimestamp(instant);
      assert(timestamp > 0n && timestamp < 1n << 64n);
      const read = toInstant(timestamp, Instant.fromEpochNanoseconds(pivot));
      assertEquals(read.epochNanoseconds, instant.epochNanoseconds);
    }),
    5000,
  );
});

Deno.test("difference wraps: 68 years either way, across a change of era", () => {
  const table: [a: bigint, b: bigint, units: bigint][] = [
    [5n, 3n, 2n],
    [3n, 5n, -2n],
    [1n, 0xffffffff_ffffffffn, 2n],
    [0xffffffff_ffffffffn, 1n, -2n],
    [0x00000001_00000000n, 0xffffffff_00000000n, 2n << 32n],
    [0x7fffffff_ffffffffn, 0n, (1n << 63n) - 1n],
    [0x80000000_00000001n, 0n, 1n - (1n << 63n)],
  ];
  for (const [a, b, units] of table) assertEquals(difference(a, b), units);
});

Deno.test("difference of two instants is their distance, whatever eras they are in", () => {
  const first = Instant.from("2036-02-07T06:28:16Z").epochNanoseconds;
  const second = 1_000_000_000n;
  const offset = fc.bigInt({ min: -1_000_000_000n * second, max: 1_000_000_000n * second });
  check(fc.property(offset, offset, (a, b) => {
    const [from, to] = [a, b].map((away) =>
      toTimestamp(Instant.fromEpochNanoseconds(first + away))
    ) as [bigint, bigint];
    const units = difference(to, from);
    assertEquals(toNanoseconds(units), b - a);
  }));
});

Deno.test("toNanoseconds rounds to the nearest, below zero too", () => {
  const table: [units: bigint, nanoseconds: bigint][] = [
    [0n, 0n],
    [2n, 0n],
    [3n, 1n],
    [-2n, 0n],
    [-3n, -1n],
    [1n << 32n, 1_000_000_000n],
    [-(1n << 31n), -500_000_000n],
    [0xffff_ffffn, 1_000_000_000n],
  ];
  for (const [units, nanoseconds] of table) {
    assertEquals(toNanoseconds(units), nanoseconds, `${units}`);
  }
});

Deno.test("toShort rounds up and saturates at both ends", () => {
  const table: [seconds: number, short: number][] = [
    [0, 0],
    [-0.5, 0],
    [-Infinity, 0],
    [1e-12, 1],
    [1 / 65_536, 1],
    [1.0001 / 65_536, 2],
    [0.01, 656],
    [1, 0x0001_0000],
    [16, 0x0010_0000],
    [32_768, 0x8000_0000],
    [65_535, 0xffff_0000],
    [65_536 - 1 / 65_536, 0xffff_ffff],
    [65_536, 0xffff_ffff],
    [1e300, 0xffff_ffff],
    [Infinity, 0xffff_ffff],
  ];
  for (const [seconds, short] of table) assertEquals(toShort(seconds), short, `${seconds}`);
});

Deno.test("toShort never states less than it is given, and undoes fromShort", () => {
  check(fc.property(fc.double({ min: 0, max: 65_535, noNaN: true }), (seconds) => {
    const stated = fromShort(toShort(seconds));
    assert(stated >= seconds && stated < seconds + 2 / 65_536);
  }));
  check(fc.property(fc.nat(0xffff_ffff), (short) => {
    assertEquals(toShort(fromShort(short)), short);
  }));
});
