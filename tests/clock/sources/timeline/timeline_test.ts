import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { servedAt } from "../../../../src/clock/line.ts";
import type { ClockOptions } from "../../../../src/clock/sources/timeline/options.ts";
import { changeTimeline, planTimeline } from "../../../../src/clock/sources/timeline/plan.ts";
import { parseInstantNs } from "../../../../src/text/duration.ts";
import { parseLeap } from "../../../../src/clock/sources/timeline/leap_seconds.ts";
import {
  advance,
  phaseAt,
  type Timeline,
} from "../../../../src/clock/sources/timeline/timeline.ts";
import { check } from "../../../support/property.ts";
import {
  HOUR,
  rates,
  SECOND,
  served,
  servedBy,
  smearNames,
  START,
  text,
} from "../../../support/timelines.ts";

Deno.test("a clock starts at the requested time, in every era", () => {
  const cases: [ClockOptions, string][] = [
    [{}, "2026-11-22T12:00:10Z"],
    [{ time: "2038-01-19T03:14:00Z" }, "2038-01-19T03:14:10Z"],
    [{ time: "1900-01-01" }, "1900-01-01T00:00:10Z"],
    [{ time: "2106-02-07T06:28:06" }, "2106-02-07T06:28:16Z"],
    [{ time: "2300-05-06T01:02:03.000000004+02:00" }, "2300-05-05T23:02:13.000000004Z"],
    [{ time: "@2147483647" }, "2038-01-19T03:14:17Z"],
    [{ time: "@-10" }, "1970-01-01T00:00:00Z"],
    [{ time: "2030-06-01T00:00:00[Europe/Berlin]" }, "2030-05-31T22:00:10Z"],
    [{ time: "2030-06-01T00:00:00+02:00[Europe/Berlin]" }, "2030-05-31T22:00:10Z"],
    [{ time: "1970-01-01", offset: "+36500d1ms" }, "2069-12-07T00:00:10.001Z"],
    [{ offset: "100us" }, "2026-11-22T12:00:10.0001Z"],
    [{ offset: "+1h30m" }, "2026-11-22T13:30:10Z"],
    [{ offset: "-2d" }, "2026-11-20T12:00:10Z"],
    [{ offset: "PT90M" }, "2026-11-22T13:30:10Z"],
    [{ time: "2030-01-01T00:00:00Z", offset: "-1s" }, "2030-01-01T00:00:09Z"],
    [{ rate: 2 }, "2026-11-22T12:00:20Z"],
    [{ rate: "2x" }, "2026-11-22T12:00:20Z"],
    [{ rate: "-0.5" }, "2026-11-22T11:59:55Z"],
    [{ rate: "+.5X" }, "2026-11-22T12:00:05Z"],
    [{ rate: "25e-1x" }, "2026-11-22T12:00:25Z"],
    [{ rate: "+.5ppm" }, "2026-11-22T12:00:10.000005Z"],
    [{ rate: "+50ppm" }, "2026-11-22T12:00:10.0005Z"],
    [{ rate: "-0.001ppm" }, "2026-11-22T12:00:09.99999999Z"],
    [{ rate: 0 }, "2026-11-22T12:00:00Z"],
    [{ freeze: true, time: "2000-01-01" }, "2000-01-01T00:00:00Z"],
  ];
  for (const [options, expected] of cases) {
    assertEquals(text(served(options, 10n * SECOND)), expected, JSON.stringify(options));
  }
});

Deno.test("a clock steps when it was planned, by its own time or the system's", () => {
  const steps = ["+1s@00:05", "-1h@PT10M", "+1d@2026-11-22T12:00:20Z"];
  const at = (seconds: number): string =>
    text(served({ steps }, BigInt(Math.round(seconds * 1e9))));
  assertEquals(at(4.999999999), "2026-11-22T12:00:04.999999999Z");
  assertEquals(at(5), "2026-11-22T12:00:06Z");
  // It is one second ahead, so its own 12:00:20 is a second early.
  assertEquals(at(18.999999999), "2026-11-22T12:00:19.999999999Z");
  assertEquals(at(19), "2026-11-23T12:00:20Z");
  assertEquals(at(600), "2026-11-23T11:10:01Z");
  assertEquals(text(served({ steps: ["+1h@01:00:00"], rate: "2x" }, HOUR)), "2026-11-22T15:00:00Z");
});

