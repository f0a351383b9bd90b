import { assert, assertEquals } from "@std/assert";
import { noiseNs } from "../../src/clock/noise.ts";

const DEVIATION = 2_000_000;
const times = Array.from({ length: 20_000 }, (_, i) => ({
  seconds: 1_795_000_000 + i * 7,
  nanoseconds: (i * 123_456_789) % 1_000_000_000,
}));

Deno.test("noise has the requested deviation, around zero", () => {
  const seen = times.map((time) => noiseNs(DEVIATION, 1, time));
  const mean = seen.reduce((sum, each) => sum + each, 0) / seen.length;
  const deviation = Math.sqrt(seen.reduce((sum, each) => sum + each ** 2, 0) / seen.length);
  assert(Math.abs(mean) < DEVIATION / 10, `${mean}`);
  // Between its points the wander is less than at them.
  assert(deviation > 0.8 * DEVIATION && deviation < 1.05 * DEVIATION, `${deviation}`);
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
