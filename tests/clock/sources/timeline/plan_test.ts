import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { servedAt } from "../../../../src/clock/line.ts";
import type { ClockOptions } from "../../../../src/clock/sources/timeline/options.ts";
import { changeTimeline, planTimeline } from "../../../../src/clock/sources/timeline/plan.ts";
import { parseInstantNs } from "../../../../src/text/duration.ts";
import {
  advance,
  jump,
  phaseAt,
  type Timeline,
} from "../../../../src/clock/sources/timeline/timeline.ts";
import { check } from "../../../support/property.ts";

const START = parseInstantNs("2026-11-22T12:00:00Z");
const SECOND = 1_000_000_000n;

function servedBy(timeline: Timeline, nowNs: bigint): string {
  const { plan } = phaseAt(advance(timeline, nowNs), nowNs);
  return Temporal.Instant.fromEpochNanoseconds(servedAt(plan, nowNs)).toString();
}

/** A clock, changed a second after its start. */
function changed(options: ClockOptions, ...changes: readonly ClockOptions[]): Timeline {
  const nowNs = START + SECOND;
  return changes.reduce(
    (timeline, change) => changeTimeline(advance(timeline, nowNs), change, nowNs),
    planTimeline(options, START),
  );
}

/** The time served some seconds after the change. */
function later(timeline: Timeline, seconds: number): string {
  return servedBy(timeline, START + SECOND + BigInt(Math.round(seconds * 1e9)));
}

Deno.test("a change plans leap seconds by the time that is served", () => {
  const past = changed({ time: "2016-12-31T23:59:50Z" }, { leap: "insert@2016-12-31" });
  assertEquals(past.leaps.length, 1);
  assertEquals(later(past, 9), "2016-12-31T23:59:59Z");
  assertEquals(later(past, 10), "2017-01-01T00:00:00Z");
  assertThrows(
    () => changed({ time: "2038-01-19T03:14:00Z" }, { leap: "insert@2028-12-31" }),
    RangeError,
    "Cannot insert a second on 2028-12-31: the served time is already later",
  );
});

Deno.test("a leap second that an offset alone leads past is over", () => {
  const eve = { time: "2028-12-31T23:59:30Z", leap: "insert@2028-12-31" };
  const after = planTimeline({ ...eve, offset: "1m" }, START);
  assertEquals([after.leaps.length, later(after, -1)], [0, "2029-01-01T00:00:30Z"]);
  const before = planTimeline({ ...eve, time: "2029-01-02T00:00:00Z", offset: "-2d" }, START);
  assertEquals(before.leaps.length, 1);
});

Deno.test("a change plans steps by the time that is served", () => {
  const steps = ["+1h@2010-01-01T00:00:00Z"];
  assertEquals(changed({ time: "2000-01-01" }, { steps }).steps.served.length, 1);
  assertEquals(
    changed({ time: "2038-01-01" }, { time: "2009-12-31", steps }).steps.served.length,
    1,
  );
  for (const change of [{ steps }, { time: "2010-01-01", steps }, { rate: -1, steps }]) {
    const time = "rate" in change ? "2000-01-01" : "2038-01-01";
    assertThrows(() => changed({ time }, change), RangeError, "the served time is already later");
  }
  assertEquals(changed({ time: "2038-01-01" }, { rate: -1, steps }).steps.served.length, 1);
});

Deno.test("events that are past at the time that is set do not happen", () => {
  const leap = "insert@2028-12-31";
  const steps = ["+1h@2029-06-01T00:00:00Z", "+1h@2031-01-01T00:00:00Z"];
  for (const rate of [0, 1, -1]) {
    const clock = { time: "2028-12-31T12:00:00Z", leap, ...(rate >= 0 && { steps }), rate };
    const set = changed(clock, { time: "2030-01-01T00:00:00Z" });
    assertEquals(later(set, 0), "2030-01-01T00:00:00Z");
    assertEquals([set.leaps.length, set.steps.served.length], [0, rate < 0 ? 0 : 1]);
    assertEquals(
      later(changeTimeline(set, { rate: 1 }, START + SECOND), 2),
      "2030-01-01T00:00:02Z",
    );
  }
});

