import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Clock, UnixTime } from "../../../../src/clock/clock.ts";
import type { ClockOptions } from "../../../../src/clock/sources/timeline/options.ts";
import { ServedClock } from "../../../../src/clock/served_clock.ts";
import { ServedPage } from "../../../../src/clock/page.ts";
import { ServedTime } from "../../../../src/clock/served_time.ts";
import { isSimulated, TimelineSource } from "../../../../src/clock/sources/timeline/source.ts";
import { clockBy, FakeTime } from "../../../support/fake_time.ts";

/** A system's clock that is set by hand. */
class Hand implements Clock {
  readonly time: UnixTime;

  constructor(seconds: number, nanoseconds = 0) {
    this.time = { seconds, nanoseconds };
  }

  read(time: UnixTime): void {
    Object.assign(time, this.time);
  }
}

/** A clock as a server serves it. */
function serve(base: Hand, clock: ClockOptions): ServedTime {
  return new ServedTime({ base, clock, status: { source: "fixed" }, precision: -20 });
}

/** What a clock serves in its first seconds, from nanosecond to nanosecond. */
function readings(base: Hand, clock: ServedClock): bigint[] {
  const { seconds } = base.time;
  return Array.from({ length: 300 }, (_, i) => {
    base.time.seconds = seconds + i;
    const time = { seconds: 0, nanoseconds: 0 };
    clock.read(time);
    return BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
  });
}

const noisy: ClockOptions = { time: "2030-01-01", noise: "2ms", seed: 7 };

Deno.test("TimelineSource repeats its noise for the same seed, whenever it begins", () => {
  const [one, other] = [new Hand(1_795_000_000, 123_456_789), new Hand(1_800_000_017, 999_999_999)];
  using first = serve(one, noisy);
  using second = serve(other, noisy);
  const seen = readings(one, first.clock);
  assertEquals(readings(other, second.clock), seen);
  assertEquals(new Set(seen.map((ns, i) => ns - BigInt(i) * 1_000_000_000n)).size, 300);
  // On other threads too, after a reset, and by a seed that is given later.
  second.reset();
  assertEquals(readings(other, new ServedClock(other, new ServedPage(second.page))), seen);
  using third = serve(other, { noise: "2ms", seed: 8 });
  const { time = "", seed = 0 } = noisy;
  third.set({ time, seed });
  assertEquals(readings(other, third.clock), seen);
});

Deno.test("TimelineSource keeps its noise through changes of other options", () => {
  const base = new Hand(1_795_000_000);
  using served = serve(base, { ...noisy, freeze: true });
  base.time.seconds += 100;
  const before = served.now();
  served.set({ freeze: true });
  assertEquals(served.now().toString(), before.toString());
  served.set({ noise: "0" });
  assertEquals(served.now().toString(), "2030-01-01T00:00:00Z");
  served.set({ noise: "2ms" });
  assertEquals(served.now().toString(), before.toString());
});

Deno.test("TimelineSource serves another date exactly, whatever leap second was to come", () => {
  const base = new Hand(1_795_000_000);
  using served = serve(base, {
    time: "2028-12-31T12:00:00Z",
    leap: "insert@2028-12-31",
    freeze: true,
  });
  served.set({ time: "2030-01-01T00:00:00Z" });
  assertEquals(served.now().toString(), "2030-01-01T00:00:00Z");
  served.set({ rate: 1 });
  assertEquals(served.now().toString(), "2030-01-01T00:00:00Z");
  served.reset();
  served.step("P1D");
  assertEquals(served.now().toString(), "2029-01-01T12:00:00Z");
  assertEquals(served.state.leapSeconds, []);
});

Deno.test("TimelineSource plans a change by its served time", () => {
  const base = new Hand(1_795_000_000);
  using served = serve(base, { time: "2016-12-31T23:59:50Z" });
  served.set({ leap: "insert@2016-12-31" });
  assertEquals([served.state.now, served.state.leap], ["2016-12-31T23:59:50Z", "insert"]);
  served.set({ steps: ["+1h@2017-01-01T00:00:00Z"] });
  assertThrows(
    () => served.set({ steps: ["+1h@2016-01-01T00:00:00Z"] }),
    RangeError,
    "is already later",
  );
  assertEquals(served.state.steps, [{ by: 3600, servedAt: "2017-01-01T00:00:00Z" }]);
});

