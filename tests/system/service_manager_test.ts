import { assert, assertEquals } from "@std/assert";
import {
  createServiceManager,
  openServiceManager,
  readWatchdogMs,
} from "../../src/system/service_manager.ts";
import { FakeTime } from "../support/fake_time.ts";

Deno.test("readWatchdogMs reads the timeout, if it is for this process", () => {
  const read = (env: Record<string, string>): number | undefined =>
    readWatchdogMs((name) => env[name], 42);
  assertEquals(read({ WATCHDOG_USEC: "30000000" }), 30_000);
  assertEquals(read({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "42" }), 30_000);
  assertEquals(read({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "43" }), undefined);
  for (const nonsense of ["", "0", "-1", "soon"]) {
    assertEquals(read({ WATCHDOG_USEC: nonsense }), undefined);
  }
  assertEquals(read({}), undefined);
});

Deno.test("createServiceManager sends a sign of life every quarter of the timeout while alive", async () => {
  const time = new FakeTime();
  const sent: string[] = [];
  const signs = [true, false, true, false];
  let closed = 0;
  {
    using manager = createServiceManager({
      send: (state) => void sent.push(state),
      watchdogMs: 4000,
      timers: time,
      [Symbol.dispose]: () => void closed++,
    });
    manager.ready(() => "Serving", () => signs.shift() ?? false);
    await time.advance(3999);
    assertEquals(signs.length, 1);
    await time.advance(5000);
    manager.stopping();
  }
  await time.advance(5000);
  assertEquals(sent, ["READY=1\nSTATUS=Serving", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]);
  assertEquals(closed, 1);
});

Deno.test("createServiceManager sends no sign of life without a watchdog", async () => {
  const time = new FakeTime();
  const sent: string[] = [];
  using manager = createServiceManager({
    send: (state) => void sent.push(state),
    watchdogMs: undefined,
    timers: time,
    [Symbol.dispose]: () => {},
  });
  manager.ready(() => "Serving", () => assert(false, "not watched"));
  await time.advance(60_000);
  assertEquals(sent.length, 1);
});

Deno.test("createServiceManager sends a status again when it has changed, every ten seconds at most", async () => {
  const time = new FakeTime();
  const sent: string[] = [];
  let count = 0;
  {
    using manager = createServiceManager({
      send: (state) => void sent.push(state),
      watchdogMs: undefined,
      timers: time,
      [Symbol.dispose]: () => {},
    });
    manager.ready(() => `${count} received`, () => true);
    for (const received of [1, 2, 2, 3]) {
      count = received - 1;
      await time.advance(9999);
      count = received;
      await time.advance(1);
    }
  }
  count = 9;
  await time.advance(60_000);
  const statuses = [1, 2, 3].map((received) => `STATUS=${received} received`);
  assertEquals(sent, ["READY=1\nSTATUS=0 received", ...statuses]);
});

Deno.test({
  name:
    "openServiceManager without permission to read the environment finds none, and does not prompt",
  permissions: { net: true },
  fn(): void {
    assertEquals(openServiceManager(() => assert(false)), undefined);
  },
});
