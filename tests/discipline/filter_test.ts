import { assert, assertEquals } from "@std/assert";
import { type Estimate, UpstreamFilter } from "../../src/discipline/filter.ts";
import type { Sample } from "../../src/discipline/sample.ts";
import { Draws } from "../../scripts/bench/discipline/world.ts";

function sample(at: number, offset: number, delay = 1e-3): Sample {
  return { at, offset, delay, dispersion: 0, rootDelay: 0, rootDispersion: 0 };
}

/** A filter that has seen a clock by an exchange every 64 s. */
function filtered(
  count: number,
  offsetAt: (at: number) => [offset: number, delay: number],
): UpstreamFilter {
  const filter = new UpstreamFilter();
  for (let i = 0; i < count; i++) filter.add(sample(64 * i, ...offsetAt(64 * i)));
  return filter;
}

function assertNear(actual: number | undefined, expected: number, by: number): void {
  assert(Math.abs((actual ?? NaN) - expected) <= by, `${actual}, not ${expected} ± ${by}`);
}

Deno.test("UpstreamFilter finds the offset and the frequency of a clock that runs straight", () => {
  const filter = filtered(64, (at) => [0.5 + 20e-6 * at, 1e-3]);
  const estimate = filter.estimate(64 * 63 + 1000);
  assertNear(estimate?.offset, 0.5 + 20e-6 * (64 * 63 + 1000), 1e-6);
  assertNear(estimate?.frequency, 20e-6, 1e-9);
  assert((estimate?.frequencyDeviation ?? 1) < 1e-8);
  assertEquals(new UpstreamFilter().estimate(5), undefined);
});

Deno.test("UpstreamFilter's first bound is honest: one sample says little, and nothing of the frequency", () => {
  const filter = filtered(1, () => [3, 12e-3]);
  const [now, later] = [filter.estimate(0), filter.estimate(1000)];
  assertNear(now?.offset, 3, 1e-12);
  assertEquals(now?.frequency, 0);
  assertNear(now?.offsetDeviation, 12e-3 / Math.sqrt(12), 1e-9);
  // 50 ppm in 1000 s.
  assertNear(later?.offsetDeviation, 0.05, 1e-3);
});

Deno.test("UpstreamFilter finds which share of the queues is an offset, where all are on one way", () => {
  const draws = new Draws(1);
  const filter = filtered(200, () => {
    const excess = draws.exponential(5e-3);
    return [excess * 0.4, 10e-3 + excess];
  });
  // Half of the queue would be 2 ms off on average.
  assertNear(filter.estimate(64 * 199)?.offset, 0, 0.2e-3);
});

Deno.test("UpstreamFilter's estimate does not depend on where its numbers begin", () => {
  const draws = [new Draws(3), new Draws(3)];
  const at = (by: number, which: number): Estimate | undefined =>
    filtered(100, (seconds) => {
      const excess = (draws[which] as Draws).exponential(1e-3);
      return [by + 1e-6 * seconds + excess / 3, 5e-3 + excess];
    }).estimate(7000);
  const [near, far] = [at(0, 0), at(1000, 1)];
  assertNear((far?.offset ?? 0) - 1000, near?.offset ?? NaN, 1e-9);
  assertNear(far?.frequency, near?.frequency ?? NaN, 1e-12);
});

Deno.test("UpstreamFilter learns nothing from an exchange that excludes nothing likely", () => {
  const table: [name: string, offset: number, delay: number, change: number][] = [
    ["held up by 19 ms on one way", 9e-3, 20e-3, 0],
    ["held up as long on both", 0, 20e-3, 0],
    ["quick", 0.1e-6, 1e-3, 1e-9],
  ];
  for (const [name, offset, delay, least] of table) {
    const filter = filtered(64, (at) => [0, at % 128 === 0 ? 1e-3 : 1.01e-3]);
    const before = filter.estimate(64 * 64) as Estimate;
    filter.add(sample(64 * 64, offset, delay));
    const after = filter.estimate(64 * 64) as Estimate;
    const change = Math.abs(after.offset - before.offset);
    assert(least === 0 ? change < 1e-9 : change > least, `${name}: ${change}`);
    assert(after.offsetDeviation <= before.offsetDeviation * 1.1, name);
  }
});

