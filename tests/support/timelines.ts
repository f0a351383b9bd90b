/** Timelines of simulated clocks, and the times that they show. */
import fc from "fast-check";
import { servedAt } from "../../src/clock/line.ts";
import type { ClockOptions } from "../../src/clock/sources/timeline/options.ts";
import { planTimeline } from "../../src/clock/sources/timeline/plan.ts";
import { parseInstantNs } from "../../src/text/duration.ts";
import { advance, phaseAt, type Timeline } from "../../src/clock/sources/timeline/timeline.ts";

export const START = parseInstantNs("2026-11-22T12:00:00Z");
export const SECOND = 1_000_000_000n;
export const HOUR = 3600n * SECOND;

/** The time served some nanoseconds after the start. */
export function served(options: ClockOptions, afterNs: bigint, startNs = START): bigint {
  return servedBy(planTimeline(options, startNs), startNs + afterNs);
}

export function servedBy(timeline: Timeline, nowNs: bigint): bigint {
  return servedAt(phaseAt(advance(timeline, nowNs), nowNs).plan, nowNs);
}

export function text(ns: bigint): string {
  return Temporal.Instant.fromEpochNanoseconds(ns).toString();
}

export const rates = fc.constantFrom<number | string>(
  1,
  2,
  0.5,
  "+50ppm",
  "-200ppm",
  0.001,
  1000,
  3.3,
);
export const backwards = fc.constantFrom<number | string>(-1, -0.3, -2.5, -1000);
export const smearNames = fc.constantFrom("linear", "cosine", "quadratic", "meta", "linear,1h");
