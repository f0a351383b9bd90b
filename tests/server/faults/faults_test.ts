import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { drawDelay } from "../../../src/server/faults/kinds.ts";
import { makeDraws } from "../../../src/server/faults/schedule.ts";
import { Faults } from "../../../src/server/faults/faults.ts";
import type { FaultsOptions } from "../../../src/server/faults/options.ts";
import { faultNames } from "../../../src/server/faults/rules.ts";
import { check } from "../../support/property.ts";
import { Engine, sourceOf } from "./engine.ts";

const REQUESTS = 100_000;

Deno.test("each probability is kept to within four standard deviations", () => {
  for (const probability of [0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.999]) {
    for (const seed of [0, 1, 2 ** 32 - 1]) {
      const hits = new Engine({ drop: probability }, seed).hits("drop", REQUESTS).length;
      const sigma = Math.sqrt(REQUESTS * probability * (1 - probability));
      const off = Math.abs(hits - REQUESTS * probability) / sigma;
      assert(off < 4, `${hits} of ${REQUESTS} at ${probability}, seed ${seed}: ${off} sigma`);
    }
  }
  assertEquals(new Engine({ drop: 0 }).hits("drop", REQUESTS).length, 0);
  assertEquals(new Engine({ drop: 1 }).hits("drop", REQUESTS).length, REQUESTS);
});

Deno.test("faults of one seed are independent of each other", () => {
  // Names of one length, of which each has its own numbers.
  const engine = new Engine({ drop: 0.5, kiss: 0.5, mode: { probability: 0.5 } });
  const counts = new Map<string, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const names = engine.next().join();
    counts.set(names, (counts.get(names) ?? 0) + 1);
  }
  const sigma = Math.sqrt(REQUESTS * 1 / 8 * 7 / 8);
  assertEquals(counts.size, 8);
  for (const [names, count] of counts) {
    assert(Math.abs(count - REQUESTS / 8) < 4 * sigma, `${names}: ${count}`);
  }
});

Deno.test("consecutive decisions and consecutive seeds are independent, too", () => {
  const sigma = Math.sqrt(REQUESTS * 0.25 * 0.75);
  const [one, two] = [1, 2].map((seed) =>
    new Set(new Engine({ drop: 0.5 }, seed).hits("drop", REQUESTS))
  );
  let [repeated, shared] = [0, 0];
  for (const n of one ?? []) {
    if (one?.has(n + 1)) repeated++;
    if (two?.has(n)) shared++;
  }
  for (const count of [repeated, shared]) {
    assert(Math.abs(count - REQUESTS / 4) < 4 * sigma, `${count}`);
  }
});

const anyFaults: fc.Arbitrary<FaultsOptions> = fc.record({
  drop: fc.double({ min: 0, max: 1, noNaN: true }),
  origin: fc.record({
    probability: fc.constantFrom(0.2, 1),
    every: fc.integer({ min: 1, max: 5 }),
  }),
  kiss: fc.record({ probability: fc.constantFrom(0.5), after: fc.nat({ max: 20 }) }),
}, { requiredKeys: [] });

Deno.test("the same seed gives the same sequence, another seed another one", () => {
  check(
    fc.property(anyFaults, fc.nat(), (options, seed) => {
      const [first, second] = [new Engine(options, seed), new Engine(options, seed)];
      for (let i = 0; i < 50; i++) assertEquals(first.next(), second.next());
      // Setting them again begins the sequence again.
      first.faults.set(options);
      const third = new Engine(options, seed);
      for (let i = 0; i < 50; i++) assertEquals(first.next(), third.next());
    }),
    200,
  );
  const hits = [1, 2].map((seed) => new Engine({ drop: 0.5 }, seed).hits("drop", 64).join());
  assert(hits[0] !== hits[1]);
});

Deno.test("faults set with another seed are those of that seed, and keep it", () => {
  const other = new Engine({ drop: 0.5 }, 2);
  const expected = other.hits("drop", 64);
  const engine = new Engine({ drop: 0.5 }, 1);
  engine.faults.set({ drop: 0.5 }, 2);
  assertEquals([engine.faults.seed, engine.hits("drop", 64)], [2, expected]);
  engine.faults.set({ drop: 0.5 });
  assertEquals([engine.faults.seed, engine.hits("drop", 64)], [2, expected]);
  assertThrows(() => engine.faults.set({}, -1), RangeError, "Cannot use the seed -1");
  assertThrows(() => engine.faults.set({ drop: 2 }, 3), RangeError);
  assertEquals([engine.faults.seed, engine.faults.options], [2, { drop: 0.5 }]);
});

Deno.test("an empty list of a fault is no fault", () => {
  const { faults } = new Engine({ drop: [], kiss: [{ after: 1 }] });
  assertEquals([faults.options, faults.names], [{ kiss: [{ after: 1 }] }, ["kiss"]]);
  faults.set({ drop: [] });
  assertEquals(faults.options, {});
});

Deno.test("a fault does not depend on the others", () => {
  const alone = new Engine({ drop: 0.3 }).hits("drop", 1000);
  const others = Object.fromEntries(faultNames.map((name) => [
    name,
    name === "delay"
      ? { time: "1s", jitter: "1s", probability: 0.5 }
      : name === "refid"
      ? { value: "X" }
      : name === "distance"
      ? { delay: "1s" }
      : 0.5,
  ]));
  assertEquals(new Engine({ ...others, drop: 0.3 }).hits("drop", 1000), alone);
});

