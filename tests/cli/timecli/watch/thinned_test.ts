import { assertEquals } from "@std/assert";
import { Thinned, ThinnedPoints } from "../../../../src/cli/timecli/watch/thinned.ts";

Deno.test("Thinned keeps every second, fourth, eighth value, from the first on", () => {
  const thinned = new Thinned<number>(4);
  const kept: number[][] = [];
  for (let i = 0; i <= 32; i++) {
    thinned.add(i);
    if ([3, 4, 7, 8, 15, 16, 24, 32].includes(i)) kept.push([...thinned.values]);
  }
  assertEquals(kept, [
    [0, 1, 2, 3],
    [0, 2, 4],
    [0, 2, 4, 6],
    [0, 4, 8],
    [0, 4, 8, 12],
    [0, 8, 16],
    [0, 8, 16, 24],
    [0, 16, 32],
  ]);
});

Deno.test("ThinnedPoints keeps the extremes of each bucket, in their order", () => {
  const points = new ThinnedPoints({ bucketMs: 1000, buckets: 4, keep: "all" });
  const offsets = [3, 1, 2, 5, 4, 4, 2];
  const delays = [1, 1, 9, 1, 1, 0.5, 1];
  offsets.forEach((offset, i) => points.add({ atMs: i * 100, offset, delay: delays[i] ?? 0 }));
  assertEquals(points.points.map(({ atMs }) => atMs), [100, 200, 300, 500]);
  points.add({ atMs: 1000, offset: undefined, delay: 2 });
  points.add({ atMs: 1001, offset: undefined, delay: 3 });
  points.add({ atMs: 1002, offset: undefined, delay: 2.5 });
  assertEquals(points.points.map(({ atMs }) => atMs), [100, 200, 300, 500, 1000, 1001]);
});

Deno.test("ThinnedPoints lengthens its buckets, or drops the oldest", () => {
  const seconds = Array.from({ length: 12 }, (_, i) => i);
  const timesOf = (keep: "all" | "latest", count: number): number[] => {
    const points = new ThinnedPoints({ bucketMs: 1000, buckets: 8, keep });
    for (const i of seconds.slice(0, count)) points.add({ atMs: i * 1000, offset: i, delay: 1 });
    return points.points.map(({ atMs }) => atMs / 1000);
  };
  // A quarter more than its buckets before it drops any.
  assertEquals(timesOf("latest", 10), seconds.slice(0, 10));
  assertEquals(timesOf("latest", 11), seconds.slice(3, 11));
  assertEquals(timesOf("all", 8), seconds.slice(0, 8));
  // The two of a bucket are its extremes.
  assertEquals(timesOf("all", 12), seconds);
});
