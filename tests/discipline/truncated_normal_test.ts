import { assertAlmostEquals } from "@std/assert";
import { truncateNormal } from "../../src/discipline/truncated_normal.ts";

Deno.test("truncateNormal has the moments of a normal distribution within a range", () => {
  const table: [middle: number, width: number, mean: number, variance: number, part: number][] = [
    // All of it, its middle, its upper half, and a range without its mean.
    [0, 40, 0, 1, 1],
    [0, 2, 0, 0.2911251, 0.6826895],
    [20, 40, 0.7978846, 0.3633802, 0.5],
    [2, 2, 1.5100495, 0.1734529, 0.1573054],
    [-2, 2, -1.5100495, 0.1734529, 0.1573054],
  ];
  for (const [middle, width, mean, variance, part] of table) {
    for (const scale of [1e-6, 1, 1e3]) {
      const found = truncateNormal(scale ** 2, middle * scale, width * scale);
      assertAlmostEquals(found.mean / scale, mean, 1e-5);
      assertAlmostEquals(found.variance / scale ** 2, variance, 1e-5);
      assertAlmostEquals(found.probability, part, 1e-6);
    }
  }
});
