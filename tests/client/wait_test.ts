import { assert, assertEquals, assertRejects } from "@std/assert";
import { wait } from "../../src/client/wait.ts";
import { serve } from "../../src/server/serve.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";

Deno.test("wait returns once the clock agrees, and tells what changed", async () => {
  const clock = simulatedClock(60);
  await using server = await serve("ntp://127.0.0.1:0", { clock });
  const changes: string[] = [];
  const { agreed, servers } = await wait([server.addresses[0]?.url ?? ""], {
    within: 5,
    timeout: 60,
    onChange({ agreement }): void {
      changes.push(agreement);
      clock.aheadSeconds = 0;
    },
  });
  assertEquals([agreed, changes], [true, ["beyond", "within"]]);
  assertEquals(servers.map(({ agreement }) => agreement), ["within"]);
});

Deno.test("wait wants more than half of all servers, silent ones too", async () => {
  await using right = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0"]);
  await using wrong = await serve("ntp://127.0.0.1:0", { clock: simulatedClock(60) });
  const [a = "", b = ""] = right.addresses.map(({ url }) => url);
  const liar = wrong.addresses[0]?.url ?? "";
  const silent = `ntp://127.0.0.1:${freePort()}`;
  for (
    const [urls, expected] of [
      [[a, b, liar], true],
      [[liar, a, silent, b], false],
      [[a, silent], false],
      [[liar], false],
    ] as const
  ) {
    const options = { within: 5, timeout: expected ? 60 : 0.5 };
    const { agreed, servers } = await wait(urls, options);
    assertEquals(agreed, expected, urls.join());
    assertEquals(servers.map(({ url }) => url), [...urls]);
  }
});

Deno.test("wait does not call right what its bound leaves open", async () => {
  await using server = scriptedServer(async (socket, from, _, octets) => {
    const reply = ntpReply(octets);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await socket.send(reply, from);
  }, "ntp");
  const { agreed, servers: [one] } = await wait([server.url], { within: 0.04, timeout: 1 });
  assertEquals([agreed, one?.agreement], [false, "uncertain"]);
  // A Time server tells whole seconds: never within less than one.
  await using time = await serve("time://127.0.0.1:0");
  const url = time.addresses[0]?.url ?? "";
  assertEquals((await wait([url], { within: 0.9, timeout: 0.4 })).agreed, false);
  assertEquals((await wait([url], { within: 5 })).agreed, true);
});

Deno.test("wait asks again after failures, but not after a kiss", async () => {
  await using late = scriptedServer((socket, from, count, octets) => {
    return socket.send(ntpReply(octets, count < 3 ? { leap: 3 } : {}), from);
  }, "ntp");
  const reasons: (string | undefined)[] = [];
  const { agreed } = await wait([late.url], {
    within: 5,
    onChange: ({ error }) => reasons.push(error?.reason),
  });
  assertEquals([agreed, reasons], [true, ["unsynchronized", undefined]]);
  await using denying = scriptedServer((socket, from, _, octets) => {
    return socket.send(ntpReply(octets, { leap: 3, stratum: 0, referenceId: 0x44454e59 }), from);
  }, "ntp");
  const denied = await wait([denying.url], { timeout: 60 });
  assertEquals([denied.agreed, denying.requests.length], [false, 1]);
});

Deno.test("wait refuses what it cannot do, and ends by its signal", async () => {
  await assertRejects(() => wait([]), RangeError);
  await assertRejects(() => wait(["asctime://127.0.0.1"]), SyntaxError);
  await assertRejects(() => wait(["ntp://127.0.0.1"], { within: -1 }), RangeError);
  await assertRejects(() => wait(["ntp://127.0.0.1"], { timeout: NaN }), RangeError);
  const stop = new AbortController();
  const url = `ntp://127.0.0.1:${freePort()}`;
  const waiting = wait([url], { signal: stop.signal, onChange: () => stop.abort() });
  const error = await assertRejects(() => waiting, DOMException);
  assert(error === stop.signal.reason);
});
