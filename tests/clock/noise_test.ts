import { assert, assertEquals } from "@std/assert";
import { noiseNs } from "../../src/clock/noise.ts";

const DEVIATION = 2_000_000;
const times = Array.from({ length: 100_000 }, (_, i) => ({
  seconds: 1_795_000_000 + i * 7,
  nanoseconds: (i * 123_456_789) % 1_000_000_000,
}));

Deno.test("noise has the requested deviation, around zero", () => {
  const seen = times.map((time) => noiseNs(DEVIATION, 1, time));
  const mean = seen.reduce((sum, each) => sum + each, 0) / seen.length;
  const deviation = Math.sqrt(seen.reduce((sum, each) => sum + each ** 2, 0) / seen.length);
  assert(Math.abs(mean) < DEVIATION / 50, `${mean}`);
  // Between its points the wander is two thirds in variance: the root of 0.36 + 0.64 · 2/3.
  assert(Math.abs(deviation / DEVIATION - 0.887) < 0.02, `${deviation}`);
  assert(seen.every(Number.isInteger));
});

Deno.test("noise is the same for the same seed, and differs for another", () => {
  const of = (seed: number): number[] => times.map((time) => noiseNs(DEVIATION, seed, time));
  const [one, again, other] = [of(3), of(3), of(4)];
  assertEquals(one, again);
  assert(one.filter((each, i) => each === other[i]).length < 10);
});

Deno.test("noise wanders slowly, and jitters 64 times a second", () => {
  const at = (seconds: number, nanoseconds: number): number =>
    noiseNs(DEVIATION, 5, { seconds, nanoseconds });
  // Of one jitter, what moves is the wander alone: a share of 64 seconds' change.
  assert(Math.abs(at(1000, 0) - at(1000, 15_000_000)) < DEVIATION / 100);
  assert(at(1000, 0) !== at(1000, 15_625_000));
  assert(at(-1, 999_999_999) !== at(0, 0));
});

Deno.test("noise wanders in a straight line to its next point, 64 seconds later", () => {
  // Within one jitter, what moves is the wander alone.
  const slope = (seconds: number): number =>
    noiseNs(1e12, 5, { seconds, nanoseconds: 15_000_000 }) -
    noiseNs(1e12, 5, { seconds, nanoseconds: 0 });
  for (const point of [-64, 0, 64, 1_795_000_000 - 1_795_000_000 % 64]) {
    const first = slope(point);
    assert(Math.abs(first) > 1e6, `${first}`);
    for (const seconds of [1, 32, 63]) {
      assert(Math.abs(slope(point + seconds) - first) <= 1, `${point} ${seconds}`);
    }
    assert(Math.abs(slope(point + 64) - first) > 1e6, `${point}`);
  }
});

Deno.test("noise of a seed is that of earlier releases", () => {
  const table: [seed: number, seconds: number, nanoseconds: number, ns: number][] = [
    [0, 0, 0, -3_959_164_787],
    [1, 0, 15_624_999, -2_434_334_751],
    [1, 0, 15_625_000, -4_953_542_256],
    [1, 63, 999_999_999, -273_178_612],
    [1, 64, 0, -80_680_505],
    [7, -1, 500_000_000, -852_027_362],
    [2 ** 32 - 1, 1_795_000_000, 123_456_789, -99_344_002],
    [868, 2 ** 35, 999_999_999, -391_004_262],
  ];
  for (const [seed, seconds, nanoseconds, ns] of table) {
    assertEquals(noiseNs(1e9, seed, { seconds, nanoseconds }), ns, `${seed} ${seconds}`);
  }
});
