import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { UnixTime } from "../../../src/clocks/clock.ts";
import { Pace } from "../../../src/transports/mmsg/pace.ts";

/** A pace whose clock goes on when the test says so. */
function paced(): { pace: Pace; batch(count: number, makeNs: number, sendNs: number): void } {
  let nowNs = 1_900_000_000;
  const pace = new Pace({
    read(time: UnixTime): void {
      time.seconds = Math.floor(nowNs / 1e9);
      time.nanoseconds = nowNs - time.seconds * 1e9;
    },
  });
  return {
    pace,
    batch(count, makeNs, sendNs): void {
      pace.begin();
      nowNs += count * makeNs;
      pace.made();
      nowNs += count * sendNs;
      pace.sent(count);
    },
  };
}

Deno.test("Pace knows when an answer leaves that has others ahead of it and behind it", () => {
  const { pace, batch } = paced();
  assertEquals(pace.leadNs(63, 0), 0);
  for (let i = 0; i < 100; i++) batch(64, 200, 2000);
  assertEquals(pace.leadNs(0, 0), 0);
  assertAlmostEquals(pace.leadNs(63, 0), 63 * 2000, 2);
  assertAlmostEquals(pace.leadNs(0, 63), 63 * 200, 2);
  assertAlmostEquals(pace.leadNs(31, 32), 31 * 2000 + 32 * 200, 2);
});

Deno.test("Pace follows a change, and is not carried away by a batch that was interrupted", () => {
  const { pace, batch } = paced();
  for (let i = 0; i < 100; i++) batch(32, 200, 2000);
  batch(32, 200, 1e6);
  assert(pace.leadNs(10, 0) <= 20_000 * 9 / 8);
  batch(32, 1e9, 2000);
  assert(pace.leadNs(0, 10) <= 2000 * 9 / 8);
  for (let i = 0; i < 100; i++) batch(8, 1000, 20_000);
  assertAlmostEquals(pace.leadNs(10, 10), 210_000, 2);
  for (let i = 0; i < 100; i++) batch(8, 20, 300);
  assertAlmostEquals(pace.leadNs(10, 10), 3200, 2);
});

Deno.test("Pace learns nothing from a clock that was stepped back meanwhile", () => {
  const { pace, batch } = paced();
  for (let i = 0; i < 100; i++) batch(32, 200, 2000);
  batch(32, -3600e9 / 32, 2000);
  batch(32, 200, -3600e9 / 32);
  assertAlmostEquals(pace.leadNs(10, 10), 22_000, 2);
});
