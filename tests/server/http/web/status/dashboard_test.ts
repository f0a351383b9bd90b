import { assert, assertEquals } from "@std/assert";
import type { ClientList } from "../../../../../src/client/control_api.ts";
import { ServedTime } from "../../../../../src/clock/served_time.ts";
import { systemClock } from "../../../../../src/clock/system_clock.ts";
import type { TextStream } from "../../../../../src/http/text_stream.ts";
import type { ControlledServer } from "../../../../../src/server/http/call.ts";
import { Dashboard } from "../../../../../src/server/http/web/status/dashboard.ts";
import { counter, Counters, sumCounters } from "../../../../../src/transports/counters.ts";
import { FakeTime } from "../../../../support/fake_time.ts";

/** Time whose timers fire late. */
class LateTime extends FakeTime {
  lateMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.lateMs;
  }
}

/** A server whose time and counts are the test's. */
class Watched implements Disposable {
  readonly timers = new LateTime("2026-05-01T00:00:00Z");
  readonly counters = new Counters();
  readonly time = new ServedTime({
    base: systemClock,
    clock: {},
    status: { source: "fixed", stratum: 1, rootDelay: "2ms", rootDispersion: "0s" },
    precision: -20,
  });
  readonly dashboard: Dashboard;

  constructor() {
    const totals = (): ReturnType<typeof sumCounters> => sumCounters([this.counters]);
    const clients = [{ address: "192.0.2.77" }];
    const listener = { url: "ntp://127.0.0.1:123", protocol: "ntp", hostname: "127.0.0.1" };
    const subject = {
      transport: "datagram",
      isAnswering: () => true,
      totals,
      started: this.timers.now(),
      clients: () => Promise.resolve({ clients, total: 3 } as unknown as ClientList),
      time: this.time,
      listeners: [{ ...listener, port: 123, time: this.time, totals, own: {} }],
    };
    this.dashboard = new Dashboard(subject as unknown as ControlledServer, this.timers);
  }

  [Symbol.dispose](): void {
    this.dashboard[Symbol.dispose]();
    this.time[Symbol.dispose]();
  }
}

/** Collects the parts of a stream as they come. */
function collect(stream: TextStream): string[] {
  const parts: string[] = [];
  void (async () => {
    for await (const part of stream) parts.push(part);
  })();
  return parts;
}

const nameOf = (part: string): string => /^event: (\w+)/m.exec(part)?.[1] ?? part.trim();

// deno-lint-ignore no-explicit-any -- whatever the test looks for
const dataOf = (part = ""): any => JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? "null");

Deno.test("Dashboard sends a tick each second, clients each 5 s and a comment each 15 s", async () => {
  using watched = new Watched();
  const { timers, dashboard } = watched;
  const parts = collect(dashboard.watch({ seesAddresses: true }));
  await timers.advance(0);
  assertEquals(parts.splice(0).map(nameOf), ["retry: 3000", "state", "news", "clients"]);
  await timers.advance(30_999);
  const expected = Array.from({ length: 30 }, (_, i) => [
    "tick",
    ...(i + 1) % 15 === 0 ? [": still here"] : [],
    ...(i + 1) % 5 === 0 ? ["clients"] : [],
  ]);
  assertEquals(parts.map(nameOf), expected.flat());
  const ticks = parts.filter((part) => nameOf(part) === "tick").map(dataOf);
  const start = Date.parse("2026-05-01T00:00:00Z") / 1000;
  assertEquals(ticks.map(({ t }) => t - start), Array.from({ length: 30 }, (_, i) => i + 1));
  assertEquals([ticks[0].clients, ticks[0].bound >= 0.001], [3, true]);
});

Deno.test("Dashboard shows networks to those who must not see addresses", async () => {
  using watched = new Watched();
  const { dashboard, timers } = watched;
  const [open, masked] = [true, false].map((seesAddresses) =>
    collect(dashboard.watch({ seesAddresses }))
  );
  await timers.advance(5000);
  const addressesIn = (parts: readonly string[] = []): unknown[] =>
    parts.filter((part) => nameOf(part) === "clients").map((part) =>
      dataOf(part).clients[0].address
    );
  assertEquals(addressesIn(open), ["192.0.2.77", "192.0.2.77"]);
  assertEquals(addressesIn(masked), ["192.0.2.0/24", "192.0.2.0/24"]);
});