Deno.test("TimelineSource accepts ten thousand steps", () => {
  const base = new Hand(1_795_000_000);
  using served = serve(base, {});
  served.set({ steps: Array.from({ length: 10_000 }, (_, i) => `+1s@PT${3600 + i}S`) });
  base.time.seconds += 20_000;
  assertEquals(served.state.offset, 10_000);
});

Deno.test("TimelineSource suggests the option for a misspelt one, and changes nothing", () => {
  const base = new Hand(1_795_000_000);
  using served = serve(base, {});
  const cases: [unknown, string][] = [
    [{ rat: 2 }, `Unknown clock option "rat": did you mean rate?`],
    [{ step: ["+1s@00:05"] }, "did you mean steps?"],
    [{ offset: "1h", toString: "1h" }, `Unknown clock option "toString": expected time, offset`],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => served.set(options as ClockOptions), SyntaxError, message);
    assertThrows(() => served.begin(options as ClockOptions, {}), SyntaxError, message);
    assertThrows(() => serve(base, options as ClockOptions), SyntaxError, message);
  }
  for (const none of [null, "now", 5]) {
    assertThrows(
      () => served.set(none as unknown as ClockOptions),
      TypeError,
      "expected an object",
    );
  }
  assertEquals(served.state.offset, 0);
});

/** A source by fake time, and the changes of what it serves: how far it is ahead, in seconds, and when. */
function follow(clock: ClockOptions): { time: FakeTime; source: TimelineSource; seen: number[][] } {
  const time = new FakeTime("2026-01-01T00:00:00Z");
  const base = clockBy(time);
  const start = { seconds: 0, nanoseconds: 0 };
  const context = { base, precision: -20, start, seed: 1, timers: time };
  const source = new TimelineSource(context, clock, {});
  const seen: number[][] = [];
  source.onChange = () => {
    const { line } = source.content;
    const ahead = line.servedSeconds - line.systemSeconds;
    if (ahead !== seen.at(-1)?.[1]) seen.push([time.monotonicMs(), ahead]);
  };
  return { time, source, seen };
}

Deno.test("TimelineSource has each turn on its page ahead, and turns within milliseconds", async () => {
  const { time, source, seen } = follow({ steps: ["+10s@00:10", "+1h@01:00"] });
  using _ended = source;
  const start = source.content.line.systemSeconds;
  const next = (): (number | undefined)[] => {
    const { from, line } = source.content.next ?? {};
    return [from && from.seconds - start, line && line.servedSeconds - line.systemSeconds];
  };
  assertEquals(next(), [10, 10]);
  await time.advance(9_999);
  assertEquals([next(), seen], [[10, 10], [[4000, 0]]]);
  await time.advance(21);
  assertEquals(next(), [60, 3610]);
  await time.advance(60_000);
  assertEquals([next(), seen.slice(1)], [[undefined, undefined], [[10_000, 10], [60_000, 3610]]]);
});

Deno.test("TimelineSource finds within four seconds that the system's clock was set over a turn", async () => {
  const { time, source, seen } = follow({ steps: ["+10s@01:00:00"] });
  using _ended = source;
  await time.advance(1000);
  time.aheadMs += 2 * 3_600_000;
  await time.advance(3000);
  assertEquals(seen, [[4000, 10]]);
});

Deno.test("TimelineSource renews its reference time, and waits for nothing once disposed of", async () => {
  const { time, source } = follow({ offset: "+1h" });
  const { referenceSeconds } = source.content.status;
  await time.advance(1_024_000);
  assertEquals(source.content.status.referenceSeconds, referenceSeconds + 1024);
  source[Symbol.dispose]();
  await assertRejects(() => time.run(new Promise(() => {})), Error, "Nothing waits");
});