/** The leap second's announcement and the time, a while after the start. */
function around(options: ClockOptions, start: string, seconds: number): string {
  const startNs = parseInstantNs(start);
  const nowNs = startNs + BigInt(Math.round(seconds * 1e9));
  const phase = phaseAt(advance(planTimeline(options, startNs), nowNs), nowNs);
  return `${phase.leap} ${text(servedAt(phase.plan, nowNs)).slice(11)}`;
}

Deno.test("a leap second is announced on its day, repeats or skips a second, and is over", () => {
  const insert = (seconds: number): string =>
    around({ leap: "insert@2028-12-31" }, "2028-12-30T23:59:58Z", seconds);
  assertEquals(insert(1.999999999), "none 23:59:59.999999999Z");
  assertEquals(insert(2), "insert 00:00:00Z");
  assertEquals(insert(86_401.999999999), "insert 23:59:59.999999999Z");
  // The last minute of the day has 61 seconds until the last of them is over.
  assertEquals(insert(86_402), "insert 23:59:59Z");
  assertEquals(insert(86_402.999999999), "insert 23:59:59.999999999Z");
  assertEquals(insert(86_403), "undefined 00:00:00Z");
  assertEquals(insert(90_000), "undefined 00:59:57Z");
  const remove = (seconds: number): string =>
    around({ leap: "delete@2029-06-30" }, "2029-06-29T23:59:58Z", seconds);
  assertEquals(remove(2), "delete 00:00:00Z");
  assertEquals(remove(86_400.5), "delete 23:59:58.5Z");
  assertEquals(remove(86_401), "undefined 00:00:00Z");
});

Deno.test("a clock that starts after a leap second starts at the requested time", () => {
  for (const kind of ["insert", "delete"]) {
    const options = { time: "2029-01-01T00:00:00Z", leap: `${kind}@2028-12-31` };
    assertEquals(text(served(options, 0n)), "2029-01-01T00:00:00Z");
    assertEquals(text(served(options, 5n * SECOND)), "2029-01-01T00:00:05Z");
  }
});

Deno.test("a leap second comes by the time that is served, at its rate", () => {
  const options = { time: "2028-12-31T23:59:50Z", leap: "insert@2028-12-31", rate: "2x" };
  assertEquals(around(options, "2026-01-01", 4.75), "insert 23:59:59.5Z");
  assertEquals(around(options, "2026-01-01", 5.25), "insert 23:59:59.5Z");
  assertEquals(around(options, "2026-01-01", 5.5), "undefined 00:00:00Z");
  assertEquals(around({ ...options, rate: "-1" }, "2026-01-01", 5), "insert 23:59:45Z");
  const list = { leapSeconds: [parseLeap("insert@2020-12-31")] };
  assertEquals(around(list, "2026-01-01", 5), "undefined 00:00:05Z");
});

Deno.test("a leap second is no longer announced once a clock has run back out of its day", () => {
  const options = { time: "2028-12-31T00:00:01Z", leap: "insert@2028-12-31", rate: "-10" };
  assertEquals(around(options, "2026-01-01", 0.1), "insert 00:00:00Z");
  assertEquals(around(options, "2026-01-01", 0.100000001), "none 23:59:59.99999999Z");
  assertEquals(around(options, "2026-01-01", 5), "none 23:59:11Z");
});

Deno.test("a clock that runs backwards steps when it comes to a date", () => {
  const options = { time: "2030-01-01", rate: -1, steps: ["-1h@2029-12-31T23:59:59Z"] };
  assertEquals(text(served(options, SECOND - 1n)), "2029-12-31T23:59:59.000000001Z");
  assertEquals(text(served(options, SECOND)), "2029-12-31T22:59:59Z");
  assertEquals(text(served(options, 2n * SECOND)), "2029-12-31T22:59:58Z");
});

