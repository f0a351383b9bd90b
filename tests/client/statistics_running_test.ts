import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { RunningStatistics } from "../../src/client/statistics.ts";

function of(values: readonly number[]): RunningStatistics {
  const statistics = new RunningStatistics();
  for (const value of values) statistics.add(value);
  return statistics;
}

Deno.test("RunningStatistics knows extremes, mean and deviation", () => {
  const { count, min, max, mean, standardDeviation } = of([2, 4, 4, 4, 5, 5, 7, 9]);
  assertEquals([count, min, max, mean], [8, 2, 9, 5]);
  assertAlmostEquals(standardDeviation, Math.sqrt(32 / 7));
});

Deno.test("RunningStatistics distinguishes microseconds around hours", () => {
  const { standardDeviation, mean } = of([86_400.000_001, 86_400.000_002, 86_400.000_003]);
  assertAlmostEquals(standardDeviation, 1e-6, 1e-9);
  assertAlmostEquals(mean, 86_400.000_002, 1e-9);
});

Deno.test("RunningStatistics has no spread of fewer than two", () => {
  const { count, min, max, mean } = of([]);
  assertEquals([count, min, max, mean], [0, Infinity, -Infinity, 0]);
  for (const statistics of [of([]), of([3])]) {
    assert(Number.isNaN(statistics.standardDeviation));
  }
});
