/** Features of the datagram transport alone: a custom clock or responder, one socket per address. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ClockOptions } from "../../src/clock/sources/timeline/options.ts";
import { query } from "../../src/client/query.ts";
import { serve } from "../../src/server/serve.ts";
import type { ServeOptions } from "../../src/server/serve_options.ts";
import { collectingLog } from "../support/collecting_log.ts";
import { within } from "../support/wait.ts";

const FREE = "asctime://127.0.0.1:0";
const clock = {
  read(time: { seconds: number; nanoseconds: number }): void {
    time.seconds = 1_585_948_176;
    time.nanoseconds = 0;
  },
};

Deno.test("serve replies with the time of a caller's clock", async () => {
  await using server = await serve(FREE, { clock, utc: true });
  assertEquals((await query(server.addresses[0]?.url ?? "")).text, "Fri Apr  3 21:09:36 2020");
});

Deno.test("serve finishes a slow reply before it shuts down", async () => {
  const gate = Promise.withResolvers<void>();
  const requested = Promise.withResolvers<void>();
  await using server = await serve(FREE, {
    responder: {
      async respond({ reply }): Promise<number> {
        requested.resolve();
        await gate.promise;
        return new TextEncoder().encodeInto("Fri Apr  3 21:09:36 2020", reply).written;
      },
    },
  });
  const reply = query(server.addresses[0]?.url ?? "", { retries: 0 });
  await within(10, requested.promise);
  const shutdown = server.shutdown();
  gate.resolve();
  assertEquals((await reply).text, "Fri Apr  3 21:09:36 2020");
  await shutdown;
});

Deno.test({
  name: "serve warns about a wildcard without the list of addresses, and serves it",
  permissions: { net: true, sys: false },
  async fn(): Promise<void> {
    const log = collectingLog();
    await using server = await serve("asctime://0.0.0.0:0", { clock, log });
    const [address] = server.addresses;
    assertEquals(address?.hostname, "0.0.0.0");
    await query(`asctime://127.0.0.1:${address?.port}`);
    await log.flush();
    assert(log.text().includes("Warning: 0.0.0.0 is one socket for all addresses"));
  },
});

Deno.test("serve reports whether all of it replies", async () => {
  const server = await serve(FREE);
  assertEquals(server.isAnswering, true);
  const ended = server.shutdown();
  assertEquals(server.isAnswering, false);
  await ended;
});

Deno.test("serve gives its seed to the noise of every clock that has none", async () => {
  const log = collectingLog();
  const urls = [FREE, `${FREE}?clock-noise=1ms`, `${FREE}?clock-noise=2ms&seed=7`];
  await using _ = await serve(urls, { clock: { noise: "3ms" }, seed: 5, log });
  await log.flush();
  assertEquals(log.text().match(/noise .*/g), [
    "noise 3ms, seed 5",
    "noise 1ms, seed 5",
    "noise 2ms, seed 7",
  ]);
});

Deno.test("serve names an unknown option of a clock", async () => {
  const wrong: [unknown, ErrorConstructor, string][] = [
    [{ rat: 2 }, SyntaxError, `Unknown clock option "rat": did you mean rate?`],
    [{ offset: 5 }, TypeError, "clock.offset is 5, expected a length of time with its unit"],
    [{ time: 5 }, SyntaxError, "clock.time is 5, expected a time such as 2038"],
    [null, TypeError, "clock is null, expected an object"],
    [{ noise: "1ms", seed: "z" }, SyntaxError, 'clock.seed is "z", expected a whole number'],
  ];
  for (const [clock, type, message] of wrong) {
    await assertRejects(() => serve(FREE, { clock: clock as ClockOptions }), type, message);
  }
});

Deno.test("serve refuses an invalid receive queue", async () => {
  for (const receiveQueueKib of [0, 3, 4.5, 65_537, NaN]) {
    const error = await assertRejects(() => serve(FREE, { receiveQueueKib }), RangeError);
    assert(error.message.includes("expected a whole number, 4 to 65536"));
  }
});

Deno.test("serve refuses options out of bounds, and those that need another one", async () => {
  const wrong: [unknown, ErrorConstructor, string][] = [
    [{ seed: -5 }, RangeError, "serve.seed is -5, expected a whole number, 0 to 4294967295"],
    [{ seed: "abc" }, SyntaxError, 'serve.seed is "abc", expected a whole number'],
    [{ maxTasks: 0 }, RangeError, "serve.maxTasks is 0, expected a whole number, 1 or more"],
    [{ controlToken: "x".repeat(16) }, SyntaxError, "controlReadOnly need control"],
    [{ controlReadOnly: true }, SyntaxError, "controlToken and controlReadOnly need control"],
  ];
  for (const [options, type, message] of wrong) {
    await assertRejects(() => serve(FREE, options as ServeOptions), type, message);
  }
});

Deno.test("serve refuses to start without a URL", async () => {
  for (const urls of [[], null, 5] as unknown[]) {
    const message = `one or more URLs to listen on, not ${JSON.stringify(urls)}`;
    await assertRejects(() => serve(urls as string[]), SyntaxError, message);
  }
});
