import { assertEquals, assertThrows } from "@std/assert";
import type { Clock, UnixTime } from "../../../../src/clock/clock.ts";
import type { ClockOptions } from "../../../../src/clock/sources/timeline/options.ts";
import { ServedClock } from "../../../../src/clock/served_clock.ts";
import { ServedPage } from "../../../../src/clock/page.ts";
import { ServedTime } from "../../../../src/clock/served_time.ts";

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

/** A clock as a server keeps it. */
function keep(base: Hand, clock: ClockOptions): ServedTime {
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

Deno.test("ClockKeeper makes the same noise again by the same seed, whenever it begins", () => {
  const [one, other] = [new Hand(1_795_000_000, 123_456_789), new Hand(1_800_000_017, 999_999_999)];
  using first = keep(one, noisy);
  using second = keep(other, noisy);
  const seen = readings(one, first.clock);
  assertEquals(readings(other, second.clock), seen);
  assertEquals(new Set(seen.map((ns, i) => ns - BigInt(i) * 1_000_000_000n)).size, 300);
  // On other threads too, after a reset, and by a seed that is given later.
  second.reset();
  assertEquals(readings(other, new ServedClock(other, new ServedPage(second.page))), seen);
  using third = keep(other, { noise: "2ms", seed: 8 });
  const { time = "", seed = 0 } = noisy;
  third.set({ time, seed });
  assertEquals(readings(other, third.clock), seen);
});

Deno.test("ClockKeeper keeps its noise through what does not concern it", () => {
  const base = new Hand(1_795_000_000);
  using keeper = keep(base, { ...noisy, freeze: true });
  base.time.seconds += 100;
  const before = keeper.now();
  keeper.set({ freeze: true });
  assertEquals(keeper.now().toString(), before.toString());
  keeper.set({ noise: "0" });
  assertEquals(keeper.now().toString(), "2030-01-01T00:00:00Z");
  keeper.set({ noise: "2ms" });
  assertEquals(keeper.now().toString(), before.toString());
});

Deno.test("ClockKeeper serves another date exactly, whatever leap second was to come", () => {
  const base = new Hand(1_795_000_000);
  using keeper = keep(base, {
    time: "2028-12-31T12:00:00Z",
    leap: "insert@2028-12-31",
    freeze: true,
  });
  keeper.set({ time: "2030-01-01T00:00:00Z" });
  assertEquals(keeper.now().toString(), "2030-01-01T00:00:00Z");
  keeper.set({ rate: 1 });
  assertEquals(keeper.now().toString(), "2030-01-01T00:00:00Z");
  keeper.reset();
  keeper.step("P1D");
  assertEquals(keeper.now().toString(), "2029-01-01T12:00:00Z");
  assertEquals(keeper.state.leapSeconds, []);
});

Deno.test("ClockKeeper plans a change by the time it serves", () => {
  const base = new Hand(1_795_000_000);
  using keeper = keep(base, { time: "2016-12-31T23:59:50Z" });
  keeper.set({ leap: "insert@2016-12-31" });
  assertEquals([keeper.state.now, keeper.state.leap], ["2016-12-31T23:59:50Z", "insert"]);
  keeper.set({ steps: ["+1h@2017-01-01T00:00:00Z"] });
  assertThrows(() => keeper.set({ steps: ["+1h@2016-01-01T00:00:00Z"] }), RangeError, "is past it");
  assertEquals(keeper.state.steps, [{ by: 3600, servedAt: "2017-01-01T00:00:00Z" }]);
});

Deno.test("ClockKeeper takes ten thousand steps", () => {
  const base = new Hand(1_795_000_000);
  using keeper = keep(base, {});
  keeper.set({ steps: Array.from({ length: 10_000 }, (_, i) => `+1s@PT${3600 + i}S`) });
  base.time.seconds += 20_000;
  assertEquals(keeper.state.offset, 10_000);
});

Deno.test("ClockKeeper names the option that an unknown one was meant for, and changes nothing", () => {
  const base = new Hand(1_795_000_000);
  using keeper = keep(base, {});
  const cases: [unknown, string][] = [
    [{ rat: 2 }, `Unknown clock option "rat": did you mean rate?`],
    [{ step: ["+1s@00:05"] }, "did you mean steps?"],
    [{ offset: "1h", toString: "1h" }, `Unknown clock option "toString": expected time, offset`],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => keeper.set(options as ClockOptions), SyntaxError, message);
    assertThrows(() => keeper.begin(options as ClockOptions, {}), SyntaxError, message);
    assertThrows(() => keep(base, options as ClockOptions), SyntaxError, message);
  }
  for (const none of [null, "now", 5]) {
    assertThrows(() => keeper.set(none as unknown as ClockOptions), TypeError, "for a clock");
  }
  assertEquals(keeper.state.offset, 0);
});