Deno.test("TimelineSource looks at its clock every four seconds, and not more often than every 20 ms", async () => {
  const leap = "insert@2028-12-31";
  const table: [clock: ClockOptions, ms: number, changes: number][] = [
    [{ offset: "+1h" }, 60_000, 15],
    // Longer away than a timer can wait for.
    [{ leap }, 60_000, 15],
    // Its lines are of a second each, which is a microsecond of this machine.
    [{ time: "2028-12-31T12:00:00Z", leap, smear: "linear,40d", rate: 1_000_000 }, 1000, 50],
  ];
  for (const [clock, ms, expected] of table) {
    const time = new FakeTime("2026-01-01T00:00:00Z");
    const start = { seconds: 1_767_225_600, nanoseconds: 0 };
    const context = { base: clockBy(time), precision: -20, start, seed: 1, timers: time };
    using source = new TimelineSource(context, clock, {});
    let changes = 0;
    source.onChange = () => changes++;
    await time.advance(ms);
    assertEquals(changes, expected, JSON.stringify(clock));
  }
});

Deno.test("TimelineSource steps by weeks, days and every other unit of a duration", () => {
  const base = new Hand(1_795_000_000);
  for (
    const [by, seconds] of [
      [{ weeks: 1 }, 604_800],
      [{ weeks: -1, days: -1, hours: -1, minutes: -1, seconds: -1 }, -694_861],
      [{ milliseconds: 1 }, 0.001],
      [{ microseconds: -1 }, -0.000001],
      [{ nanoseconds: 1 }, 0.000000001],
    ] as const
  ) {
    const duration = Temporal.Duration.from(by);
    using served = serve(base, { offset: duration });
    assertEquals(served.state.offset, seconds);
    served.step(duration);
    assertEquals(served.state.offset, 2 * seconds);
  }
});

Deno.test("a clock is simulated by any option but a seed", () => {
  const given: [options: object, isSimulated: boolean][] = [
    [{}, false],
    [{ seed: 5 }, false],
    [{ seed: 5, offset: undefined, rate: undefined }, false],
    [{ offset: "0", rate: undefined }, true],
    [{ rate: undefined, leap: "none" }, true],
    [{ freeze: false }, true],
  ];
  for (const [options, expected] of given) {
    assertEquals(isSimulated(options), expected, Deno.inspect(options));
  }
});

Deno.test("TimelineSource serves the status that it is given, beside the time that goes on", () => {
  const { source } = follow({ offset: "+1h", noise: "2ms" });
  using _ended = source;
  const unsynchronized = "The kernel's clock status cannot be read (it is not the clock served): " +
    "the clock is served as not synchronised";
  const seen = (): unknown[] => {
    const { line, noiseNs, status: { stratum, leap, referenceSeconds } } = source.content;
    const ahead = line.servedSeconds - line.systemSeconds;
    return [ahead, noiseNs, stratum, leap, referenceSeconds, source.warnings];
  };
  // 2026-01-01T01:00:00Z, by its own time, and the last multiple of 1024 before it.
  const now = 1_767_229_200;
  const round = Math.floor(now / 1024) * 1024;
  assertEquals(seen(), [3600, 2e6, 10, 0, round, []]);
  source.configure({ stratum: 3, leap: "delete" });
  assertEquals(seen(), [3600, 2e6, 3, 2, round, []]);
  source.configure({ source: "kernel" });
  assertEquals(seen(), [3600, 2e6, 10, 3, now, [unsynchronized]]);
  assertThrows(() => source.configure({ stratum: 99 }), RangeError);
  assertEquals(seen(), [3600, 2e6, 10, 3, now, [unsynchronized]]);
});

Deno.test("TimelineSource serves all of Temporal's dates, and none beyond", () => {
  const base = new Hand(1_767_225_600);
  for (const [year, beyond] of [["+275760-09-13", "1ns"], ["-271821-04-20", "-1ns"]] as const) {
    const time = `${year}T00:00:00Z`;
    using served = serve(base, { time, freeze: true });
    assertEquals(served.now().toString(), time);
    assertThrows(() => served.step(beyond), RangeError, "Cannot serve that time");
    assertThrows(() => served.set({ time, offset: beyond }), RangeError, "years -271821 to 275760");
    assertThrows(() => serve(base, { time, offset: beyond }), RangeError, "Cannot serve that time");
    assertEquals(served.now().toString(), time);
  }
});
