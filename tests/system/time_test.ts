import { assert, assertEquals, assertRejects } from "@std/assert";
import { settleWithin, systemTimers, type Timers } from "../../src/system/time.ts";
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
  await pass(timers.sleep(60_000, third.signal).catch(() => {}));
  assertEquals(ticks, 3);
}

Deno.test("systemTimers wait, and end by a signal", () => assertTimers(systemTimers));

Deno.test("FakeTime waits as systemTimers do, in no time", async () => {
  const time = new FakeTime();
  await assertTimers(time, (promise) => time.run(promise));
});

Deno.test("systemTimers wait for longer than a timer of the runtime can", async () => {
  const stop = new AbortController();
  const waits = [2 ** 31, 2 ** 32 + 5, Infinity].map((ms) =>
    systemTimers.sleep(ms, stop.signal).then(() => `${ms} ms are over`)
  );
  assertEquals(await Promise.race([systemTimers.sleep(20).then(() => "20 ms"), ...waits]), "20 ms");
  stop.abort();
  assertEquals((await Promise.allSettled(waits)).map(({ status }) => status), [
    ...["rejected", "rejected", "rejected"],
  ]);
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

/** Counts the listeners of a signal. */
function countListeners(signal: AbortSignal): () => number {
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  return () => listeners;
}

Deno.test("settleWithin ends with the promise, the time or the signal, whichever is first", async () => {
  const time = new FakeTime();
  const { signal } = new AbortController();
  const counts = [countListeners(signal)];
  const timeout = time.timeout.bind(time);
  time.timeout = (ms: number): AbortSignal => {
    const each = timeout(ms);
    counts.push(countListeners(each));
    return each;
  };
  const never = new Promise<string>(() => {});
  const later = time.sleep(9).then(() => "value");
  assertEquals(await time.run(settleWithin(time, 10, later, signal)), "value");
  assertEquals(time.monotonicMs(), 9);
  assertEquals(await time.run(settleWithin(time, 10, never, signal)), undefined);
  assertEquals(time.monotonicMs(), 19);
  const failed = await settleWithin(time, 10, Promise.reject("why"), signal).catch((why) => why);
  assertEquals(failed, "why");
  assertEquals(counts.map((each) => each()), [0, 0, 0, 0]);

  const controller = new AbortController();
  const stopped = settleWithin(time, 10, never, controller.signal);
  controller.abort("enough");
  assertEquals(await stopped.catch((reason) => reason), "enough");
  // A signal that has aborted before counts more than a promise that is settled.
  const late = settleWithin(time, 10, Promise.resolve("value"), controller.signal);
  assertEquals(await late.catch((reason) => reason), "enough");
});

Deno.test("settleWithin ends at once where no time is left, and needs no signal", async () => {
  for (const ms of [0, -1, -1e9]) {
    assertEquals(await settleWithin(systemTimers, ms, new Promise(() => {})), undefined);
  }
});