Deno.test("UpstreamFilter follows a clock that changes its rate", () => {
  const turn = 64 * 100;
  const filter = filtered(
    200,
    (at) => [at < turn ? 0 : (at - turn) * 5e-6, 100e-6],
  );
  assertNear(filter.estimate(64 * 199)?.offset, (64 * 199 - turn) * 5e-6, 20e-6);
  assertNear(filter.estimate(64 * 199)?.frequency, 5e-6, 0.1e-6);
});

Deno.test("UpstreamFilter keeps its frequency when offsets are forgotten, with less trust", () => {
  const filter = filtered(64, (at) => [20e-6 * at, 1e-3]);
  const before = filter.estimate(64 * 63);
  filter.forgetOffsets();
  assertEquals([filter.samples.length, filter.estimate(5000)], [0, undefined]);
  filter.add(sample(5000, 77));
  const after = filter.estimate(5000);
  assertNear(after?.offset, 77, 1e-12);
  assertNear(after?.frequency, 20e-6, 1e-9);
  const trust = (after?.frequencyDeviation ?? 0) / (before?.frequencyDeviation ?? 1);
  assert(trust > 1.9 && trust < 2.1, `${trust}`);
});

Deno.test("UpstreamFilter keeps 64 samples, and old ones only where there are few", () => {
  assertEquals(filtered(100, () => [0, 1e-3]).samples.length, 64);
  const hours = new UpstreamFilter();
  for (let i = 0; i < 20; i++) hours.add(sample(3600 * i, 0));
  // Eight hours have nine full hours in them.
  assertEquals(hours.samples.map(({ at }) => at / 3600), [11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

Deno.test("UpstreamFilter shifts what it knows at a leap second", () => {
  const filter = filtered(10, () => [2, 1e-3]);
  filter.shift(-1);
  assertNear(filter.estimate(640)?.offset, 1, 1e-9);
  assertEquals(filter.samples.every(({ offset }) => offset === 1), true);
});

Deno.test("UpstreamFilter has a number for any sample", () => {
  const draws = new Draws(5);
  const filter = new UpstreamFilter();
  let at = 0;
  for (let i = 0; i < 100_000; i++) {
    at += draws.random() < 0.1 ? 0 : draws.pareto(10, 0.7);
    const scale = 10 ** (8 * draws.random() - 4);
    filter.add(sample(at, draws.normal(scale), 1e-9 + draws.pareto(scale, 1)));
    const estimate = filter.estimate(at);
    if (!Object.values(estimate ?? {}).every(Number.isFinite)) {
      throw new Error(`${i}: ${JSON.stringify(estimate)}`);
    }
  }
});

Deno.test("UpstreamFilter's first frequencies are rarely beyond three of their deviations", () => {
  let beyond = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const draws = new Draws(seed);
    const filter = new UpstreamFilter();
    for (const at of [0, 2, 4, 6, 10, 18, 34]) {
      const [up, down] = [draws.exponential(1e-3), draws.exponential(1e-3)];
      filter.add({
        ...{ at, offset: (up - down) / 2, delay: 2e-3 + up + down },
        ...{ dispersion: 0, rootDelay: 0, rootDispersion: 0 },
      });
    }
    const { frequency = 1, frequencyDeviation = 0 } = filter.estimate(34) ?? {};
    if (Math.abs(frequency) > 3 * frequencyDeviation) beyond++;
  }
  assert(beyond > 0 && beyond <= 40, `${beyond} of 1000`);
});

Deno.test("UpstreamFilter does not take exchanges that were held up on one way for an asymmetry", () => {
  const errors: number[] = [];
  for (let seed = 1; seed <= 40; seed++) {
    const draws = new Draws(seed);
    const filter = filtered(60, () => {
      const heldUp = draws.random() < 0.15 ? draws.exponential(50e-3) : 0;
      const [up, down] = [draws.exponential(1e-3) + heldUp, draws.exponential(1e-3)];
      return [(up - down) / 2, 10e-3 + up + down];
    });
    errors.push(filter.estimate(64 * 59)?.offset ?? NaN);
  }
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  assertNear(mean, 0, 0.1e-3);
});
