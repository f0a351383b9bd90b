import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  computeJitter,
  median,
  type OffsetPoint,
  slopeRange,
} from "../../src/client/statistics.ts";
import { check } from "../support/property.ts";

Deno.test("median is the middle, or between the two in the middle", () => {
  assertEquals([median([]), median([3])], [NaN, 3]);
  assertEquals(median([10, -1, 2]), 2);
  assertEquals(median([100, 9, 1, 2]), 5.5);
  // Numbers, not words.
  assertEquals(median([10, 9, 8]), 9);
});

Deno.test("median is not moved by outliers fewer than half", () => {
  const value = fc.double({ min: -1, max: 1, noNaN: true });
  const outlier = fc.constantFrom(-1e9, 1e9);
  check(fc.property(
    fc.array(value, { minLength: 3, maxLength: 21 }),
    fc.array(outlier, { maxLength: 10 }),
    (values, outliers) => {
      fc.pre(outliers.length < values.length);
      const middle = median([...outliers, ...values]);
      return middle >= Math.min(...values) && middle <= Math.max(...values);
    },
  ));
});

Deno.test("computeJitter is the root mean square of the distances from the offset with the least delay", () => {
  assertAlmostEquals(computeJitter([4, 1, -3, 1, 1], [3, 2, 4, 1, 2]), 2.5);
  // Of two with the least delay, the first.
  assertAlmostEquals(computeJitter([0, 3, -4], [1, 1, 2]), Math.sqrt(12.5));
  assertEquals([computeJitter([], []), computeJitter([5], [1])], [NaN, NaN]);
});

Deno.test("slopeRange holds the true slope, whatever the errors within the bounds", () => {
  const point = fc.record({
    after: fc.double({ min: 0.1, max: 100, noNaN: true }),
    bound: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    share: fc.double({ min: -1, max: 1, noNaN: true }),
  });
  check(fc.property(
    fc.array(point, { minLength: 2, maxLength: 20 }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    (points, slope) => {
      let atSeconds = 0;
      const { low, high } = slopeRange(points.map(({ after, bound, share }) => {
        atSeconds += after;
        const offsetSeconds = slope * atSeconds + share * bound;
        return { atSeconds, offsetSeconds, boundSeconds: bound };
      }));
      return low <= slope + 1e-9 && high >= slope - 1e-9;
    },
  ));
});

Deno.test("slopeRange finds no line through a step", () => {
  const points = [0, 0, 0, 1, 1, 1].map((offsetSeconds, atSeconds) => ({
    atSeconds,
    offsetSeconds,
    boundSeconds: 0.01,
  }));
  const { low, high } = slopeRange(points);
  assertEquals(low > high, true);
  const { low: least, high: most } = slopeRange(points.slice(0, 3));
  assertAlmostEquals(least, -0.01);
  assertAlmostEquals(most, 0.01);
});

Deno.test("slopeRange learns nothing from two offsets of the same moment", () => {
  const at = (atSeconds: number, offsetSeconds: number): OffsetPoint => ({
    atSeconds,
    offsetSeconds,
    boundSeconds: 0.5,
  });
  // Within their bounds, just so, and beyond.
  for (const offset of [0.5, 1, 1.5]) {
    assertEquals(slopeRange([at(0, 0), at(0, offset)]), { low: -Infinity, high: Infinity });
  }
  assertEquals(slopeRange([at(0, 0), at(0, 1), at(2, 0)]), { low: -0.5, high: 0 });
  assertEquals(slopeRange([at(0, 0), at(0.25, 0)]), { low: -4, high: 4 });
});
