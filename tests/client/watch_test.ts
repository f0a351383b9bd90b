import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { serve, watch, type WatchEvent } from "../../mod.ts";
import { FakeNetwork, kissOfDeath } from "../support/fake_network.ts";
import { scriptedServer } from "../support/scripted_server.ts";

/** All events, each by what identifies it. */
function collect(
  network: FakeNetwork,
  events: AsyncIterable<WatchEvent>,
): Promise<unknown[][]> {
  return network.run(
    Array.fromAsync(
      events,
      (event) =>
        event.type === "exchange"
          ? ["exchange", event.error?.reason ?? event.reply?.protocol]
          : event.type === "kiss"
          ? ["kiss", event.code, event.interval?.total("seconds")]
          : event.type === "step"
          ? ["step", event.clock, Math.round(event.step.total("seconds"))]
          : event.type === "gone"
          ? ["gone", event.error.reason]
          : event.type === "back"
          ? ["back", event.after.total("seconds")]
          : [event.type, event.from, event.to],
    ),
  );
}

Deno.test("watch reports a step of a server's clock", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  const seen: unknown[] = [];
  await network.run((async () => {
    for await (const event of watch(["192.0.2.1"], { network, count: 6 })) {
      assertEquals(event.url, server.url);
      seen.push(event.type);
      if (event.type === "step") {
        assertEquals([event.clock, event.step.total("seconds")], ["server", 60]);
        // Half of 2 ms twice, and what the precisions of the clocks add.
        assertEquals(event.errorBound.round("milliseconds").total("milliseconds"), 2);
      }
      if (seen.length === 3) server.aheadSeconds = 60;
    }
  })());
  assertEquals(seen, [...Array(5).fill("exchange"), "step", "exchange"]);
});

Deno.test("watch reports a step of this machine's clock", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  const seen = collect(network, watch(["192.0.2.1"], { network, count: 5 }));
  await network.timers.advance(3000);
  network.timers.aheadMs += 60_000;
  // The server's clock is not set.
  server.aheadSeconds -= 60;
  assertEquals((await seen).filter(([type]) => type !== "exchange"), [["step", "local", -60]]);
});

Deno.test("watch reports changes of stratum and of the leap second", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", (count) => ({
    stratum: count < 3 ? 2 : 3,
    leap: count < 4 ? 0 : 1,
  }));
  assertEquals(await collect(network, watch(["192.0.2.1"], { network, count: 4 })), [
    ["exchange", "ntp"],
    ["exchange", "ntp"],
    ["exchange", "ntp"],
    ["stratum", 2, 3],
    ["exchange", "ntp"],
    ["leap", "none", "insert"],
  ]);
});

Deno.test("watch doubles its interval after each KoD RATE, which is no change of stratum", async () => {
  const network = new FakeNetwork();
  const isKissed = (count: number): boolean => count === 2 || count === 3;
  const server = network.serveNtp(
    "192.0.2.1",
    (count) => isKissed(count) ? kissOfDeath("RATE") : {},
  );
  const options = { network, interval: "5s", count: 5 };
  assertEquals(await collect(network, watch(["192.0.2.1"], options)), [
    ["exchange", "ntp"],
    ["exchange", "kiss_o_death"],
    ["kiss", "RATE", 10],
    ["exchange", "kiss_o_death"],
    ["kiss", "RATE", 20],
    ["exchange", "ntp"],
    ["exchange", "ntp"],
  ]);
  assertEquals(server.requests.map(({ atMs }) => atMs / 1000), [0, 5, 15, 35, 55]);
});

Deno.test("watch does not query a server again that denies service", async () => {
  for (const code of ["DENY", "RSTR"]) {
    const network = new FakeNetwork();
    const server = network.serveNtp("192.0.2.1", () => kissOfDeath(code));
    assertEquals(await collect(network, watch(["192.0.2.1"], { network })), [
      ["exchange", "kiss_o_death"],
      ["kiss", code, undefined],
    ]);
    assertEquals(server.requests.length, 1);
  }
});

Deno.test("watch reports what is lost or refused, and goes on", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1", (count) => count === 2 ? undefined : {});
  const reasons = await collect(network, watch(["192.0.2.1"], { network, count: 3 }));
  assertEquals(reasons, [["exchange", "ntp"], ["exchange", "timeout"], ["exchange", "ntp"]]);
  // Every 2 seconds, and a lost one is not sent again.
  assertEquals(server.requests.map(({ atMs }) => atMs), [0, 2000, 4000]);
  const refused = await collect(network, watch(["127.0.0.1"], { network, count: 2 }));
  assertEquals(refused, Array(2).fill(["exchange", "refused"]));
});

Deno.test("watch queries each server at its interval: 2 s, 1 s on loopback, or as its option says", async () => {
  for (
    const [host, interval, expected] of [
      ["192.0.2.1", undefined, [0, 2000, 4000]],
      ["127.0.0.1", undefined, [0, 1000, 2000]],
      ["192.0.2.1", "1s", [0, 1000, 2000]],
      ["127.0.0.1", "10ms", [0, 10, 20]],
    ] as const
  ) {
    const network = new FakeNetwork();
    const server = network.serveNtp(host);
    const options = { network, count: 3, ...(interval !== undefined && { interval }) };
    await collect(network, watch([host], options));
    assertEquals(server.requests.map(({ atMs }) => atMs), expected);
  }
});

