import { assertEquals, assertThrows } from "@std/assert";
import { logIntervals } from "../../../src/server/log/interval_log.ts";
import { Counters, type Totals } from "../../../src/transports/counters.ts";
import { FakeTime } from "../../support/fake_time.ts";

Deno.test("logIntervals logs what came since the last line, causes and errors too", async () => {
  const time = new FakeTime();
  const counters = new Counters();
  Object.assign(counters, { received: 100, answered: 90, sendErrors: 3 });
  counters.refuse(-1);
  const logged: [Totals, number][] = [];
  const server = {
    get totals(): Totals {
      return counters.totals();
    },
  };
  const log = {
    interval(totals: Totals, elapsedSeconds: number): void {
      logged.push([totals, elapsedSeconds]);
      // What is counted while a line is logged belongs to the next interval.
      if (logged.length === 1) Object.assign(counters, { received: counters.received + 1 });
    },
  };
  const figures = logIntervals(server, { log, interval: 60, timers: time });
  Object.assign(counters, { received: 107, answered: 95, kisses: 2, sendErrors: 4 });
  counters.refuse(-1);
  await time.advance(59_999);
  assertEquals(logged, []);
  await time.advance(60_001);
  figures[Symbol.dispose]();
  await time.advance(3_600_000);
  const first = new Counters();
  Object.assign(first, { received: 7, answered: 5, kisses: 2, sendErrors: 1 });
  first.refuse(-1);
  const second = new Counters();
  second.received = 1;
  assertEquals(logged, [[first.totals(), 60], [second.totals(), 60]]);
});

Deno.test("logIntervals refuses what no timer can wait for", () => {
  const server = { totals: new Counters().totals() };
  const log = { interval: () => {} };
  for (const interval of [0, NaN, Infinity, 2 ** 31 / 1000]) {
    assertThrows(() => logIntervals(server, { log, interval }), RangeError, "Cannot log every");
  }
});
