import { assert, assertEquals, assertThrows } from "@std/assert";
import { logIntervals } from "../../../src/server/log/interval_log.ts";
import { Counters, type Totals } from "../../../src/transports/counters.ts";

Deno.test("logIntervals tells what came since the last time, causes and errors too", async () => {
  const counters = new Counters();
  Object.assign(counters, { received: 100, answered: 90, sendErrors: 3 });
  counters.refuse(-1);
  const told: { totals: Totals; elapsedSeconds: number }[] = [];
  const done = Promise.withResolvers<void>();
  const server = {
    get totals(): Totals {
      return counters.totals();
    },
  };
  const log = {
    interval(totals: Totals, elapsedSeconds: number): void {
      told.push({ totals, elapsedSeconds });
      // What is counted while it is told belongs to the next interval.
      if (told.length === 2) done.resolve();
      else Object.assign(counters, { received: counters.received + 1 });
    },
  };
  using _ = logIntervals(server, { log, interval: 0.001 });
  Object.assign(counters, { received: 107, answered: 95, kisses: 2, sendErrors: 4 });
  counters.refuse(-1);
  // Unreferenced, its timer keeps no process alive: not even this one.
  const alive = setInterval(() => {}, 1000);
  await done.promise;
  clearInterval(alive);
  const expected = new Counters();
  Object.assign(expected, { received: 7, answered: 5, kisses: 2, sendErrors: 1 });
  expected.refuse(-1);
  assertEquals(told[0]?.totals, expected.totals());
  const next = new Counters();
  next.received = 1;
  assertEquals(told[1]?.totals, next.totals());
  for (const { elapsedSeconds } of told) assert(elapsedSeconds > 0);
});

Deno.test("logIntervals refuses what no timer can wait for", () => {
  const server = { totals: new Counters().totals() };
  const log = { interval: () => {} };
  for (const interval of [0, NaN, Infinity, 2 ** 31 / 1000]) {
    assertThrows(() => logIntervals(server, { log, interval }), RangeError, "Cannot log every");
  }
});
