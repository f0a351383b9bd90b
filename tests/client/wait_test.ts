import { assertEquals, assertRejects } from "@std/assert";
import { wait } from "../../src/client/wait.ts";
import { serve } from "../../src/server/serve.ts";
import { toSeconds } from "../../src/text/duration.ts";
import { FakeNetwork, kissOfDeath } from "../support/fake_network.ts";

Deno.test("wait returns once the clock agrees, and reports what changed", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  server.aheadSeconds = 60;
  void network.timers.sleep(3000).then(() => server.aheadSeconds = 0);
  const changes: string[] = [];
  const { agreed, servers, elapsed } = await network.run(wait(["192.0.2.1"], {
    network,
    onChange: ({ agreement }) => changes.push(agreement),
  }));
  assertEquals([agreed, changes], [true, ["beyond", "within"]]);
  assertEquals(servers.map(({ agreement }) => agreement), ["within"]);
  // The third of its requests, with its reply; the second had brought nothing new.
  assertEquals(toSeconds(elapsed), 4.002);
});

Deno.test("wait decides by offset and bound together", async () => {
  // Half a round trip is the bound, less than a hundredth of a millisecond aside.
  for (
    const [aheadMs, roundTripMs, within, agreement] of [
      [47, 2, undefined, "within"],
      [60, 2, undefined, "beyond"],
      [-47, 2, undefined, "within"],
      [-60, 2, undefined, "beyond"],
      [90, 18, "100ms", "within"],
      [90, 22, "100ms", "uncertain"],
      [110, 22, "100ms", "uncertain"],
      [110, 18, "100ms", "beyond"],
    ] as const
  ) {
    const network = new FakeNetwork();
    network.serveNtp("192.0.2.1", () => ({}), () => [roundTripMs / 2, roundTripMs / 2])
      .aheadSeconds = aheadMs / 1000;
    const options = { network, timeout: "1s", ...(within !== undefined && { within }) };
    const { agreed, servers } = await network.run(wait(["192.0.2.1"], options));
    assertEquals(
      [agreed, servers.map(({ agreement }) => agreement)],
      [agreement === "within", [agreement]],
      `${aheadMs} ${roundTripMs}`,
    );
  }
});

Deno.test("wait that has no time queries nobody, and agrees with nobody", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  const { agreed, servers, elapsed } = await network.run(
    wait(["192.0.2.1"], { network, timeout: "0s" }),
  );
  assertEquals([agreed, servers], [false, [{ url: server.url, agreement: "unknown" }]]);
  assertEquals([toSeconds(elapsed), server.requests.length], [0, 0]);
});

Deno.test("wait agrees with a real server on this machine", async () => {
  await using server = await serve(["ntp://127.0.0.1:0", "time://127.0.0.1:0"]);
  const urls = server.addresses.map(({ url }) => url);
  assertEquals((await wait(urls, { within: "5s" })).agreed, true);
});

Deno.test("wait needs more than half of all servers, silent ones too", async () => {
  const network = new FakeNetwork();
  const [right, other, wrong, silent] = [1, 2, 3, 4].map((host) => `ntp://192.0.2.${host}:123`);
  for (const url of [right, other, wrong]) {
    network.serveNtp(url ?? "").aheadSeconds = url === wrong ? 60 : 0;
  }
  for (
    const [urls, expected, seconds] of [
      // The second of two that agree is queried 20 ms after the first, and its reply comes 2 ms later.
      [[right, other, wrong], true, 0.022],
      [[wrong, right, silent, other], false, 60],
      [[right, silent], false, 60],
      [[wrong], false, 60],
    ] as const
  ) {
    const given = urls.map((url) => url ?? "");
    const { agreed, elapsed, servers } = await network.run(wait(given, { network }));
    assertEquals([agreed, toSeconds(elapsed)], [expected, seconds], urls.join());
    assertEquals(servers.map(({ url }) => url), given);
  }
});

Deno.test("wait looks a name up again once its addresses are silent", async () => {
  const network = new FakeNetwork();
  network.hosts["time.example"] = ["192.0.2.1"];
  network.serveNtp("192.0.2.2");
  const waiting = wait(["time.example"], { network });
  await network.timers.advance(5000);
  network.hosts["time.example"] = ["192.0.2.2"];
  const { agreed, elapsed } = await network.run(waiting);
  assertEquals([agreed, toSeconds(elapsed)], [true, 6.002]);
});

