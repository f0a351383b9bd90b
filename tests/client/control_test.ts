import { assert, assertEquals, assertRejects } from "@std/assert";
import { control } from "../../src/client/control.ts";
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { serve } from "../../src/server/serve.ts";
import { freePort } from "../support/udp_client.ts";
import { within } from "../support/wait.ts";

const controlToken = "0123456789abcdef";

Deno.test("control changes a server and one listener", async () => {
  const urls = ["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?offset=+1h"];
  await using server = await serve(urls, { control: "127.0.0.1:0", controlToken });
  const to = { url: server.control?.url ?? "", token: controlToken };
  const listener = server.addresses[1]?.url ?? "";
  await query(listener);

  const time = "2038-01-19T03:14:00Z";
  assertEquals((await control("set", { ...to, body: { time, rate: 0 } })).clock.now, time);
  const { clock } = await control("step", { ...to, body: { step: "-PT1H" } });
  assertEquals(clock.now, "2038-01-19T02:14:00Z");
  const own = await control("step", { ...to, listener, body: { step: "PT1H" } });
  assert(Math.abs(own.clock.offset - 7200) < 1);
  const { faults } = await control("faults", { ...to, listener, body: { drop: 0 } });
  assertEquals(faults, { drop: 0 });
  const { clients, unlisted } = await control("clients", to);
  assertEquals([clients.map(({ address }) => address), unlisted], [["127.0.0.1"], 0]);
  const { listeners, totals, schema } = await control("state", to);
  assertEquals(listeners.map((each) => each.faults), [{}, { drop: 0 }]);
  assertEquals([totals.answered, schema], [1, 1]);
  await control("scenario", { ...to, body: { name: "leap-insert" } });
  assertEquals((await control("state", to)).clock.leap, "insert");
  assertEquals((await control("reset", to)).clock.rate, 1);
});

Deno.test("control reports why nothing was changed", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { control: "127.0.0.1:0", controlToken });
  const url = server.control?.url ?? "";
  const body = { offset: "soon" };
  await assertRejects(
    () => control("set", { url, token: controlToken, body }),
    RangeError,
    'clock.offset is "soon", expected a duration',
  );
  await assertRejects(() => control("state", { url }), Error, "refuses: The token is missing");
  await assertRejects(() => control("state", { url: "nowhere" }), TypeError);
  for (const timeout of ["0s", "86401s"]) {
    await assertRejects(() => control("state", { url, timeout }), RangeError, "control.timeout is");
  }
  const nobody = `http://127.0.0.1:${freePort()}`;
  const error = await assertRejects(() => control("state", { url: nobody }), QueryError);
  assertEquals(error.reason, "refused");
  // No connection goes to a broadcast address.
  const everybody = "http://255.255.255.255:8890";
  const nowhere = await assertRejects(() => control("state", { url: everybody }), QueryError);
  assertEquals(
    [nowhere.reason, nowhere.message],
    ["unreachable", `Cannot reach ${everybody}: the network did not carry the request`],
  );
});

Deno.test("control gives up in time, or when its signal aborts", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(silent.addr as Deno.NetAddr).port}`;
  const late = await assertRejects(() => control("state", { url, timeout: "50ms" }), QueryError);
  assertEquals(late.reason, "timeout");
  (await within(10, silent.accept())).close();
  const reason = new Error("enough");
  for (const isEarly of [true, false]) {
    const controller = new AbortController();
    // Else once the request has come.
    if (isEarly) controller.abort(reason);
    else void silent.accept().then((connection) => (controller.abort(reason), connection.close()));
    const error = await assertRejects(() => control("state", { url, signal: controller.signal }));
    assert(error === reason);
  }
});
