import { assertEquals } from "@std/assert";
import { readableSeconds, signedSeconds } from "../../src/cli/units.ts";

Deno.test("readableSeconds takes the unit that reads best", () => {
  const table: [seconds: number, text: string][] = [
    [0, "0 s"],
    [1e-9, "1 ns"],
    [999e-9, "999 ns"],
    [1e-6, "1.000 µs"],
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
  for (const [seconds, text] of table) assertEquals(readableSeconds(seconds), text);
});

Deno.test("signedSeconds always writes the sign", () => {
  assertEquals([0.5, -0.5, 7200, -7200].map(signedSeconds), [
    "+500.0 ms",
    "-500.0 ms",
    "+2 h 0 min",
    "-2 h 0 min",
  ]);
});
