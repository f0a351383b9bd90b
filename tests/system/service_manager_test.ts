import { assert, assertEquals } from "@std/assert";
import { managerOf, openServiceManager, watchdogMs } from "../../src/system/service_manager.ts";

Deno.test("watchdogMs reads how long a manager waits, and for which process", () => {
  const read = (env: Record<string, string>): number | undefined =>
    watchdogMs((name) => env[name], 42);
  assertEquals(read({ WATCHDOG_USEC: "30000000" }), 30_000);
  assertEquals(read({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "42" }), 30_000);
  assertEquals(read({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "43" }), undefined);
  for (const nonsense of ["", "0", "-1", "soon"]) {
    assertEquals(read({ WATCHDOG_USEC: nonsense }), undefined);
  }
  assertEquals(read({}), undefined);
});

Deno.test("managerOf gives signs of life only while there is life", async () => {
  const sent: string[] = [];
  const looked = Promise.withResolvers<void>();
  const signs = [true, false, true, false];
  let closed = 0;
  {
    using manager = managerOf({
      send: (state) => void sent.push(state),
      watchdogMs: 4,
      [Symbol.dispose]: () => void closed++,
    });
    manager.ready("Serving", () => {
      const isAlive = signs.shift();
      if (isAlive === undefined) looked.resolve();
      return isAlive ?? false;
    });
    // Unreferenced, its timer keeps no process alive: not even this one.
    const alive = setInterval(() => {}, 1000);
    await looked.promise;
    clearInterval(alive);
    manager.stopping();
  }
  assertEquals(sent, ["READY=1\nSTATUS=Serving", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]);
  assertEquals(closed, 1);
});

Deno.test("managerOf gives no sign of life to who does not wait for one", () => {
  const sent: string[] = [];
  using manager = managerOf({
    send: (state) => void sent.push(state),
    watchdogMs: undefined,
    [Symbol.dispose]: () => {},
  });
  manager.ready("Serving", () => assert(false, "nobody wants to know"));
  assertEquals(sent.length, 1);
});

Deno.test({
  name: "openServiceManager without the permission to look finds none, and asks nobody",
  permissions: { net: true },
  fn(): void {
    assertEquals(openServiceManager(() => assert(false)), undefined);
  },
});
