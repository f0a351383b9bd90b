import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemTimers, type Timers } from "../../src/system/time.ts";
import { FakeTime } from "../support/fake_time.ts";

/** What holds for every kind of timers, as they pass in a way of their own. */
async function assertTimers(
  timers: Timers,
  pass: <T>(promise: Promise<T>) => Promise<T> = (promise) => promise,
): Promise<void> {
  const startMs = timers.monotonicMs();
  await pass(timers.sleep(20));
  // A timer may be a millisecond early.
  assert(timers.monotonicMs() - startMs >= 19);
  await pass(Promise.all([timers.sleep(0), timers.sleep(-1)]));

  const stop = new AbortController();
  const long = timers.sleep(3_600_000, stop.signal);
  const { reason } = AbortSignal.abort();
  stop.abort(reason);
  assertEquals(await assertRejects(() => long), reason);
  assertEquals(await assertRejects(() => timers.sleep(0, stop.signal)), reason);
  await pass(timers.sleep(1, new AbortController().signal));

  const timeout = timers.timeout(5);
  assert(!timeout.aborted);
  await pass(new Promise((resolve) => timeout.addEventListener("abort", resolve)));
  assertEquals(timeout.reason.name, "TimeoutError");

  let ticks = 0;
  const third = new AbortController();
  using _ = timers.every(2, () => ++ticks === 3 && third.abort());
  // The interval alone would keep nothing alive.
  await pass(timers.sleep(60_000, third.signal).catch(() => {}));
  assertEquals(ticks, 3);
}

Deno.test("systemTimers wait, and end by a signal", () => assertTimers(systemTimers));

Deno.test("FakeTime waits as systemTimers do, in no time", async () => {
  const time = new FakeTime();
  await assertTimers(time, (promise) => time.run(promise));
});

Deno.test("systemTimers read the clocks of this machine", () => {
  const before = Date.now();
  const now = systemTimers.now().epochMilliseconds;
  assert(before <= now && now <= Date.now());
});

Deno.test("FakeTime is exact, and fires timers at their moments in their order", async () => {
  const time = new FakeTime("2026-07-01T00:00:00Z");
  const fired: string[] = [];
  const wait = async (name: string, ms: number): Promise<void> => {
    await time.sleep(ms);
    fired.push(`${name} ${time.monotonicMs()}`);
  };
  const all = [wait("late", 2000), wait("first", 0.25), wait("second", 0.25)];
  all.push(wait("chained", 1000).then(() => wait("chained", 500.5)));
  await time.advance(1000);
  assertEquals(fired, ["first 0.25", "second 0.25", "chained 1000"]);
  await time.advance(999);
  assertEquals([time.monotonicMs(), `${time.now()}`], [1999, "2026-07-01T00:00:01.999Z"]);
  assertEquals(fired.at(-1), "chained 1500.5");
  time.aheadMs -= 1000;
  await time.run(Promise.all(all));
  assertEquals([fired.at(-1), `${time.now()}`], ["late 2000", "2026-07-01T00:00:01Z"]);
});

Deno.test("FakeTime reports a wait that nothing will end", async () => {
  const time = new FakeTime();
  await assertRejects(() => time.run(new Promise(() => {})), Error, "Nothing waits for a timer");
});
