import { assertEquals, assertThrows } from "@std/assert";
import { logIntervals } from "../../../src/server/log/interval_log.ts";
import { counter, Counters, type Totals } from "../../../src/transports/counters.ts";
import { FakeTime } from "../../support/fake_time.ts";

Deno.test("logIntervals logs what came since the last line, causes and errors too", async () => {
  const time = new FakeTime();
  const counters = new Counters();
  counters.count(counter.received, 100);
  counters.count(counter.sent, 90);
  counters.count(counter.copies, 8);
  counters.count(counter.sendErrors, 3);
  counters.refuse(-1);
  const logged: [Totals, number][] = [];
  const finished = Promise.withResolvers<void>();
  const server = {
    finished: finished.promise,
    get totals(): Totals {
      return counters.totals();
    },
  };
  const log = {
    interval(totals: Totals, elapsedSeconds: number): void {
      logged.push([totals, elapsedSeconds]);
      // What is counted while a line is logged belongs to the next interval.
      if (logged.length === 1) counters.count(counter.received);
    },
  };
  const figures = logIntervals(server, { log, interval: "60s", timers: time });
  counters.count(counter.received, 7);
  counters.count(counter.sent, 7);
  counters.count(counter.kisses, 2);
  counters.count(counter.copies, 4);
  counters.count(counter.sendErrors);
  counters.refuse(-1);
  await time.advance(59_999);
  assertEquals(logged, []);
  await time.advance(60_001);
  figures[Symbol.dispose]();
  const others = logIntervals(server, { log, interval: "60s", timers: time });
  finished.resolve();
  await finished.promise;
  await time.advance(3_600_000);
  others[Symbol.dispose]();
  const nothing = new Counters().totals();
  const refused = { ...nothing.refused, "looks_like_a_reply": 1 };
  const first = {
    ...nothing,
    received: 7,
    answered: 5,
    kisses: 2,
    copies: 4,
    refused,
    sendErrors: 1,
  };
  assertEquals(logged, [[first, 60], [{ ...nothing, received: 1 }, 60]]);
});

Deno.test("logIntervals refuses what no timer can wait for", () => {
  const server = { totals: new Counters().totals(), finished: Promise.resolve() };
  const log = { interval: () => {} };
  for (const interval of ["0s", "900us", "604800.1s", `${2 ** 31}ms`]) {
    assertThrows(
      () => logIntervals(server, { log, interval }),
      RangeError,
      "logIntervals.interval is",
    );
  }
  for (const interval of ["1ms", "7d"]) {
    using _intervals = logIntervals(server, { log, interval, timers: new FakeTime() });
  }
});