Deno.test("a schedule counts requests", () => {
  const cases: readonly (readonly [FaultsOptions["drop"], number[]])[] = [
    [{ after: 10 }, [11, 12, 13]],
    [{ every: 3 }, [3, 6, 9, 12]],
    [{ after: 5, every: 4 }, [9, 13]],
    [[{ every: 5 }, { after: 11 }], [5, 10, 12, 13]],
  ];
  for (const [drop, hits] of cases) {
    assertEquals(new Engine({ drop: drop as number }).hits("drop", 13), hits);
  }
});

Deno.test("a schedule counts time from when the faults were set", () => {
  const engine = new Engine({ drop: { from: "30s", to: "PT1M" } });
  const hits = (): number[] =>
    [0, 29_999, 30_000, 59_999, 60_000].filter((ms) => {
      engine.nowMs = startMs + ms;
      return engine.next().length > 0;
    });
  let startMs = engine.nowMs;
  assertEquals(hits(), [30_000, 59_999]);
  startMs = engine.nowMs;
  engine.faults.set(engine.faults.options);
  assertEquals(hits(), [30_000, 59_999]);
});

Deno.test("a schedule with clients counts and applies to their requests alone", () => {
  const engine = new Engine({
    drop: { clients: ["10.0.0.0/8", "2001:db8::/32"], every: 2 },
    garbage: { clients: "192.0.2.1" },
  });
  const senders = ["10.1.2.3", "192.0.2.1", "2001:db8::7", "192.0.2.2", "10.0.0.1", "10.0.0.1"];
  assertEquals(senders.map((hostname) => engine.next(sourceOf(hostname))), [
    ...[[], ["garbage"], ["drop"], [], [], ["drop"]],
  ]);
});

Deno.test("faults are set and cleared as a whole, or not at all", () => {
  const engine = new Engine({ drop: 1 });
  assertThrows(() => engine.faults.set({ garbage: 1, port: 2 }), RangeError);
  assertEquals(engine.next(), ["drop"]);
  assertEquals(engine.faults.options, { drop: 1 });
  engine.faults.set({ garbage: 1 });
  assertEquals(engine.next(), ["garbage"]);
  engine.faults.clear();
  assertEquals([engine.next(), engine.faults.options, engine.faults.names], [[], {}, []]);
});

Deno.test("a seed is a whole number of 32 bits", () => {
  for (const seed of [-1, 0.5, 2 ** 32, NaN]) {
    assertThrows(
      () => new Faults({}, seed),
      RangeError,
      `the seed ${seed}: expected a whole number`,
    );
  }
});

Deno.test("delays have the requested distribution", () => {
  const draws = makeDraws(868, "delay");
  const sample = (distribution: "uniform" | "normal" | "pareto", timeMs: number): number[] =>
    Array.from(
      { length: REQUESTS },
      (_, n) => drawDelay({ timeMs, jitterMs: 10, distribution }, draws(n)),
    ).sort((a, b) => a - b);
  const quantile = (sorted: number[], p: number): number => sorted[Math.floor(p * REQUESTS)] ?? NaN;
  // A quantile of n values is off by sqrt(p(1 - p)/n) / density.
  const assertQuantile = (sorted: number[], p: number, expected: number, density: number): void => {
    const sigma = Math.sqrt(p * (1 - p) / REQUESTS) / density;
    const off = Math.abs(quantile(sorted, p) - expected);
    assert(off < 4 * sigma, `${p}: ${quantile(sorted, p)}, not ${expected}`);
  };
  const uniform = sample("uniform", 50);
  assert((uniform[0] ?? 0) >= 40 && (uniform.at(-1) ?? 99) <= 60);
  for (const p of [0.1, 0.5, 0.9]) assertQuantile(uniform, p, 40 + 20 * p, 1 / 20);
  const normal = sample("normal", 50);
  const bell = (z: number): number => Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) / 10;
  for (const [p, z] of [[0.158655, -1], [0.5, 0], [0.841345, 1], [0.97725, 2]] as const) {
    assertQuantile(normal, p, 50 + 10 * z, bell(z));
  }
  const pareto = sample("pareto", 50);
  assert((pareto[0] ?? 0) >= 50);
  for (const p of [0.1, 0.5, 0.9, 0.999]) {
    const x = (1 - p) ** (-1 / 1.5);
    assertQuantile(pareto, p, 50 + 10 * (x - 1), 1.5 * x ** -2.5 / 10);
  }
  // A reply cannot leave before its request.
  assertEquals(sample("normal", 0)[0], 0);
});

Deno.test("values of a wrong type are reported, though their text could be read", () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ delay: { time: ["5"] } }, "faults.delay.time"],
    [{ delay: { time: true } }, "faults.delay.time"],
    [{ delay: { time: { toString: () => "5" } } }, "faults.delay.time"],
    [{ drop: { clients: ["10.0.0.0/8", 5] } }, "faults.drop.clients"],
    [{ drop: { clients: [] } }, "faults.drop.clients"],
    [{ drop: { clients: 5 } }, "faults.drop.clients"],
    [{ kiss: { code: 5 } }, "faults.kiss.code"],
  ];
  for (const [options, where] of wrong) {
    assertThrows(() => new Faults(options as FaultsOptions, 1), SyntaxError, where);
  }
});

Deno.test("a fault ends after it begins", () => {
  for (const [from, to] of [["1s", "1s"], ["2s", "1s"], ["1m", "59s"]] as const) {
    const set = (): Faults => new Faults({ drop: { from, to } }, 1);
    assertThrows(set, SyntaxError, "faults.drop.to is not after from");
  }
  assertEquals(new Faults({ drop: { from: "1s", to: "1001ms" } }, 1).names, ["drop"]);
});