Deno.test("a stopped clock does not jump when its rate is set", () => {
  const frozen = { time: "2028-12-31T12:00:00Z", leap: "insert@2028-12-31", freeze: true };
  const jumped = jump(changed(frozen), START + SECOND, 86_400n * SECOND);
  assertEquals(later(jumped, 0), "2029-01-01T12:00:00Z");
  for (const rate of [1, -1]) {
    const running = changeTimeline(jumped, { rate }, START + SECOND);
    assertEquals(later(running, 0), "2029-01-01T12:00:00Z");
  }
});

Deno.test("a jump cancels the leap seconds and steps that it passes", () => {
  const leap = "insert@2028-12-31";
  const steps = ["+1h@2029-01-01T06:00:00Z"];
  const jumped = jump(
    changed({ time: "2028-12-31T11:59:59Z", leap, steps }),
    START + SECOND,
    86_400n * SECOND,
  );
  assertEquals(later(jumped, 0), "2029-01-01T12:00:00Z");
  assertEquals([jumped.leaps, jumped.steps.served], [[], []]);
  // Half of the leap second is smeared already, and stays.
  const smeared = changed({ time: "2028-12-31T23:59:59Z", leap, smear: "linear" });
  assertEquals(later(smeared, 0), "2028-12-31T23:59:59.5Z");
  const past = jump(smeared, START + SECOND, 86_400n * SECOND);
  assertEquals(later(past, 0), "2029-01-01T23:59:59.5Z");
});

Deno.test("steps behind a clock that is turned round wait for it", () => {
  const there = changed({ time: "2030-01-01", steps: ["+1h@2030-01-01T00:00:05Z"] }, { rate: -1 });
  assertEquals(later(there, 3), "2029-12-31T23:59:58Z");
  const nowNs = START + 4n * SECOND;
  const back = changeTimeline(advance(there, nowNs), { rate: 1 }, nowNs);
  assertEquals(servedBy(back, nowNs + 7n * SECOND), "2030-01-01T01:00:05Z");
});

Deno.test("time goes on from where it is, whatever else is changed", () => {
  const leap = "insert@2028-12-31";
  const change = fc.constantFrom<ClockOptions>(
    { rate: 2 },
    { freeze: true },
    { rate: -3 },
    { smear: "none" },
    { smear: "cosine" },
    { smear: "linear,20h" },
    { leap: "none" },
    { leap: "delete@2029-01-01", smear: "quadratic" },
    { steps: ["+1h@PT1H"] },
  );
  const clock = fc.record({
    time: fc.integer({ min: -30_000, max: 43_000 }).map((seconds) => `@${1_861_920_000 + seconds}`),
    smear: fc.constantFrom("none", "linear", "meta"),
    rate: fc.constantFrom(1, 0.5, 100, 0, -2),
  });
  check(fc.property(clock, change, ({ time, ...options }, what) => {
    const nowNs = START + SECOND;
    const leapSeconds = [{ kind: "insert" as const, midnightNs: parseInstantNs("2029-01-01") }];
    const before = advance(planTimeline({ ...options, time, leapSeconds }, START), nowNs);
    if (what.smear !== undefined && what.leap === undefined && before.leaps.length === 0) return;
    const after = changeTimeline(before, what, nowNs);
    const [was, is] = [before, after].map((each) => servedAt(phaseAt(each, nowNs).plan, nowNs));
    const moved = (is ?? 0n) - (was ?? 0n);
    assert(moved >= -2n && moved <= 2n, `${moved} ns: ${leap}`);
  }));
});

