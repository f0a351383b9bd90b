import { assert, assertEquals } from "@std/assert";
import { Draws } from "../../scripts/bench/discipline/world.ts";
import { estimateByFloors, type Known, type Offset } from "../../src/discipline/floors.ts";
import type { Sample } from "../../src/discipline/sample.ts";

const known: Known = {
  ...{ frequency: 0, frequencyDeviation: 50e-6 },
  ...{ queueSeconds: 1e-3, wander: 1e-10 },
};

/** What an exchange shows of a clock, if its datagrams wait for these seconds beyond 5 ms on each way. */
function exchange(at: number, offset: number, up: number, down: number): Sample {
  return {
    ...{ at, offset: offset + (up - down) / 2, delay: 10e-3 + up + down },
    ...{ dispersion: 0, rootDelay: 0, rootDispersion: 0 },
  };
}

function assertNear(actual: number | undefined, expected: number, by: number): void {
  assert(Math.abs((actual ?? NaN) - expected) <= by, `${actual}, not ${expected} ± ${by}`);
}

Deno.test("estimateByFloors needs eight samples", () => {
  const samples = Array.from({ length: 8 }, (_, i) => exchange(16 * i, 0, 0, 0));
  assertEquals(estimateByFloors(samples.slice(1), known), undefined);
  assertNear(estimateByFloors(samples, known)?.offset, 0, 1e-9);
});

Deno.test("estimateByFloors finds a clock by datagrams of different exchanges that did not wait", () => {
  const clock = (at: number): number => 0.3 + 20e-6 * at;
  // One way or the other is always held up, so that no exchange is quick both ways.
  const samples = Array.from(
    { length: 24 },
    (_, i) =>
      exchange(16 * i, clock(16 * i), ...(i % 2 === 0 ? [0, 3e-3] : [3e-3, 0]) as [number, number]),
  );
  const found = estimateByFloors(samples, { ...known, queueSeconds: 1e-4 });
  assertNear(found?.offset, clock(16 * 23), 20e-6);
});

Deno.test("estimateByFloors passes over exchanges that were held up, on whichever way", () => {
  const draws = new Draws(5);
  const samples = Array.from(
    { length: 40 },
    (_, i) => exchange(16 * i, 0, draws.exponential(1e-3), draws.exponential(1e-3)),
  );
  const before = estimateByFloors(samples, known) as Offset;
  const late = exchange(16 * 39, 0, 80e-3, 0.2e-3);
  const after = estimateByFloors([...samples.slice(0, -1), late], known) as Offset;
  assertNear(after.offset, before.offset, Math.sqrt(before.variance));
});

Deno.test("estimateByFloors is off by no more than it states, and by less than the quickest exchange may be", () => {
  let [squares, stated, quickest] = [0, 0, 0];
  const seeds = 200;
  for (let seed = 1; seed <= seeds; seed++) {
    const draws = new Draws(seed);
    const samples = Array.from(
      { length: 40 },
      (_, i) => exchange(16 * i, 5e-6 * 16 * i, draws.exponential(1e-3), draws.exponential(1e-3)),
    );
    const { offset, variance } = estimateByFloors(samples, known) as Offset;
    squares += (offset - 5e-6 * 16 * 39) ** 2;
    stated += variance;
    const quick = samples.reduce((best, each) => each.delay < best.delay ? each : best);
    quickest += (quick.offset - 5e-6 * quick.at) ** 2;
  }
  // Of the square of the error, within a third.
  assert(squares > 0.67 * stated && squares < 1.5 * stated, `${squares / seeds} ${stated / seeds}`);
  // Those know the frequency.
  assert(squares < quickest, `${squares / seeds} ${quickest / seeds}`);
});

Deno.test("estimateByFloors trusts old samples less, the more the oscillator wanders", () => {
  const samples = Array.from({ length: 40 }, (_, i) => exchange(16 * i, 0, 0, 0));
  const variances = [1e-10, 1e-8, 1e-7].map((wander) =>
    estimateByFloors(samples, { ...known, wander })?.variance ?? NaN
  );
  assertEquals(variances, variances.toSorted((a, b) => a - b));
  assert((variances[2] as number) > 2 * (variances[0] as number), `${variances}`);
});
