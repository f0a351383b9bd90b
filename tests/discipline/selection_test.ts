import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Candidate,
  hullOfMajority,
  select,
  type Selection,
} from "../../src/discipline/selection.ts";
import { check } from "../support/property.ts";

/** An upstream whose only sample was made now. */
function candidate(offset: number, distance: number, stratum = 2): Candidate {
  return {
    estimate: { offset, frequency: 0, offsetDeviation: 0, frequencyDeviation: 1e-9 },
    samples: [{
      ...{ at: 0, offset, delay: 2 * distance },
      ...{ dispersion: 0, rootDelay: 0, rootDispersion: 0 },
    }],
    stratum,
  };
}

Deno.test("select finds the majority, combines by distance, and names every role", () => {
  const selection = select(
    [candidate(1e-3, 10e-3), candidate(0, 5e-3), candidate(0.2, 5e-3), candidate(0, 80e-3)],
    0,
  );
  assertEquals(selection?.roles, ["combined", "selected", "falseticker", "distant"]);
  assertEquals(selection?.best, 1);
  // Weights of 1/10² and 1/5².
  assert(Math.abs((selection?.offset ?? 1) - 1e-3 / 5) < 1e-9);
});

Deno.test("select weighs an offset by its deviation, and by a share of its distance that no filter sees", () => {
  const between = (first: number, second: number): number => {
    const [a, b] = [candidate(0, 5e-3), candidate(1e-3, 5e-3)];
    const withDeviation = (each: Candidate, offsetDeviation: number): Candidate => ({
      ...each,
      estimate: { ...each.estimate, offsetDeviation },
    });
    return select([withDeviation(a, first), withDeviation(b, second)], 0)?.offset ?? NaN;
  };
  assertAlmostEquals(between(1e-3, 1e-3), 0.5e-3, 1e-9);
  // 2 % of the distance are 0.1 ms: variances of 0.01 and 0.01 + 0.09 ms².
  assertAlmostEquals(between(0, 0.3e-3), 1e-3 / 11, 1e-9);
});

Deno.test("select prefers a better stratum where distances are alike", () => {
  assertEquals(select([candidate(0, 5e-3, 5), candidate(0, 6e-3, 1)], 0)?.best, 1);
  assertEquals(select([candidate(0, 5e-3, 2), candidate(0, 9e-3, 1)], 0)?.best, 0);
});

Deno.test("select gives no time without a majority", () => {
  for (
    const candidates of [[], [candidate(0, 1e-3), candidate(1, 1e-3)], [
      candidate(0, 1e-3),
      candidate(0, 1e-3),
      candidate(1, 1e-3),
      candidate(1, 1e-3),
    ]]
  ) assertEquals(select(candidates, 0), undefined);
});

Deno.test("select goes by the sample whose distance is least now", () => {
  const old = { at: 0, offset: 0, delay: 2e-3, dispersion: 0, rootDelay: 0, rootDispersion: 0 };
  const recent = { ...old, at: 10_000, offset: 5e-3, delay: 40e-3 };
  const estimate = { offset: 0, frequency: 0, offsetDeviation: 0, frequencyDeviation: 0 };
  const at = (now: number): Selection | undefined =>
    select([{ estimate, samples: [old, recent], stratum: 1 }], now);
  assertEquals(at(10_000)?.bestSample, old);
  const uncertain = { ...estimate, frequencyDeviation: 1e-6 };
  const other = select([{ estimate: uncertain, samples: [old, recent], stratum: 1 }], 10_000);
  assertEquals(other?.bestSample, recent);
});

Deno.test("hullOfMajority holds the truth, as long as fewer than half are wrong", () => {
  const interval = fc.record({
    error: fc.double({ min: -1, max: 1, noNaN: true }),
    distance: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  check(fc.property(
    fc.array(interval, { minLength: 1, maxLength: 9 }),
    fc.array(interval, { maxLength: 8 }),
    (right, wrong) => {
      const all = [
        // The truth is 0, and within these.
        ...right.map(({ error, distance }) => ({ low: error * distance - distance, distance })),
        ...wrong.slice(0, right.length - 1)
          .map(({ error, distance }) => ({ low: 3 * error - distance, distance })),
      ].map(({ low, distance }) => ({ low, high: low + 2 * distance }));
      const hull = hullOfMajority(all);
      assert(hull !== undefined && hull.low <= 0 && hull.high >= 0, JSON.stringify({ all, hull }));
    },
  ));
});