Deno.test("an inserted second is announced to its end, unless other leap seconds are set", () => {
  const eve = { time: "2028-12-31T23:59:58.5Z", leap: "insert@2028-12-31" };
  const nowNs = START + 2n * SECOND;
  const repeated = advance(planTimeline(eve, START), nowNs);
  const announced = (change: ClockOptions): unknown[] => {
    const { leap, plan } = phaseAt(changeTimeline(repeated, change, nowNs), nowNs);
    return [leap, servedAt(plan, nowNs) - parseInstantNs("2028-12-31T23:59:59.5Z")];
  };
  for (const change of [{}, { rate: 2 }, { steps: ["+1h@PT1H"] }, { smear: "none" }]) {
    assertEquals(announced(change), ["insert", 0n], JSON.stringify(change));
  }
  assertEquals(announced({ leap: "none" }), [undefined, 0n]);
  assertEquals(announced({ leap: "delete@2029-06-30" }), ["none", 0n]);
  // Nor after it was moved, though it is set to the same second.
  assertEquals(announced({ time: "2028-12-31T23:59:59.5Z" }), [undefined, 0n]);
});

Deno.test("a jump cancels the steps that it passes, and neither those behind nor those beyond", () => {
  const at = (second: number): string => `2030-01-01T00:00:0${second}Z`;
  const steps = [1, 2, 5, 6, 8].map((second) => `+1ms@${at(second)}`);
  // Turned round twice, it has some of them behind.
  const set = changed({ time: "2029-12-31T23:59:58Z", steps }, { rate: 0 });
  const left = (timeline: Timeline): number[] =>
    timeline.steps.served.map(({ atNs }) => Number((atNs - parseInstantNs(at(0))) / SECOND));
  const nowNs = START + SECOND;
  const there = { ...set, plan: { ...set.plan, systemNs: nowNs, servedNs: parseInstantNs(at(4)) } };
  const cases: [by: bigint, left: number[]][] = [
    [0n, [1, 2, 5, 6, 8]],
    [SECOND - 1n, [1, 2, 5, 6, 8]],
    [SECOND, [1, 2, 6, 8]],
    [3n * SECOND, [1, 2, 8]],
    [9n * SECOND, [1, 2]],
    [-2n * SECOND + 1n, [1, 2, 5, 6, 8]],
    [-2n * SECOND, [1, 5, 6, 8]],
    [-9n * SECOND, [5, 6, 8]],
  ];
  for (const [by, expected] of cases) assertEquals(left(jump(there, nowNs, by)), expected, `${by}`);
  // Nor does a step that it comes to.
  for (
    const [rate, seconds, expected] of [[1, 1.5, [1, 2, 6, 8]], [-1, 2.5, [1, 5, 6, 8]]] as const
  ) {
    const running = changeTimeline(there, { rate }, nowNs);
    const reached = advance(running, nowNs + BigInt(seconds * 1e9));
    assertEquals(left(reached), expected);
    const gained = parseInstantNs(at(4)) + BigInt(rate * seconds * 1e9) + 1_000_000n;
    assertEquals(servedAt(reached.plan, nowNs + BigInt(seconds * 1e9)), gained);
  }
});

Deno.test("steps happen in the order of their times, however they are given", () => {
  const order = [3, 1, 4, 1, 5, 9, 2, 6];
  const { system, served } = planTimeline({
    time: "@0",
    steps: order.flatMap((n) => [`+${n}ms@PT${n}S`, `-${n}ms@@${n}`]),
  }, START).steps;
  const sorted = order.toSorted();
  assertEquals(system.map(({ atNs }) => Number((atNs - START) / SECOND)), sorted);
  assertEquals(served.map(({ atNs }) => Number(atNs / SECOND)), sorted);
  assertEquals(system.map(({ byNs }) => byNs), sorted.map((n) => BigInt(n) * 1_000_000n));
  assertEquals(served.map(({ byNs }) => byNs), sorted.map((n) => BigInt(-n) * 1_000_000n));
});

Deno.test("a jump within a smear changes what is smeared, and none of it is kept", () => {
  const clock = { time: "2028-12-31T17:59:59Z", leap: "insert@2028-12-31", smear: "linear" };
  const smeared = changed(clock);
  assertEquals(later(smeared, 0), "2028-12-31T17:59:59.75Z");
  const jumped = jump(smeared, START + SECOND, 6n * 3600n * SECOND);
  assertEquals(later(jumped, 0), "2028-12-31T23:59:59.5Z");
  const back = jump(smeared, START + SECOND, -12n * 3600n * SECOND);
  assertEquals(later(back, 0), "2028-12-31T06:00:00Z");
});