Deno.test("steps at one date all happen, steps that are jumped over do not", () => {
  const steps = [
    "+1h@2026-11-22T12:00:10Z",
    "+1m@2026-11-22T12:00:10Z",
    "+1d@2026-11-22T12:30:00Z",
  ];
  assertEquals(text(served({ steps }, 9n * SECOND)), "2026-11-22T12:00:09Z");
  assertEquals(text(served({ steps }, 10n * SECOND)), "2026-11-22T13:01:10Z");
  assertEquals(text(served({ steps }, HOUR)), "2026-11-22T14:01:00Z");
});

Deno.test("a step over a leap second cancels it", () => {
  const options = { time: "2028-12-31T23:00:00Z", leap: "insert@2028-12-31", steps: ["+2h@00:01"] };
  assertEquals(text(served(options, 2n * SECOND)), "2029-01-01T01:00:02Z");
});

Deno.test("a step in a deleted second happens at its end", () => {
  const leap = "delete@2028-12-31";
  const steps = ["+1h@2028-12-31T23:59:59.5Z", "+1m@2029-01-01T00:00:00Z"];
  const options = { time: "2028-12-31T23:59:58Z", leap, steps };
  assertEquals(text(served(options, SECOND)), "2029-01-01T01:01:00Z");
});

Deno.test("a step at the midnight of a leap second happens after it", () => {
  const steps = ["+1h@2029-01-01T00:00:00Z"];
  const options = { time: "2028-12-31T23:59:59Z", leap: "insert@2028-12-31", steps };
  assertEquals(text(served(options, 2n * SECOND - 1n)), "2028-12-31T23:59:59.999999999Z");
  assertEquals(text(served(options, 2n * SECOND)), "2029-01-01T01:00:00Z");
});

Deno.test("the maximum number of steps is planned and made", () => {
  // Some milliseconds; the limit of every test is for work that grows with their square.
  for (const at of ["PT1S", "2026-11-22T12:00:01Z"]) {
    const steps = Array.from({ length: 10_000 }, () => `+1s@${at}`);
    assertEquals(text(served({ steps }, SECOND)), "2026-11-22T14:46:41Z");
  }
  const scattered = Array.from({ length: 10_000 }, (_, i) => `+1s@PT${(i * 7919) % 10_000}S`);
  assertEquals(text(served({ steps: scattered }, 3n * HOUR)), "2026-11-22T17:46:40Z");
  assertThrows(
    () => planTimeline({ steps: [...scattered, "+1s@1"] }, START),
    RangeError,
    "expected 10000 at most",
  );
});

Deno.test("a leap second that is given twice happens once", () => {
  const leap = "insert@2028-12-31";
  const options = { time: "2028-12-31T23:59:59Z", leap, leapSeconds: [parseLeap(leap)] };
  assertEquals(text(served(options, SECOND)), "2028-12-31T23:59:59Z");
  assertEquals(text(served(options, 2n * SECOND)), "2029-01-01T00:00:00Z");
  assertEquals(text(served(options, 3n * SECOND)), "2029-01-01T00:00:01Z");
});

Deno.test("a clock advances between its steps while its rate is positive", () => {
  const options = fc.record({
    rate: rates,
    leap: fc.constant("insert@2026-11-22"),
    smear: fc.option(smearNames, { nil: undefined }),
  });
  const moments = fc.array(fc.bigInt({ min: 0n, max: 200_000n * SECOND }), { minLength: 2 });
  check(
    fc.property(options, moments, ({ smear, ...rest }, times) => {
      const timeline = planTimeline({ ...rest, ...(smear && { smear }) }, START);
      const sorted = times.toSorted((a, b) => a < b ? -1 : 1);
      const readings = sorted.map((ns) => servedBy(timeline, START + ns));
      for (let i = 1; i < readings.length; i++) {
        const moved = (readings[i] ?? 0n) - (readings[i - 1] ?? 0n);
        // The leap second is the one step there is.
        assert(moved >= (smear === undefined ? -SECOND : -2n), `${moved}`);
      }
    }),
    300,
  );
});

