import { assertEquals } from "@std/assert";
import type { Clock, UnixTime } from "../../src/clock/clock.ts";
import { type ClockStatus, UNKNOWN_CLOCK } from "../../src/clock/status.ts";
import { ServedClock } from "../../src/clock/served_clock.ts";
import { HONEST_CLOCK, type ServedLine, ServedPage } from "../../src/clock/page.ts";

const status: ClockStatus = { ...UNKNOWN_CLOCK, referenceSeconds: 0, precision: -23 };

/** A line that is so many seconds ahead. */
function ahead(seconds: number, said: Partial<ServedLine> = {}): ServedLine {
  return { ...HONEST_CLOCK.line, servedSeconds: seconds, ...said };
}

/** A clock that is what it was set to. */
function clockAt(seconds: number, nanoseconds = 0): Clock & { now: UnixTime } {
  return {
    now: { seconds, nanoseconds },
    read(time): void {
      Object.assign(time, this.now);
    },
  };
}

function readingOf(clock: Clock): UnixTime {
  const time = { seconds: 0, nanoseconds: 0 };
  clock.read(time);
  return time;
}

Deno.test("ServedClock goes by one reading of the page until it looks again", () => {
  const page = new ServedPage();
  const clock = new ServedClock(clockAt(1000), page);
  page.publish({ ...HONEST_CLOCK, line: ahead(10), status: { ...status, stratum: 5 } });
  clock.look();
  assertEquals([readingOf(clock).seconds, clock.status.stratum], [1010, 5]);
  page.publish({ ...HONEST_CLOCK, line: ahead(4000), status: { ...status, stratum: 1 } });
  assertEquals([readingOf(clock).seconds, clock.status.stratum], [1010, 5]);
  clock.look();
  assertEquals([readingOf(clock).seconds, clock.status.stratum], [5000, 1]);
});

Deno.test("ServedClock has a scheduled step happen at its nanosecond, within one reading", () => {
  const page = new ServedPage();
  const base = clockAt(1999, 999_999_999);
  const next = { from: { seconds: 2000, nanoseconds: 0 }, line: ahead(3600, { leap: 0 }) };
  page.publish({ ...HONEST_CLOCK, line: ahead(0, { leap: 1 }), next, status });
  const clock = new ServedClock(base, page);
  const arrival = { ...base.now };
  clock.look();
  clock.toServed(arrival);
  assertEquals([arrival, clock.status.leap], [{ seconds: 1999, nanoseconds: 999_999_999 }, 1]);
  base.now = { seconds: 2000, nanoseconds: 0 };
  assertEquals([readingOf(clock), clock.status.leap], [{ seconds: 5600, nanoseconds: 0 }, 0]);
  // A request that came before it may be looked at after another one that came later.
  clock.toServed(arrival);
  assertEquals(clock.status.leap, 1);
});

Deno.test("ServedClock announces no leap second of a clock that is not synchronised", () => {
  const page = new ServedPage();
  const line = ahead(0, { leap: 1, referenceId: 0xfe000000 });
  page.publish({ ...HONEST_CLOCK, line, status: { ...status, leap: 3 } });
  const clock = new ServedClock(clockAt(1000), page);
  assertEquals([clock.status.leap, clock.status.referenceId], [3, 0xfe000000]);
  page.publish({ ...HONEST_CLOCK, line, status });
  clock.look();
  assertEquals([clock.status.leap, clock.status.stratum], [1, 10]);
});
