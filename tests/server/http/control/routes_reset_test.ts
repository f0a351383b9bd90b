/** What begins anew by control: scenarios, and the start. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Clock, serve, type Server } from "../../../../mod.ts";
import { decodeNtpPacket, type NtpPacket } from "../../../../src/protocols/mod.ts";
import { parseScenario } from "../../../../src/server/mod.ts";
import { formatJson } from "../../../../src/text/json.ts";
import { systemClock } from "../../../../src/clock/system_clock.ts";
import { UdpClient } from "../../../support/udp_client.ts";
import { until } from "../../../support/wait.ts";
import { ntpRequest } from "../../faults/engine.ts";
import { ask } from "../http.ts";

const control = "127.0.0.1:0";
const ntp = "ntp://127.0.0.1:0";

async function load(server: Server, body: unknown, listener?: string): Promise<void> {
  const where = listener === undefined ? "" : `?listener=${encodeURIComponent(listener)}`;
  const { status, body: said } = await ask(server, "POST", `/scenario${where}`, {
    body: formatJson(body),
  });
  assertEquals(status, 200, JSON.stringify(said));
}

// deno-lint-ignore no-explicit-any -- whatever the test looks for
async function listeners(server: Server): Promise<any[]> {
  return (await ask(server, "GET", "/state")).body.listeners;
}

/** Which of some requests are answered. */
async function answered(server: Server): Promise<number[]> {
  using client = new UdpClient();
  const requests = 48;
  const { answered: before, received } = server.totals;
  const replies: Promise<number>[] = [];
  for (let n = 1; n <= requests; n++) {
    await client.send(ntpRequest(n), server.addresses[0]);
    await until(() => server.totals.received === received + n, 5);
  }
  await until(() => {
    const { answered, refused } = server.totals;
    return answered + refused.fault >= received + requests;
  }, 5);
  for (let i = server.totals.answered - before; i > 0; i--) {
    replies.push(
      client.receive().then(({ octets }) => {
        return Number(decodeNtpPacket(octets).originTimestamp >> 32n);
      }),
    );
  }
  return (await Promise.all(replies)).sort((a, b) => a - b);
}

async function packet(server: Server, listener = 0): Promise<NtpPacket> {
  using client = new UdpClient();
  return decodeNtpPacket(await client.ask(ntpRequest(1), server.addresses[listener]));
}

Deno.test("a scenario's seed means at run time what it means at the start", async () => {
  const scenario = { faults: { drop: 0.5 }, seed: 42 };
  await using atStart = await serve(ntp, { ...scenario, control });
  const expected = await answered(atStart);
  for (const seed of [7, 8]) {
    await using server = await serve(ntp, { seed, faults: { drop: 0.5 }, control });
    const own = await answered(server);
    await load(server, scenario);
    assertEquals(await answered(server), expected);
    assertEquals((await listeners(server))[0].seed, 42);
    // One without a seed has the server's.
    await load(server, { faults: { drop: 0.5 } });
    assertEquals([(await listeners(server))[0].seed, await answered(server)], [seed, own]);
    await load(server, scenario);
    await ask(server, "POST", "/reset");
    assertEquals([(await listeners(server))[0].seed, await answered(server)], [seed, own]);
  }
});

Deno.test("a named scenario has its own seed, whatever the server's", async () => {
  for (const seed of [7, 8]) {
    await using server = await serve(ntp, { seed, control });
    await load(server, { name: "flaky-network" });
    assertEquals((await listeners(server))[0].seed, 1);
  }
});