Deno.test("a clock that is turned round after a leap second announces it only where it was inserted", () => {
  const eve = "2028-12-31T23:59:58Z";
  const after = (options: ClockOptions, seconds: number): [Timeline, bigint] => {
    const nowNs = START + BigInt(Math.round(seconds * 1e9));
    const timeline = advance(planTimeline({ time: eve, ...options }, START), nowNs);
    return [changeTimeline(timeline, { rate: -1 }, nowNs), nowNs];
  };
  const announced = ([timeline, startNs]: [Timeline, bigint], ms: number): unknown[] => {
    const nowNs = startNs + BigInt(ms * 1e6);
    const { leap, plan, untilNs } = phaseAt(timeline, nowNs);
    return [leap, text(servedAt(plan, nowNs)).slice(11), untilNs && untilNs - nowNs];
  };
  // The last of its two seconds ends at midnight, and begins a second before.
  const inserted = after({ leap: "insert@2028-12-31" }, 3);
  assertEquals(announced(inserted, 0), [undefined, "00:00:00Z", 1n]);
  assertEquals(announced(inserted, 1), ["insert", "23:59:59.999Z", 999_000_001n]);
  assertEquals(announced(inserted, 1000), ["insert", "23:59:59Z", 1n]);
  assertEquals(announced(inserted, 1000.000001), [undefined, "23:59:58.999999999Z", undefined]);
  assertEquals(announced(inserted, 1001), [undefined, "23:59:58.999Z", undefined]);
  const deleted = after({ leap: "delete@2028-12-31" }, 1);
  assertEquals(announced(deleted, 500), [undefined, "23:59:59.5Z", undefined]);
  const smeared = after({ leap: "insert@2028-12-31", smear: "linear,1s" }, 2.6);
  assertEquals(announced(smeared, 500), [undefined, "23:59:59.1Z", undefined]);
});

Deno.test("a clock changes next at the first of its events, whichever kind that is", () => {
  const leap = "insert@2028-12-31";
  const next = (options: ClockOptions): bigint | undefined => {
    const { untilNs } = phaseAt(planTimeline(options, START), START);
    return untilNs && (untilNs - START) / 1_000_000n;
  };
  const dawn = { time: "2028-12-30T23:59:50Z", leap };
  const repeated = { time: "2028-12-31T23:59:59.9Z", leap };
  const smeared = { time: "2028-12-31T12:00:00.5Z", leap, smear: "linear" };
  const before = { ...smeared, time: "2028-12-31T11:59:50Z" };
  const cases: [clock: ClockOptions, alone: number, around: number][] = [
    // The announcement begins, the leap second comes, the line of a smear ends, the smear begins.
    [dawn, 10_000, 1000],
    [repeated, 100, 50],
    [smeared, 500, 100],
    [before, 10_000, 1000],
  ];
  for (const [clock, alone, by] of cases) {
    assertEquals(next(clock), BigInt(alone), JSON.stringify(clock));
    for (const at of [alone - by, alone + by]) {
      const steps = [`+1ms@PT${at / 1000}S`];
      const first = BigInt(Math.min(at, alone));
      assertEquals(next({ ...clock, steps }), first, JSON.stringify({ ...clock, steps }));
    }
  }
  assertEquals(next({ time: "2029-01-01", leap }), undefined);
  assertEquals(next({ steps: ["+1s@00:05", "+1s@00:04"] }), 4000n);
});

Deno.test("a repeated second ends with its second, unless the clock steps before", () => {
  const clock = { time: "2028-12-31T23:59:59.9Z", leap: "insert@2028-12-31" };
  const nowNs = START + SECOND / 2n;
  for (const [steps, expectedMs] of [[[], 600n], [["+1h@PT0.7S"], 200n], [["+1h@PT2S"], 600n]]) {
    const timeline = advance(planTimeline({ ...clock, steps: steps as string[] }, START), nowNs);
    const { leap, untilNs = 0n } = phaseAt(timeline, nowNs);
    assertEquals([leap, (untilNs - nowNs) / 1_000_000n], ["insert", expectedMs]);
  }
});
