import { assert, assertEquals } from "@std/assert";
import type { Clock, UnixTime } from "../../src/clock/clock.ts";
import { joinNs } from "../../src/clock/line.ts";
import { openRawClock, StampConverter } from "../../src/clock/raw_clock.ts";

function clockAt(time: UnixTime): Clock & { now: UnixTime } {
  return {
    now: time,
    read(into): void {
      Object.assign(into, this.now);
    },
  };
}

Deno.test("StampConverter turns the age of a timestamp into a time of the other clock", () => {
  const system = clockAt({ seconds: 1_700_000_000, nanoseconds: 300 });
  const base = clockAt({ seconds: 1_600_000_000, nanoseconds: 100 });
  const converter = new StampConverter(system, base);
  const convert = (seconds: number, nanoseconds: number): [number, number] => {
    const stamp = { seconds, nanoseconds };
    converter.convert(stamp);
    return [stamp.seconds, stamp.nanoseconds];
  };
  converter.renew();
  assertEquals(convert(1_700_000_000, 300), [1_600_000_000, 100]);
  assertEquals(convert(1_700_000_000, 250), [1_600_000_000, 50]);
  assertEquals(convert(1_700_000_000, 100), [1_599_999_999, 999_999_900]);
  assertEquals(convert(1_699_999_999, 300), [1_599_999_999, 100]);
  // The system's clock was set in between: it arrived now.
  for (const seconds of [1_700_000_000 + 3600, 1_700_000_000 - 3600, 1_699_999_998]) {
    assertEquals(convert(seconds, 301), [1_600_000_000, 100]);
  }
  system.now = { seconds: 1_700_003_600, nanoseconds: 0 };
  base.now = { seconds: 1_600_000_001, nanoseconds: 0 };
  converter.renew();
  assertEquals(convert(1_700_003_599, 999_999_999), [1_600_000_000, 999_999_999]);
});

Deno.test("the raw clock reads near the system's, and never goes back", () => {
  const { clock, hasSlept } = openRawClock();
  const time = { seconds: 0, nanoseconds: 0 };
  let before = 0n;
  for (let i = 0; i < 1000; i++) {
    clock.read(time);
    assert(time.nanoseconds >= 0 && time.nanoseconds < 1e9);
    assert(joinNs(time) >= before);
    before = joinNs(time);
  }
  const now = Temporal.Now.instant().epochNanoseconds;
  assert(now - before < 3_600_000_000_000n && before - now < 3_600_000_000_000n);
  assertEquals(hasSlept(), false);
});