Deno.test("watch states when each request was sent, and puts none off because one is lost", async () => {
  for (
    const [host, options, starts, lostAfter] of [
      ["127.0.0.1", {}, [0, 1, 2, 3], 1],
      ["192.0.2.1", {}, [0, 2, 4, 6], 2],
      ["192.0.2.1", { interval: "1s" }, [0, 1, 2, 3], 1],
      ["127.0.0.1", { interval: "0.5s" }, [0, 1, 1.5, 2], 1],
      ["127.0.0.1", { timeout: "1.5s" }, [0, 1.5, 2.5, 3.5], 1.5],
    ] as const
  ) {
    const network = new FakeNetwork();
    network.serveNtp(host, (count) => count === 1 ? undefined : {});
    const startMs = network.timers.now().epochMilliseconds;
    const sent: number[] = [];
    const ended: number[] = [];
    await network.run((async () => {
      for await (const event of watch([host], { network, count: 4, ...options })) {
        if (event.type !== "exchange") continue;
        sent.push((event.sentAt.epochMilliseconds - startMs) / 1000);
        ended.push((event.at.epochMilliseconds - startMs) / 1000);
      }
    })());
    assertEquals([sent, ended[0]], [starts, lostAfter], `${host} ${JSON.stringify(options)}`);
  }
});

Deno.test("watch finds a server again that has moved to another address of its name", async () => {
  const network = new FakeNetwork();
  network.hosts["time.example"] = ["192.0.2.1"];
  network.serveNtp("192.0.2.1", (count) => count === 1 ? {} : undefined);
  network.serveNtp("192.0.2.2");
  const events = collect(network, watch(["time.example"], { network, count: 5 }));
  await network.timers.advance(3000);
  network.hosts["time.example"] = ["192.0.2.2"];
  assertEquals(await events, [
    ...[["exchange", "ntp"], ["exchange", "timeout"], ["exchange", "timeout"]],
    ...[["exchange", "timeout"], ["gone", "timeout"], ["exchange", "ntp"], ["back", 4.002]],
  ]);
});

Deno.test("watch reports that a server is gone, and that it is back", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", (count) => count < 5 ? undefined : {});
  assertEquals(await collect(network, watch(["192.0.2.1"], { network, count: 5 })), [
    ...[["exchange", "timeout"], ["exchange", "timeout"], ["exchange", "timeout"]],
    ...[["gone", "timeout"], ["exchange", "timeout"], ["exchange", "ntp"], ["back", 6.002]],
  ]);
});

Deno.test("watch queries several servers side by side, a silent one too", async () => {
  await using silent = scriptedServer(() => {});
  await using server = await serve(["time://127.0.0.1:0", "daytime://127.0.0.1:0"]);
  const urls = [silent.url, ...server.addresses.map(({ url }) => url)];
  const exchanges = new Map(urls.map((url) => [url, 0]));
  for await (const { url } of watch(urls, { interval: "20ms", timeout: "60s" })) {
    exchanges.set(url, (exchanges.get(url) ?? 0) + 1);
    const [, ...others] = [...exchanges.values()];
    if (others.every((count) => count >= 3)) break;
  }
  assertEquals(exchanges.get(silent.url), 0);
});

Deno.test("watch ends when its signal aborts, while it waits for its turn or for a reply", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1");
  const silent = network.serveNtp("192.0.2.2", () => {
    controller.abort();
    return undefined;
  });
  let controller = new AbortController();
  const waiting = watch(["192.0.2.1"], { network, interval: "3600s", signal: controller.signal });
  await network.run((async () => {
    for await (const event of waiting) {
      assertEquals(event.type, "exchange");
      controller.abort();
    }
  })());
  controller = new AbortController();
  const { signal } = controller;
  const lost = watch(["192.0.2.2"], { network, timeout: "60s", signal });
  assertEquals(await collect(network, lost), []);
  const ended = watch(["192.0.2.2"], { network, signal: AbortSignal.abort() });
  assertEquals(await collect(network, ended), []);
  assertEquals([silent.requests.length, network.timers.monotonicMs()], [1, 3]);
});

Deno.test("watch refuses what makes no sense", async () => {
  const url = "ntp://127.0.0.1";
  assertThrows(() => watch([]), RangeError, "no URL");
  assertThrows(() => watch(["nonsense://host"]), SyntaxError, "nonsense");
  for (const interval of ["0s", "-1s", "86401s"]) {
    assertThrows(() => watch([url], { interval }), RangeError, "interval is");
  }
  for (const timeout of ["0s", "60.001s"]) {
    assertThrows(() => watch([url], { timeout }), RangeError, "timeout is");
  }
  for (const count of [0, 1.5, NaN]) {
    assertThrows(() => watch([url], { count }), RangeError, "count is");
  }
  // The ends of each range.
  watch([url], { interval: "86400s", timeout: "60s", count: 1 });
  assertThrows(
    () => watch(["ntp://time.example"], { interval: "500ms" }),
    RangeError,
    "only a loopback address",
  );
  const network = new FakeNetwork();
  const unknown = watch(["nosuch.invalid"], { network, count: 1 });
  assertEquals(await collect(network, unknown), [["exchange", "unknown_host"]]);
});

Deno.test({
  name: "watch throws if it may not reach a server",
  permissions: { net: false },
  async fn(): Promise<void> {
    const events = watch(["127.0.0.1:9"], { count: 1 });
    await assertRejects(() => events.next(), Deno.errors.NotCapable);
  },
});
