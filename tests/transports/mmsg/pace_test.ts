import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { UnixTime } from "../../../src/clock/clock.ts";
import { Pace } from "../../../src/transports/mmsg/pace.ts";

/** A batch as it went: how long each answer took, and all of them from the last look at the clock. */
interface Batch {
  readonly count: number;
  readonly makeNs: number;
  readonly sendNs: number;
  readonly tailNs?: number;
}

/** A pace whose clock goes on when the test says so. */
function paced(): { pace: Pace; batch(batch: Batch, times?: number): void } {
  let [nowNs, lastNs] = [1_900_000_000, 0];
  const write = (time: UnixTime, ns: number): void => {
    time.seconds = Math.floor(ns / 1e9);
    time.nanoseconds = ns - time.seconds * 1e9;
  };
  const clock = {
    read: (time: UnixTime): void => write(time, lastNs = nowNs),
    last: (time: UnixTime): void => write(time, lastNs),
  };
  const pace = new Pace(clock);
  return {
    pace,
    batch({ count, makeNs, sendNs, tailNs = 0 }, times = 1): void {
      for (let i = 0; i < times; i++) {
        pace.begin(count);
        nowNs += count * makeNs - tailNs;
        clock.read({ seconds: 0, nanoseconds: 0 });
        nowNs += tailNs;
        pace.made();
        nowNs += count * sendNs;
        pace.sent(count);
      }
      pace.begin(count);
    },
  };
}

const usual: Batch = { count: 32, makeNs: 200, sendNs: 2000 };

Deno.test("Pace knows when an answer leaves that has others ahead of it and behind it", () => {
  const { pace, batch } = paced();
  pace.begin(64);
  assertEquals(pace.leadNs(63, 0), 0);
  batch({ count: 64, makeNs: 200, sendNs: 2000, tailNs: 150 }, 100);
  // Towards the end of its own sending, and after what is yet to do.
  assertAlmostEquals(pace.leadNs(0, 0), 1500 + 150, 2);
  assertAlmostEquals(pace.leadNs(63, 0), 63 * 2000 + 1650, 2);
  assertAlmostEquals(pace.leadNs(0, 63), 63 * 200 + 1650, 2);
  assertAlmostEquals(pace.leadNs(31, 32), 31 * 2000 + 32 * 200 + 1650, 2);
});

Deno.test("Pace knows a few answers from many", () => {
  const { pace, batch } = paced();
  batch({ count: 1, makeNs: 9000, sendNs: 8000, tailNs: 3000 }, 100);
  assertAlmostEquals(pace.leadNs(0, 0), 9000, 2);
  batch(usual, 100);
  assertAlmostEquals(pace.leadNs(10, 0), 21_500, 2);
  pace.begin(1);
  assertAlmostEquals(pace.leadNs(0, 0), 9000, 2);
});

Deno.test("Pace is no further ahead of a few answers than the quickest before them were", () => {
  const { pace, batch } = paced();
  // The first ones, by code that was never run before, take longest.
  batch({ count: 2, makeNs: 2e6, sendNs: 1e6, tailNs: 1e6 });
  assert(pace.leadNs(0, 1) <= 30_000, `${pace.leadNs(0, 1)}`);
  batch({ count: 1, makeNs: 90_000, sendNs: 40_000, tailNs: 12_000 }, 100);
  batch({ count: 1, makeNs: 20_000, sendNs: 6000, tailNs: 2000 });
  assertEquals(pace.leadNs(0, 0), 6500);
  batch({ count: 1, makeNs: 90_000, sendNs: 40_000, tailNs: 12_000 });
  assert(pace.leadNs(0, 0) <= 6500 * 17 / 16);
  batch({ count: 1, makeNs: 90_000, sendNs: 40_000, tailNs: 12_000 }, 1000);
  assertAlmostEquals(pace.leadNs(0, 0), 42_000, 2);
});

Deno.test("Pace follows a change, and is not carried away by a batch that was interrupted", () => {
  const { pace, batch } = paced();
  batch(usual, 100);
  batch({ ...usual, sendNs: 1e6 });
  assert(pace.leadNs(10, 0) <= 21_500 * 9 / 8);
  batch({ ...usual, makeNs: 1e9 });
  assert(pace.leadNs(0, 10) <= (2000 + 1500) * 9 / 8);
  batch({ count: 8, makeNs: 1000, sendNs: 20_000 }, 100);
  assertAlmostEquals(pace.leadNs(10, 10), 225_000, 2);
  batch({ count: 8, makeNs: 20, sendNs: 300 }, 100);
  assertAlmostEquals(pace.leadNs(10, 10), 3425, 2);
});

Deno.test("Pace learns nothing from a clock that was stepped back meanwhile", () => {
  const { pace, batch } = paced();
  batch(usual, 100);
  batch({ ...usual, makeNs: -3600e9 / 32 });
  batch({ ...usual, sendNs: -3600e9 / 32 });
  assertAlmostEquals(pace.leadNs(10, 10), 23_500, 2);
});