Deno.test("Dashboard keeps what each second added, whatever becomes of the machine's clock", async () => {
  using watched = new Watched();
  const { timers, dashboard, counters } = watched;
  for (let second = 0; second < 40; second++) {
    counters.count(counter.received, second);
    counters.count(counter.sent, second);
    await timers.advance(1000);
    if (second === 20) timers.aheadMs -= 86_400_000;
  }
  const fine = dashboard.history("10m");
  assertEquals(fine.columns["replies_ntp"], Array.from({ length: 40 }, (_, i) => i));
  const now = Date.parse("2026-04-30T00:00:40Z") / 1000;
  assertEquals(fine.from, now - 39);
  const sum = (from: number, to: number): number => (from + to) * (to - from + 1) / 2;
  assertEquals(dashboard.history("4h").columns["replies_ntp"], [
    sum(0, 14),
    sum(15, 29),
    sum(30, 39),
  ]);
  assertEquals(dashboard.history("48h").columns["replies_ntp"], [sum(0, 39)]);
});

Deno.test("Dashboard leaves no gap when ticks come early or late", async () => {
  using watched = new Watched();
  const { timers, dashboard } = watched;
  for (const lateMs of [0, 300, -1, 450, 1, 0]) {
    timers.lateMs = lateMs;
    await timers.advance(1000);
  }
  assertEquals(dashboard.history("10m").columns["replies_ntp"], [0, 0, 0, 0, 0, 0]);
  // A machine that stood still for a while.
  timers.lateMs = 3000;
  await timers.advance(1000);
  assertEquals(dashboard.history("10m").columns["replies_ntp"]?.slice(6), [null, null, null, 0]);
});

Deno.test("Dashboard says once what began and what is over, and keeps the last 50", async () => {
  using watched = new Watched();
  const { timers, dashboard, time } = watched;
  const parts = collect(dashboard.watch({ seesAddresses: true }));
  time.set({ offset: "1h" });
  await timers.advance(3000);
  assertEquals(dashboard.state.warnings, [{
    level: "simulated",
    kind: "simulated",
    text: "A simulated clock is served: offset +1 h 0 min.",
    since: "2026-05-01T00:00:01Z",
  }]);
  time.set({ offset: "2h" });
  await timers.advance(1000);
  const states = parts.filter((part) => nameOf(part) === "state").map(dataOf);
  assertEquals(states.map(({ clock }) => clock.simulated), [
    [],
    ["offset +1 h 0 min"],
    ["offset +2 h 0 min"],
  ]);
  assertEquals(states[2].warnings[0].since, "2026-05-01T00:00:01Z");
  time.reset();
  await timers.advance(1000);
  const news = parts.filter((part) => nameOf(part) === "news");
  assertEquals(news.map(dataOf), [
    { at: "2026-05-01T00:00:00Z", level: "ok", text: "Started" },
    {
      at: "2026-05-01T00:00:01Z",
      level: "warn",
      text: "A simulated clock is served: offset +1 h 0 min.",
    },
    { at: "2026-05-01T00:00:05Z", level: "ok", text: "The true time is served again." },
  ]);
  assertEquals(news.map((part) => /^id: (\d+)/.exec(part)?.[1]), ["1", "2", "3"]);
  for (let i = 0; i < 30; i++) {
    time.set({ offset: "1h" });
    await timers.advance(1000);
    time.reset();
    await timers.advance(1000);
  }
  const idsSince = async (lastId?: number): Promise<number[]> => {
    const later = collect(dashboard.watch({ seesAddresses: true, ...lastId && { lastId } }));
    await timers.advance(0);
    return later.filter((part) => nameOf(part) === "news")
      .map((part) => Number(/^id: (\d+)/.exec(part)?.[1]));
  };
  const all = Array.from({ length: 50 }, (_, i) => i + 14);
  assertEquals(await idsSince(), all);
  assertEquals(await idsSince(61), [62, 63]);
  // An id from before a restart.
  assertEquals(await idsSince(64), all);
});

Deno.test("Dashboard ends its streams when the server stops, and samples nothing more", async () => {
  const watched = new Watched();
  const stream = watched.dashboard.watch({ seesAddresses: true });
  const parts = collect(stream);
  await watched.timers.advance(1000);
  watched[Symbol.dispose]();
  await stream.ended;
  const { length } = parts;
  await watched.timers.advance(10_000);
  assert(length > 0);
  assertEquals(parts.length, length);
});

Deno.test("Dashboard ends the streams of viewers that may not look any more", async () => {
  using watched = new Watched();
  const { timers, dashboard } = watched;
  const may = [true, true];
  const streams = may.map((_, i) => {
    const isAdmitted = (): boolean => may[i] as boolean;
    return collect(dashboard.watch({ seesAddresses: true, isAdmitted }));
  });
  await timers.advance(1000);
  const ticks = (): number[] =>
    streams.map((parts) => parts.filter((part) => nameOf(part) === "tick").length);
  assertEquals(ticks(), [1, 1]);
  may[0] = false;
  await timers.advance(1000);
  assertEquals(ticks(), [1, 2]);
  may[1] = false;
  dashboard.dismiss();
  await timers.advance(1000);
  assertEquals(ticks(), [1, 2]);
});