Deno.test("a scenario of the server leaves the options of listeners, as at the start", async () => {
  const urls = [ntp, `${ntp}?stratum=7`, `${ntp}?offset=+1h`, `${ntp}?seed=9`];
  const scenario = parseScenario(
    `{ "clock": { "offset": "+1d" }, "status": { "reference_id": "TEST" },
       "faults": { "version": { "value": 5 } }, "seed": 42 }`,
    "test",
  );
  const view = async (server: Server): Promise<unknown> =>
    await Promise.all((await listeners(server)).map(async ({ faults, seed, clock }, i) => {
      const { referenceId, version } = await packet(server, i);
      return { faults, seed, offset: clock && Math.round(clock.offset), referenceId, version };
    }));
  await using atStart = await serve(urls, { ...scenario, control });
  const expected = await view(atStart);
  await using server = await serve(urls, { seed: 42, control, faults: { drop: 0.5 } });
  await load(server, scenario);
  assertEquals(await view(server), expected);
  assertEquals(
    (await listeners(server)).map(({ faults }) => Object.keys(faults)),
    [["version"], ["version", "stratum"], ["version"], ["version"]],
  );
});

Deno.test("a scenario of faults alone, and reset, are for a listener with the server's clock too", async () => {
  const urls = [ntp, `${ntp}?stratum=7`];
  await using server = await serve(urls, { control, clock: { offset: "+1h" }, seed: 3 });
  const url = server.addresses[1]?.url ?? "";
  await load(server, { faults: { stratum: { value: 9 } }, seed: 42 }, url);
  const seen = async (): Promise<unknown[]> => [
    (await packet(server, 0)).stratum,
    (await packet(server, 1)).stratum,
    (await listeners(server)).map(({ seed }) => seed),
    Math.round((await ask(server, "GET", "/state")).body.clock.offset),
  ];
  assertEquals(await seen(), [10, 9, [3, 42], 3600]);
  await ask(server, "PATCH", "/clock", { body: { offset: "+2h" } });
  const path = `/reset?listener=${encodeURIComponent(url)}`;
  assertEquals((await ask(server, "POST", path)).status, 200);
  // The clock is not its own, and goes on.
  assertEquals(await seen(), [10, 7, [3, 3], 7200]);
});

Deno.test("a scenario of one listener begins its own clock anew, and no other", async () => {
  await using server = await serve([ntp, `${ntp}?offset=+1h`], { control });
  const url = server.addresses[1]?.url ?? "";
  await load(server, { name: "falseticker" }, url);
  const strata = [(await packet(server, 0)).stratum, (await packet(server, 1)).stratum];
  assertEquals([strata, Math.round((await listeners(server))[1].clock.offset)], [[10, 1], 5]);
  await ask(server, "POST", `/reset?listener=${encodeURIComponent(url)}`);
  assertEquals((await packet(server, 1)).stratum, 10);
  assertEquals(Math.round((await listeners(server))[1].clock.offset), 3600);
});

Deno.test("reset restores the status of the clock, which faults do not change", async () => {
  // Not the system's own, whose status the kernel might change.
  const clock: Clock = { read: (time) => systemClock.read(time) };
  await using server = await serve(ntp, { control, clock });
  const said = async (): Promise<unknown> => {
    const { leap, stratum, referenceId, rootDelay, rootDispersion, referenceTimestamp } =
      await packet(server);
    // A guess grows by 15 ppm, and that of a clock vouched for by up to 1024 s of it.
    assert(rootDispersion < 0.012, `${rootDispersion}`);
    return { leap, stratum, referenceId, rootDelay, referenceTimestamp };
  };
  const atStart = await said();
  await load(server, { name: "kod-rate" });
  assertEquals(await said(), atStart);
  for (
    const [method, path, body] of [
      ["PATCH", "/clock", { offset: "+1h" }],
      ["POST", "/clock", { step: "+1h" }],
      ["POST", "/scenario", { name: "falseticker" }],
      ["POST", "/scenario", { name: "unsynchronized" }],
    ] as const
  ) {
    assertEquals((await ask(server, method, path, { body })).status, 200);
    assertEquals((await ask(server, "POST", "/reset")).status, 200);
    assertEquals(await said(), atStart, JSON.stringify(body));
  }
  assertMatch((await ask(server, "POST", "/reset", { body: "" })).body.transport, /datagram/);
});
