import { assertEquals } from "@std/assert";
import {
  formatCount,
  formatExactSeconds,
  formatMeasured,
  formatPlural,
  formatSeconds,
  formatSignedSeconds,
  formatUtcOffset,
} from "../../src/text/units.ts";

Deno.test("formatSeconds chooses the unit that reads best", () => {
  const table: [seconds: number, text: string][] = [
    [0, "0 s"],
    [1e-9, "1 ns"],
    [4e-10, "0 ns"],
    [-4e-10, "0 ns"],
    [-6e-10, "-1 ns"],
    [999e-9, "999 ns"],
    [1e-6, "1.000 µs"],
    [999.6e-9, "1.000 µs"],
    [0.00099999, "1.000 ms"],
    [0.0099996, "10.00 ms"],
    [-0.99999, "-1.000 s"],
    [12.34e-6, "12.34 µs"],
    [-0.000123456, "-123.5 µs"],
    [0.0123456, "12.35 ms"],
    [1.0421, "1.042 s"],
    [-599, "-599.0 s"],
    [-1800, "-30 min 0 s"],
    [725.6, "12 min 6 s"],
    [3599.7, "1 h 0 min"],
    [3600, "1 h 0 min"],
    [-864_840, "-10 d 0 h 14 min"],
    [2 ** 31, "24855 d 3 h 14 min"],
  ];
  for (const [seconds, text] of table) assertEquals(formatSeconds(seconds), text);
});

Deno.test("formatMeasured has the digits that the error bound leaves", () => {
  const table = [
    [3600, 2.083e-3, "+1 h 0 min 0.0000 s"],
    [66_059_520.000_012, 177e-6, "+764 d 13 h 52 min 0.00001 s"],
    [-12.5, 5e-3, "-12.5000 s"],
    [-0.001, 20e-3, "-1.000 ms"],
    [0, 1e-3, "+0 s"],
    [7200, 600, "+2 h 0 min"],
  ] as const;
  for (const [seconds, bound, text] of table) assertEquals(formatMeasured(seconds, bound), text);
});

Deno.test("formatExactSeconds has the digits of the resolution, and no fewer than usual", () => {
  const table: [seconds: number, resolution: number, text: string][] = [
    [0, 1e-9, "0 s"],
    [4.000012345, 1e-6, "4.000012 s"],
    [4.000012345, 0.1, "4.000 s"],
    [4.000012345, NaN, "4.000 s"],
    [-0.0250123456, 1e-8, "-25.01235 ms"],
    [12.3456e-6, 1e-3, "12.35 µs"],
    [3600.5, 0.01, "1 h 0 min 0.50 s"],
    [3659.9999, 0.001, "1 h 1 min 0.000 s"],
    [-413_340_677.25, 0.01, "-4784 d 0 h 51 min 17.25 s"],
    [413_340_677.25, 60, "4784 d 0 h 51 min"],
    [413_340_677.25, 59, "4784 d 0 h 51 min 17 s"],
    [-725.25, 0.01, "-12 min 5.25 s"],
    [725.25, 0.01, "12 min 5.25 s"],
    [725.25, 1, "12 min 5 s"],
    [725.25, 0.9, "12 min 5.3 s"],
    [599.96, 0.001, "9 min 59.960 s"],
    [599.4, 0.01, "599.40 s"],
    [1e-6, 1e-10, "1.0000 µs"],
    [5e-9, 1e-10, "5.0 ns"],
    [4, 0, "4.000 s"],
    [4.5, 1e-20, "4.500000000 s"],
  ];
  for (const [seconds, resolution, text] of table) {
    assertEquals(formatExactSeconds(seconds, resolution), text);
  }
});

Deno.test("formatUtcOffset has the sign of the zone, and its whole minutes", () => {
  const table: [seconds: number, text: string][] = [
    [0, "+00:00"],
    [19_800, "+05:30"],
    [45_900, "+12:45"],
    [-14_400, "-04:00"],
    [-12_600, "-03:30"],
    [-75, "-00:01"],
    [59, "+00:00"],
    [-59, "+00:00"],
  ];
  for (const [seconds, text] of table) assertEquals(formatUtcOffset(seconds), text);
});

Deno.test("what is rounded to zero has no minus", () => {
  assertEquals(
    [formatSignedSeconds(-4e-10), formatMeasured(-4e-10, 1e-3), formatMeasured(-4e-11, 1e-9)],
    ["+0 ns", "+0 ns", "+0.0 ns"],
  );
});

Deno.test("formatSignedSeconds always writes the sign", () => {
  assertEquals([0.5, -0.5, 7200, -7200].map(formatSignedSeconds), [
    "+500.0 ms",
    "-500.0 ms",
    "+2 h 0 min",
    "-2 h 0 min",
  ]);
});

Deno.test("formatCount and formatPlural separate thousands", () => {
  assertEquals([0, 999, 41_203, 1e6].map(formatCount), ["0", "999", "41,203", "1,000,000"]);
  assertEquals([1, 2].map((count) => formatPlural(count, "kiss", "kisses")), [
    "1 kiss",
    "2 kisses",
  ]);
  assertEquals(formatPlural(1200, "error"), "1,200 errors");
});
