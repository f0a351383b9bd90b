import { assert, assertEquals } from "@std/assert";
import type { Clock, UnixTime } from "../../src/clock/clock.ts";
import { joinNs } from "../../src/clock/line.ts";
import { openRawClock, StampConverter } from "../../src/clock/kernel_clocks.ts";

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

Deno.test("StampConverter reads both clocks again after a hold-up between them", () => {
  const table: [name: string, holdUpsNs: number[], readings: number, earlyNs: number][] = [
    ["none", [], 3, 0],
    ["within the first readings", [0, 3_000_000], 6, 0],
    ["before the third clock", [0, 0, 3_000_000], 6, 0],
    ["each time, the second time the least", [0, 9e6, 0, 0, 4e5, 0, 0, 9e6, 0, 0, 9e6], 12, 2e5],
  ];
  for (const [name, holdUps, readings, earlyNs] of table) {
    let [ns, count] = [0, 0];
    const clock = (seconds: number): Clock => ({
      read(time): void {
        ns += 100 + (holdUps[count++] ?? 0);
        Object.assign(time, { seconds, nanoseconds: ns });
      },
    });
    const converter = new StampConverter(clock(1_700_000_000), clock(1_600_000_000));
    converter.renew();
    const stamp = { seconds: 1_700_000_000, nanoseconds: 50 };
    converter.convert(stamp);
    const foundNs = 1_600_000_000_000_000_050n - joinNs(stamp);
    assertEquals([Number(foundNs), count], [earlyNs, readings], name);
  }
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
