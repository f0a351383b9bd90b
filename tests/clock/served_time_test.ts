import { assertEquals, assertThrows } from "@std/assert";
import type { Clock } from "../../src/clock/clock.ts";
import type { ClockStatus } from "../../src/clock/status.ts";
import { ServedPage } from "../../src/clock/page.ts";
import { ServedTime } from "../../src/clock/served_time.ts";
import type { ClockOptions } from "../../src/clock/sources/timeline/options.ts";
import type { StatusOptions } from "../../src/clock/sources/options.ts";
import { parseLeap } from "../../src/clock/sources/timeline/leap_seconds.ts";
import { systemClock } from "../../src/clock/system_clock.ts";
import { clockBy, FakeTime } from "../support/fake_time.ts";
import { FakeKernel, kernelStatus } from "../support/kernel.ts";
import { where } from "../support/needs.ts";

const START = 1_700_000_123;
/** What a clock vouched for was last right at: a multiple of 1024 seconds. */
const ROUND = Math.floor(START / 1024) * 1024;
const base: Clock = { read: (time) => Object.assign(time, { seconds: START, nanoseconds: 0 }) };
const precision = -20;

function started(status: StatusOptions = {}): ServedTime {
  return new ServedTime({ base, clock: {}, status, precision });
}

/** What a reader sees: how far the time is ahead, and what is said of it. */
function seen(time: ServedTime): { ahead: number; status: ClockStatus } {
  const { line, status } = new ServedPage(time.page).read();
  return { ahead: line.servedSeconds - line.systemSeconds, status };
}

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "a million replies of other threads are each of one of two alternating states",
    async () => {
      using time = started();
      const states = [1, 5].map((stratum) => ({
        clock: { offset: `${stratum * 1000}s` },
        status: { stratum, rootDispersion: `${stratum}s` },
      }));
      const alternate = (i: number): void => {
        const { clock, status } = states[i % 2] as (typeof states)[number];
        time.begin(clock, status);
      };
      alternate(0);
      const url = new URL("./served_time_reader.ts", import.meta.url);
      const readers = Array.from({ length: 4 }, () => new Worker(url, { type: "module" }));
      const done = new Int32Array(new SharedArrayBuffer(4));
      const reports = readers.map((reader) =>
        new Promise<MessageEvent>((resolve) => reader.onmessage = resolve)
      );
      for (const reader of readers) {
        const least = { answers: 250_000, changes: 50 };
        reader.postMessage({ page: time.page, done: done.buffer, ...least });
      }
      for (let i = 0; Atomics.load(done, 0) < readers.length; i++) {
        alternate(i);
        if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      for (const { data } of await Promise.all(reports)) assertEquals(data, { torn: 0 });
      for (const reader of readers) reader.terminate();
    },
  ),
);

Deno.test("ServedTime publishes a change once, time and status together", () => {
  using time = started();
  const writes = (): number => Atomics.load(new Int32Array(time.page, 0, 1), 0) / 2;
  const before = writes();
  time.begin({ offset: "+1h" }, { stratum: 3 });
  assertEquals(writes(), before + 1);
  assertEquals([seen(time).ahead, seen(time).status.stratum], [3600, 3]);
  for (
    const change of [
      () => time.set({ offset: "+2h" }),
      () => time.step("-1h"),
      () => time.configure({ stratum: 4 }),
      () => time.reset(),
    ]
  ) {
    const count = writes();
    change();
    assertEquals(writes(), count + 1);
  }
});

Deno.test("the reference time is by the clock that is published with it", () => {
  using time = started();
  time.set({ time: "2038-01-19T03:14:08Z" });
  assertEquals(seen(time).status.referenceSeconds, 2 ** 31 / 1024 * 1024);
  time.step("-P1D");
  const { referenceSeconds } = seen(time).status;
  assertEquals(referenceSeconds, Math.floor((2 ** 31 - 86_400) / 1024) * 1024);
});

Deno.test("warnings are of the leap seconds to come, and of a list that has expired by served time", () => {
  const leapSeconds = [parseLeap("insert@2028-06-29"), parseLeap("insert@2028-12-31")];
  const leapSecondsExpire = Temporal.Instant.from("2029-06-28T00:00:00Z");
  using time = started();
  assertEquals(time.state.warnings, []);
  time.begin({ time: "2028-06-01", leapSeconds, leapSecondsExpire }, {});
  assertEquals(time.state.warnings, [
    "The leap second of 2028-06-29 is not at the end of a month, as real ones are (ITU-R TF.460-6)",
  ]);
  time.set({ time: "2028-07-01" });
  assertEquals(time.state.warnings, []);
  time.set({ time: "2029-06-28T00:00:00Z" });
  assertEquals(time.state.warnings, []);
  time.set({ time: "2029-06-28T00:00:00.000000001Z" });
  assertEquals(time.state.warnings, [
    "The list of leap seconds expired on 2029-06-28: later leap seconds are missing",
  ]);
  time.set({ leap: "none" });
  assertEquals(time.state.warnings, []);
});

Deno.test("reset restores time and status of the start, whatever was configured meanwhile", () => {
  for (const status of [{}, { stratum: 3 }, { leap: "insert" }, { source: "fixed" }] as const) {
    using time = started(status);
    const atStart = seen(time);
    const changes: readonly (() => void)[] = [
      () => time.set({ offset: "+1h", noise: "1s" }),
      () => time.step("+1s"),
      () => time.begin({ rate: 0 }, { stratum: 1, referenceId: "GPS", rootDispersion: "0s" }),
      () => time.begin({}, { unsynchronized: true }),
      () => time.configure({ rootDelay: "1s" }),
    ];
    for (const change of changes) {
      change();
      time.reset();
      assertEquals(seen(time), atStart, JSON.stringify(status));
    }
  }
});

