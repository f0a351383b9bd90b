import { assert, assertEquals } from "@std/assert";
import { Schedule, type ScheduleOptions } from "../../src/load/sender.ts";

const options = { rate: 300_000, inBursts: true, isSmooth: true } satisfies ScheduleOptions;

/** What leaves if it is looked at every microsecond from then on: a time and a number each. */
function leaving(
  schedule: Schedule,
  { fromNs, toNs, sent }: Record<"fromNs" | "toNs" | "sent", number>,
): [number, number][] {
  const calls: [number, number][] = [];
  for (let nowNs = fromNs; nowNs < toNs; nowNs += 1000) {
    const count = schedule.allowed(nowNs, sent);
    if (count === 0) continue;
    schedule.noteSent(nowNs);
    sent += count;
    calls.push([nowNs, count]);
  }
  return calls;
}

const total = (calls: readonly [number, number][]): number =>
  calls.reduce((sum, [, count]) => sum + count, 0);

Deno.test("Schedule lets a rate leave evenly, in bursts and one by one", () => {
  for (
    const [more, together] of [[{}, 15], [{ rate: 20_000 }, 1], [{ rate: 1_000_000 }, 50], [{
      inBursts: false,
    }, 1]] as const
  ) {
    const schedule = new Schedule({ ...options, ...more });
    const { rate } = { ...options, ...more };
    const calls = leaving(schedule, { fromNs: 0, toNs: 1e8, sent: 0 });
    assertEquals(new Set(calls.map(([, count]) => count)), new Set([together]));
    assertEquals(total(calls), Math.ceil(rate / 10 / together) * together);
    calls.forEach(([nowNs], i) => {
      const dueNs = schedule.dueNs(i * together);
      assert(dueNs < nowNs + 1 && nowNs < dueNs + 1001, `${nowNs} for ${dueNs}`);
    });
  }
});

Deno.test("Schedule has the requests of a burst fall due together", () => {
  const schedule = new Schedule(options);
  assertEquals([schedule.dueNs(0), schedule.dueNs(14)], [0, 0]);
  assertEquals(schedule.dueNs(15), schedule.dueNs(29));
  assertEquals(Math.round(schedule.dueNs(300_000)), 1e9);
});

Deno.test("Schedule makes good what is late at twice the rate, and then keeps to it", () => {
  const schedule = new Schedule(options);
  schedule.noteSent(0);
  const calls = leaving(schedule, { fromNs: 10e6, toNs: 40e6, sent: 15 });
  assert(calls.every(([, count]) => count === 15));
  const during = calls.filter(([nowNs]) => nowNs < 15e6);
  assert(Math.abs(total(during) - 3000) < 150, `${total(during)} in 5 ms`);
  // All that was due by the end has left.
  assertEquals(schedule.allowed(40e6, 15 + total(calls)), 0);
  const later = calls.filter(([nowNs]) => nowNs >= 30e6);
  assert(Math.abs(total(later) - 3000) < 150, `${total(later)} in 10 ms`);
});

Deno.test("Schedule has all that is late leave in small bursts where flows are drained", () => {
  const schedule = new Schedule({ ...options, inBursts: false, isSmooth: false });
  let sent = 1;
  while (schedule.allowed(1e6, sent) > 0) {
    const count = schedule.allowed(1e6, sent);
    assert(count <= 16);
    schedule.noteSent(1e6);
    sent += count;
  }
  assertEquals(sent, 301);
});
