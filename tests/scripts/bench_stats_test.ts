import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fitSlope, medianInterval, summarizeRatios } from "../../scripts/bench/stats.ts";

/** 1, 2, ..., count: each figure is its rank. */
const ranks = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

Deno.test("medianInterval has the ranks of the sign test's tables", () => {
  // Critical values of the two-sided sign test at 5 %, one more than which is the lower rank.
  const lowerRanks = [
    ...[[6, 1], [8, 1], [9, 2], [11, 2], [12, 3], [15, 4], [20, 6], [23, 7], [24, 7], [25, 8]],
    ...[[30, 10], [40, 14], [50, 18], [100, 40]],
  ] as const;
  for (const [count, rank] of lowerRanks) {
    assertEquals(medianInterval(ranks(count)), [rank, count + 1 - rank], `${count} figures`);
  }
});

Deno.test("medianInterval needs six figures, in any order", () => {
  for (const count of [0, 1, 5]) assertEquals(medianInterval(ranks(count)), undefined);
  assertEquals(medianInterval([3, -1, 7, 2, 2, 40]), [-1, 40]);
  assertEquals(medianInterval(ranks(1000).reverse()), [469, 532]);
});

Deno.test("summarizeRatios gives the interval of the ratios", () => {
  const ours = [2, 4, 6, 8, 10, 12];
  assertEquals(summarizeRatios(ours, [2, 2, 2, 2, 2, 2])?.interval, [1, 6]);
});

Deno.test("fitSlope agrees with the published line through Anscombe's first set", () => {
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  assertAlmostEquals(fitSlope(x.map((at, i) => [at, y[i] ?? NaN])) ?? NaN, 0.500090909, 1e-9);
});

Deno.test("fitSlope needs two different places", () => {
  assertEquals(fitSlope([]), undefined);
  assertEquals(fitSlope([[3, 1]]), undefined);
  assertEquals(fitSlope([[3, 1], [3, 2]]), undefined);
  assertEquals(fitSlope([[1, 5], [2, 3]]), -2);
});