Deno.test("a clock that was changed is vouched for, and one whose status was configured is not", () => {
  using time = started();
  time.configure({ leap: "insert" });
  assertEquals(seen(time).status.referenceSeconds, START);
  time.begin({}, {});
  assertEquals(seen(time).status.referenceSeconds, START);
  time.begin({ seed: 5 }, {});
  assertEquals(seen(time).status.referenceSeconds, START);
  time.set({ offset: 0 + "s" });
  assertEquals(seen(time).status.referenceSeconds, ROUND);
});

Deno.test("ServedTime that cannot begin goes on as it was", () => {
  using time = started({ stratum: 7 });
  time.begin({ offset: "+1h" }, { stratum: 3 });
  const before = seen(time);
  assertThrows(() => time.begin({ rate: "fast" }, { stratum: 2 }), SyntaxError);
  assertThrows(() => time.begin({ rate: 2 }, { stratum: 99 }), RangeError);
  assertThrows(() => time.begin({ offset: "P9999999999D" }, { stratum: 2 }), RangeError);
  assertThrows(() => time.configure({ stratum: 99 }), RangeError);
  assertEquals(seen(time), before);
  // Nor is it said later.
  time.step("+1s");
  assertEquals([seen(time).ahead, seen(time).status.stratum], [3601, 3]);
});

Deno.test(
  await where(
    kernelStatus,
    "ServedTime serves the kernel's status while the clock is not simulated, and again after",
    () => {
      const simulated = { offset: "+1h" };
      for (const [source, leapSimulated] of [["auto", 0], ["kernel", 3]] as const) {
        for (const atStart of [{}, simulated]) {
          using _kernel = new FakeKernel();
          const status = { source };
          using time = new ServedTime({ base: systemClock, clock: atStart, status, precision });
          const isSimulated = atStart === simulated;
          assertEquals(time.warnings.length > 0, isSimulated && source === "kernel");
          assertEquals(seen(time).status.leap, isSimulated ? leapSimulated : 1);
          time.set(simulated);
          assertEquals(seen(time).status.leap, leapSimulated, source);
          time.begin({}, {});
          const { leap, rootDispersionSeconds } = seen(time).status;
          assertEquals([leap, rootDispersionSeconds], [1, 0.25 + 2 ** precision], source);
          time.reset();
          assertEquals(seen(time).status.leap, isSimulated ? leapSimulated : 1);
        }
      }
    },
  ),
);

Deno.test("what was configured before is not kept: it is added to the configuration of the start", () => {
  using time = started({ rootDelay: "500ms" });
  const configured = (): unknown[] => {
    const { stratum, leap, rootDelaySeconds } = seen(time).status;
    return [stratum, leap, rootDelaySeconds];
  };
  time.begin({}, { stratum: 3 });
  time.configure({ leap: "insert" });
  assertEquals(configured(), [10, 1, 0.5]);
  time.configure({ stratum: 4, rootDelay: "1s" });
  assertEquals(configured(), [4, 0, 1]);
  time.begin({ offset: "+1h" }, { leap: "delete" });
  assertEquals([seen(time).ahead, ...configured()], [3600, 10, 2, 0.5]);
  // The machine's time becomes a simulated clock with the same status, and back.
  time.begin({}, { stratum: 5 });
  time.step("+1s");
  assertEquals([seen(time).ahead, ...configured()], [1, 5, 0, 0.5]);
  time.reset();
  assertEquals([seen(time).ahead, ...configured()], [0, 10, 0, 0.5]);
});

Deno.test("changes are counted by their kind, planned ones too, whatever the source is by then", async () => {
  const timers = new FakeTime("2028-12-31T23:59:50Z");
  const base = clockBy(timers);
  using time = new ServedTime({ base, clock: {}, status: {}, precision, timers });
  assertEquals(time.changes, { set: 0, step: 0, leap: 0, reset: 0 });
  time.begin({ leap: "insert@2028-12-31" }, {});
  await timers.advance(20_000);
  assertEquals(time.changes, { set: 1, step: 0, leap: 1, reset: 0 });
  // The third one is jumped over by the second.
  time.set({ steps: ["+60s@00:02", "+9h@00:04", "+1s@2029-01-01T08:00:00Z"] });
  await timers.advance(3000);
  assertEquals(time.changes, { set: 2, step: 1, leap: 1, reset: 0 });
  await timers.advance(3000);
  assertEquals(time.changes, { set: 2, step: 2, leap: 1, reset: 0 });
  time.step("1s");
  time.reset();
  await timers.advance(60_000);
  assertThrows(() => time.step("nonsense"), SyntaxError);
  assertEquals(time.changes, { set: 2, step: 3, leap: 1, reset: 1 });
});

Deno.test("a change of nothing leaves the time of the machine, and its status, as they are", () => {
  using time = started();
  const before = seen(time);
  time.set({});
  time.set({ offset: undefined } as unknown as ClockOptions);
  assertEquals([time.isSimulated, time.isExpiring, time.changes.set], [false, true, 2]);
  assertEquals(seen(time), before);
  assertThrows(() => time.set({ ofset: "1h" } as unknown as ClockOptions), SyntaxError, "offset");
  time.set({ offset: "1h" });
  time.set({});
  assertEquals([time.isSimulated, time.isExpiring, seen(time).ahead], [true, false, 3600]);
});
