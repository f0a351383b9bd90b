import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Histogram } from "../../src/load/figures.ts";

Deno.test("Histogram finds percentiles to within one bucket", () => {
  const histogram = new Histogram();
  for (let us = 1; us <= 1000; us++) histogram.record(us * 1000);
  assertEquals(histogram.total, 1000);
  for (
    const [share, us] of [[0.5, 500], [0.9, 900], [0.99, 990], [0.999, 999], [1, 1000]] as const
  ) {
    const ns = histogram.percentileNs(share) ?? NaN;
    assertAlmostEquals(ns / 1000 / us, 1, 1 / 64);
  }
});

Deno.test("Histogram has the smallest value that a share does not exceed", () => {
  const histogram = new Histogram();
  // Each has a bucket of its own, below 64 ns.
  for (let i = 1; i <= 10; i++) histogram.record(i * 5);
  const percentiles = [0, 0.1, 0.11, 0.5, 0.51, 0.9, 0.99, 1].map((s) => histogram.percentileNs(s));
  assertEquals(percentiles, [5, 5, 10, 25, 30, 45, 50, 50]);
});

Deno.test("Histogram distinguishes small latencies exactly, and counts outliers at its ends", () => {
  const histogram = new Histogram();
  assertEquals(histogram.percentileNs(0.5), undefined);
  histogram.record(63);
  assertEquals(histogram.percentileNs(0.5), 63);
  histogram.record(-5);
  assertEquals(histogram.percentileNs(0.5), 0);
  histogram.record(1e12);
  // The middle of the last bucket, which ends at 2^32 ns.
  assertEquals(histogram.percentileNs(1), 2 ** 32 - 2 ** 24 - 0.5);
  const buckets = new Histogram();
  for (let power = 0; power < 32; power++) {
    for (const ns of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
      const alone = new Histogram();
      alone.record(ns);
      buckets.record(ns);
      assert(Math.abs((alone.percentileNs(1) ?? NaN) - ns) <= ns / 128, `${ns}`);
    }
  }
  assertEquals(buckets.total, 96);
});
