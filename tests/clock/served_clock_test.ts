import { assertEquals } from "@std/assert";
import type { Clock, UnixTime } from "../../src/clock/clock.ts";
import { joinNs, splitNs } from "../../src/clock/line.ts";
import { noiseNs } from "../../src/clock/noise.ts";
import { type ClockStatus, UNKNOWN_CLOCK } from "../../src/clock/status.ts";
import { ServedClock } from "../../src/clock/served_clock.ts";
import { type ServedLine, ServedPage, SYSTEM_TIME } from "../../src/clock/page.ts";

const status: ClockStatus = { ...UNKNOWN_CLOCK, referenceSeconds: 0, precision: -23 };

/** A line that is ahead by a number of seconds. */
function ahead(seconds: number, said: Partial<ServedLine> = {}): ServedLine {
  return { ...SYSTEM_TIME.line, servedSeconds: seconds, ...said };
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

/** What is served at a moment, and the status that goes with it. */
function servedAt(clock: ServedClock, now: Readonly<UnixTime>): [UnixTime, ClockStatus] {
  const time = { ...now };
  const status = clock.toServed(time);
  return [time, status];
}

Deno.test("ServedClock uses one reading of the page until it looks again", () => {
  const page = new ServedPage();
  const clock = new ServedClock(clockAt(1000), page);
  page.publish({ ...SYSTEM_TIME, line: ahead(10), status: { ...status, stratum: 5 } });
  clock.look();
  const served = (): number[] => {
    const [time, { stratum }] = servedAt(clock, { seconds: 1000, nanoseconds: 0 });
    return [time.seconds, stratum];
  };
  assertEquals(served(), [1010, 5]);
  page.publish({ ...SYSTEM_TIME, line: ahead(4000), status: { ...status, stratum: 1 } });
  assertEquals(served(), [1010, 5]);
  const time = { seconds: 0, nanoseconds: 0 };
  clock.read(time);
  assertEquals(time.seconds, 1010);
  clock.look();
  assertEquals(served(), [5000, 1]);
});

Deno.test("ServedClock makes a scheduled step at its nanosecond, within one reading", () => {
  const page = new ServedPage();
  const next = { from: { seconds: 2000, nanoseconds: 0 }, line: ahead(3600, { leap: 0 }) };
  page.publish({ ...SYSTEM_TIME, line: ahead(0, { leap: 1 }), next, status });
  const clock = new ServedClock(clockAt(2000), page);
  clock.look();
  const before = { seconds: 1999, nanoseconds: 999_999_999 };
  const [arrival, { leap }] = servedAt(clock, before);
  assertEquals([arrival, leap], [before, 1]);
  const [departure, then] = servedAt(clock, { seconds: 2000, nanoseconds: 0 });
  assertEquals([departure, then.leap], [{ seconds: 5600, nanoseconds: 0 }, 0]);
  // A request that came before it may be looked at after another one that came later.
  assertEquals(servedAt(clock, before)[1].leap, 1);
});

Deno.test("ServedClock announces no leap second of a clock that is not synchronised", () => {
  const page = new ServedPage();
  const line = ahead(0, { leap: 1, referenceId: 0xfe000000 });
  page.publish({ ...SYSTEM_TIME, line, status: { ...status, leap: 3 } });
  const clock = new ServedClock(clockAt(1000), page);
  const now = { seconds: 1000, nanoseconds: 0 };
  const [, unknown] = servedAt(clock, now);
  assertEquals([unknown.leap, unknown.referenceId], [3, 0xfe000000]);
  page.publish({ ...SYSTEM_TIME, line, status });
  clock.look();
  const [, known] = servedAt(clock, now);
  assertEquals([known.leap, known.stratum], [1, 10]);
});

Deno.test("ServedClock adds noise by the time since it began, whichever second that leads to", () => {
  const page = new ServedPage();
  const noiseFrom = { seconds: 1000, nanoseconds: 900_000_000 };
  const noisy = { noiseNs: 2e9, seed: 3, noiseFrom };
  page.publish({ ...SYSTEM_TIME, line: ahead(10), ...noisy, status });
  const clock = new ServedClock(clockAt(0), page);
  const carries = new Set<number>();
  for (let i = -50; i < 200; i++) {
    const since = { seconds: Math.floor(i / 10), nanoseconds: (i + 1000) % 10 * 100_000_000 };
    const seconds = noiseFrom.seconds + since.seconds;
    const nanoseconds = noiseFrom.nanoseconds + since.nanoseconds;
    const now = nanoseconds < 1e9
      ? { seconds, nanoseconds }
      : { seconds: seconds + 1, nanoseconds: nanoseconds - 1e9 };
    const [served] = servedAt(clock, now);
    const exact = joinNs(now) + 10_000_000_000n + BigInt(noiseNs(2e9, 3, since));
    assertEquals(joinNs(served), exact);
    assertEquals(served, splitNs(exact));
    carries.add(served.seconds - now.seconds - 10);
  }
  assertEquals([-2, -1, 0, 1, 2].every((each) => carries.has(each)), true);
});
