import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Estimate, estimate, type TimedReply } from "../../src/client/estimate.ts";
import { fromSeconds, toSeconds } from "../../src/text/duration.ts";
import { median } from "../../src/client/statistics.ts";
import { type ClockModel, randomFrom, type Route, simulate } from "../support/simulation.ts";

const RUNS = 2000;

/** The estimate of a run that ends with its last interval. */
function estimateOf(replies: readonly TimedReply[], endSeconds: number): Estimate {
  const result = estimate(replies, fromSeconds(endSeconds));
  if (!result) throw new Error("Every request was lost");
  return result;
}

Deno.test("estimate's bound contains the true offset on asymmetric paths, and beats averaging", () => {
  const random = randomFrom(5905);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const errors: { best: number; mean: number }[] = [];
  let [held, heldByHalf] = [0, 0];
  for (let i = 0; i < RUNS; i++) {
    // From one network to the other side of the world; queues up to ten times as long one way.
    const way = 10 ** between(-4, -1);
    const route: Route = {
      there: way * between(0.5, 1.5),
      back: way * between(0.5, 1.5),
      queueThere: way * 10 ** between(-2, 1),
      queueBack: way * 10 ** between(-2, 1),
    };
    // As fast as RFC 5905 has clocks drift at most.
    const truth: ClockModel = {
      offset: between(-1, 1) * 10 ** between(-6, 3),
      drift: between(-15e-6, 15e-6),
    };
    const replies = simulate(truth, route, { count: 8, interval: 2, random });
    const { offset, errorBound, isSteady } = estimateOf(replies, 16);
    const now = truth.offset + truth.drift * 16;
    const error = Math.abs(toSeconds(offset) - now);
    if (error <= toSeconds(errorBound)) held++;
    if (error <= toSeconds(errorBound) / 2) heldByHalf++;
    assert(isSteady);
    const offsets = replies.map(({ reply }) => toSeconds(reply.offset));
    const mean = offsets.reduce((sum, each) => sum + each, 0) / offsets.length;
    errors.push({ best: error, mean: Math.abs(mean - now) });
  }
  assert(held >= 0.999 * RUNS, `${held} of ${RUNS} bounds hold the truth`);
  assert(heldByHalf < 0.99 * RUNS, "but half of them would not: they are no wider than need be");
  const [best, mean] = [
    median(errors.map(({ best }) => best)),
    median(errors.map(({ mean }) => mean)),
  ];
  assert(best < mean, `median error ${best} s by the least delay, ${mean} s by the mean`);
});

Deno.test("estimate measures the frequency within its bound, once enough time has passed", () => {
  const random = randomFrom(868);
  const between = (low: number, high: number): number => low + (high - low) * random();
  for (let i = 0; i < 200; i++) {
    const route: Route = {
      there: 0.01,
      back: 0.015,
      queueThere: 0.002,
      queueBack: 0.02,
      loss: 0.1,
    };
    const truth: ClockModel = { offset: between(-1, 1), drift: between(-1e-4, 1e-4) };
    const long = simulate(truth, route, { count: 64, interval: 16, random });
    const { frequency: { ppm = NaN, boundPpm = NaN } = {}, isSteady } = estimateOf(long, 1024);
    assert(isSteady);
    assert(Math.abs(ppm - truth.drift * 1e6) <= boundPpm, `${ppm} ± ${boundPpm}`);
    assert(boundPpm < 100, `${boundPpm} after a quarter of an hour`);
    const short = simulate(truth, route, { count: 8, interval: 2, random });
    assertEquals(estimateOf(short, 16).frequency, undefined);
  }
});

Deno.test("estimate reports that a clock was stepped", () => {
  const route: Route = { there: 0.001, back: 0.001, queueThere: 0.001, queueBack: 0.001 };
  const plan = { count: 4, interval: 2, random: randomFrom(1) };
  const before = simulate({ offset: 0, drift: 0 }, route, plan);
  const after = simulate({ offset: 5, drift: 0 }, route, plan)
    .map(({ reply, startedAfter }) => ({ reply, startedAfter: startedAfter.add({ seconds: 8 }) }));
  const { isSteady, frequency } = estimateOf([...before, ...after], 16);
  assertEquals([isSteady, frequency], [false, undefined]);
});

Deno.test("estimate uses the least delay, and the others as jitter", () => {
  const route: Route = { there: 0.01, back: 0.01, queueThere: 0, queueBack: 0 };
  const one = { count: 1, interval: 1, random: randomFrom(1) };
  const decades = 1e9;
  const quick = simulate({ offset: decades, drift: 0 }, route, one);
  const slow = simulate({ offset: decades, drift: 0 }, { ...route, back: 0.03 }, one);
  const result = estimateOf([...slow, ...quick], 0);
  assertEquals(result.best, quick[0]?.reply);
  assertAlmostEquals(toSeconds(result.minDelay), 0.02, 1e-7);
  assertAlmostEquals(toSeconds(result.maxDelay), 0.04, 1e-7);
  // 20 ms more on the way back are an offset of 10 ms less, whatever the offset itself is.
  assertAlmostEquals(toSeconds(result.jitter ?? fromSeconds(0)), 0.01, 1e-7);
  assertAlmostEquals(toSeconds(result.medianOffset.subtract(result.offset)), -0.005, 1e-7);
  assertEquals(estimateOf(quick, 0).jitter, undefined);
  assertEquals(estimate([], fromSeconds(0)), undefined);
});

Deno.test("estimate has a frequency from a bound of 500 ppm on, between two replies too", () => {
  const route: Route = { there: 0.01, back: 0.01, queueThere: 0, queueBack: 0 };
  const [one] = simulate({ offset: 0, drift: 0 }, route, {
    count: 1,
    interval: 1,
    random: randomFrom(1),
  });
  if (!one) throw new Error("Nothing is lost");
  const at = (seconds: number, offset: number, bound = 0.25): TimedReply => ({
    reply: { ...one.reply, offset: fromSeconds(offset), errorBound: fromSeconds(bound) },
    startedAfter: fromSeconds(seconds),
  });
  const frequencyAfter = (seconds: number): Estimate["frequency"] =>
    estimateOf([at(0, 1), at(seconds, 2)], seconds).frequency;
  assertEquals(frequencyAfter(1000), { ppm: 1000, boundPpm: 500 });
  assertEquals(frequencyAfter(999), undefined);
  // Without an error each, the line is the only one, and a third offset beside it contradicts it.
  const exact = [at(0, 0, 0), at(1024, 0.5, 0)];
  const { frequency, isSteady } = estimateOf(exact, 1024);
  assertEquals([frequency, isSteady], [{ ppm: 0.5 / 1024 * 1e6, boundPpm: 0 }, true]);
  assertEquals(estimateOf([...exact, at(2048, 2, 0)], 2048).isSteady, false);
  // The bound grows by 15 ppm of the time since the best reply, which is the first of two alike.
  const { errorBound, rootDistance } = estimateOf([at(0, 1), at(10, 1)], 1000);
  assertEquals(toSeconds(errorBound), 0.265);
  if (one.reply.protocol !== "ntp") throw new Error("It is NTP");
  assertAlmostEquals(toSeconds(rootDistance.subtract(one.reply.rootDistance)), 0.015, 1e-9);
});