Deno.test("wait does not call right what its bound leaves open", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", () => ({}), () => [50, 50]);
  const options = { within: "50ms", timeout: "1s", network };
  const { agreed, servers: [one] } = await network.run(wait(["192.0.2.1"], options));
  assertEquals([agreed, one?.agreement], [false, "uncertain"]);
  // A Time server replies with whole seconds: never within less than one.
  await using time = await serve("time://127.0.0.1:0");
  const url = time.addresses[0]?.url ?? "";
  assertEquals((await wait([url], { within: "900ms", timeout: "100ms" })).agreed, false);
});

Deno.test("wait polls eight times in a burst, then every 16 seconds, on loopback quickly", async () => {
  const network = new FakeNetwork();
  const far = network.serveNtp("192.0.2.1", () => ({ leap: 3 }));
  await network.run(wait(["192.0.2.1"], { network }));
  const seconds = far.requests.map(({ atMs }) => atMs / 1000);
  assertEquals(seconds, [0, 2, 4, 6, 8, 10, 12, 14, 30, 46]);
  const near = network.serveNtp("127.0.0.1", () => ({ leap: 3 }));
  await network.run(wait(["127.0.0.1"], { network, timeout: "2s" }));
  assertEquals(near.requests.length, 20);
});

Deno.test("wait queries again after failures, half as often after a KoD RATE, and not after another", async () => {
  const network = new FakeNetwork();
  const late = network.serveNtp(
    "192.0.2.1",
    (count) => count === 1 ? { leap: 3 } : count === 2 ? kissOfDeath("RATE") : {},
  );
  const reasons: (string | undefined)[] = [];
  const { agreed } = await network.run(wait(["192.0.2.1"], {
    network,
    onChange: ({ error }) => reasons.push(error?.reason),
  }));
  assertEquals([agreed, reasons], [true, ["unsynchronized", "kiss_o_death", undefined]]);
  assertEquals(late.requests.map(({ atMs }) => atMs), [0, 2000, 6000]);
  const denying = network.serveNtp("192.0.2.2", () => kissOfDeath("DENY"));
  const denied = await network.run(wait(["192.0.2.2"], { network }));
  assertEquals([denied.agreed, denying.requests.length], [false, 1]);
  assertEquals(toSeconds(denied.elapsed), 0.002);
});

Deno.test("wait refuses what it cannot do, and ends by its signal", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("127.0.0.2");
  const url = "ntp://127.0.0.1";
  await assertRejects(() => wait([]), RangeError, "there is no server to query");
  await assertRejects(() => wait(["asctime://127.0.0.1"]), SyntaxError);
  for (const wrong of ["-1s", "86401s"]) {
    for (const name of ["within", "timeout"]) {
      const options = { [name]: wrong, network };
      const waiting = network.run(wait(["192.0.2.1"], options));
      await assertRejects(() => waiting, RangeError, `wait.${name} is`);
    }
  }
  const stop = new AbortController();
  const { signal } = stop;
  const options = { signal, network, onChange: () => stop.abort() };
  const error = await assertRejects(() => network.run(wait([url], options)), DOMException);
  assertEquals(error, signal.reason);
  const late = await assertRejects(() => network.run(wait(["127.0.0.2"], options)), DOMException);
  assertEquals([late, server.requests.length], [signal.reason, 0]);
  // What is known by then counts.
  const end = new AbortController();
  const { agreed } = await network.run(
    wait(["127.0.0.2"], { network, signal: end.signal, onChange: () => end.abort() }),
  );
  assertEquals(agreed, true);
});

Deno.test("wait gives a server that is named twice one vote", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  const urls = ["192.0.2.1", "ntp://192.0.2.1:123", "192.0.2.2"];
  const { agreed, servers } = await network.run(wait(urls, { network, timeout: "1s" }));
  assertEquals([agreed, servers.map(({ url, agreement }) => [url, agreement])], [false, [
    [server.url, "within"],
    ["ntp://192.0.2.2:123", "unknown"],
  ]]);
  assertEquals(server.requests.length, 1);
});
