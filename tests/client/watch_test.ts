import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { serve, watch, type WatchEvent } from "../../mod.ts";
import type { NtpPacket } from "../../src/protocols/ntp/packet.ts";
import { ntpReply, type ScriptedServer, scriptedServer } from "../support/scripted_server.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";

const quick = { interval: 0.02, timeout: 10 } as const;

/** An NTP server whose n-th reply, from 1 on, has certain fields. */
function ntpPeer(fieldsOf: (count: number) => Partial<NtpPacket>): ScriptedServer {
  return scriptedServer(
    (socket, from, count, octets) => socket.send(ntpReply(octets, fieldsOf(count)), from),
    "ntp",
  );
}

const kiss = (code: string): Partial<NtpPacket> => ({
  stratum: 0,
  leap: 3,
  referenceId: [...code].reduce((id, letter) => id * 256 + letter.charCodeAt(0), 0),
});

/** All events, as what tells them from each other. */
async function collect(events: AsyncIterable<WatchEvent>): Promise<unknown[][]> {
  const seen: unknown[][] = [];
  for await (const event of events) {
    seen.push(
      event.type === "exchange"
        ? ["exchange", event.error?.reason ?? event.reply?.protocol]
        : event.type === "kiss"
        ? ["kiss", event.code, event.interval]
        : event.type === "step"
        ? ["step", event.clock, Math.round(event.step.total("seconds"))]
        : event.type === "gone"
        ? ["gone", event.error.reason]
        : event.type === "back"
        ? ["back"]
        : [event.type, event.from, event.to],
    );
  }
  return seen;
}

Deno.test("watch reports a step of a server's clock", async () => {
  const clock = simulatedClock(0);
  await using server = await serve("ntp://127.0.0.1:0", { clock });
  const url = server.addresses[0]?.url ?? "";
  const seen: unknown[] = [];
  for await (const event of watch([url], { ...quick, count: 6 })) {
    assertEquals(event.url, url);
    seen.push(event.type);
    if (event.type === "step") {
      assertEquals([event.clock, Math.round(event.step.total("seconds"))], ["server", 60]);
      assert(event.errorBound.total("seconds") < 30);
    }
    if (seen.length === 3) clock.aheadSeconds = 60;
  }
  assertEquals(seen.toSorted(), [...Array(6).fill("exchange"), "step"]);
  assert(seen.indexOf("step") >= 4, "it came before its cause");
});

Deno.test("watch reports changes of stratum and of the leap second", async () => {
  await using server = ntpPeer((count) => ({
    stratum: count < 3 ? 2 : 3,
    leap: count < 4 ? 0 : 1,
  }));
  assertEquals(await collect(watch([server.url], { ...quick, count: 4 })), [
    ["exchange", "ntp"],
    ["exchange", "ntp"],
    ["exchange", "ntp"],
    ["stratum", 2, 3],
    ["exchange", "ntp"],
    ["leap", "none", "insert"],
  ]);
});

Deno.test("watch asks half as often after each kiss RATE, which is no change of stratum", async () => {
  await using server = ntpPeer((count) => count === 2 || count === 3 ? kiss("RATE") : {});
  assertEquals(await collect(watch([server.url], { ...quick, count: 4 })), [
    ["exchange", "ntp"],
    ["exchange", "kiss-o-death"],
    ["kiss", "RATE", 0.04],
    ["exchange", "kiss-o-death"],
    ["kiss", "RATE", 0.08],
    ["exchange", "ntp"],
  ]);
});

Deno.test("watch does not ask a server again that denies service", async () => {
  for (const code of ["DENY", "RSTR"]) {
    await using server = ntpPeer(() => kiss(code));
    assertEquals(await collect(watch([server.url], quick)), [
      ["exchange", "kiss-o-death"],
      ["kiss", code, undefined],
    ]);
    assertEquals(server.requests.length, 1);
  }
});

Deno.test("watch reports what is lost or refused, and goes on", async () => {
  await using server = scriptedServer(
    (socket, from, count, octets) => count === 2 ? undefined : socket.send(ntpReply(octets), from),
    "ntp",
  );
  const options = { interval: 0.02, timeout: 0.5, count: 3 };
  const reasons = await collect(watch([server.url], options));
  assertEquals(reasons, [["exchange", "ntp"], ["exchange", "timeout"], ["exchange", "ntp"]]);
  const refused = await collect(watch([`127.0.0.1:${freePort()}`], { ...options, count: 2 }));
  assertEquals(refused, Array(2).fill(["exchange", "refused"]));
});

Deno.test("watch tells that a server is gone, and that it is back", async () => {
  await using server = scriptedServer(
    (socket, from, count, octets) => count < 5 ? undefined : socket.send(ntpReply(octets), from),
    "ntp",
  );
  assertEquals(await collect(watch([server.url], { interval: 0.02, timeout: 0.1, count: 5 })), [
    ...[["exchange", "timeout"], ["exchange", "timeout"], ["exchange", "timeout"]],
    ...[["gone", "timeout"], ["exchange", "timeout"], ["exchange", "ntp"], ["back"]],
  ]);
});

Deno.test("watch asks several servers side by side, a silent one too", async () => {
  await using silent = scriptedServer(() => {});
  await using server = await serve(["time://127.0.0.1:0", "daytime://127.0.0.1:0"]);
  const urls = [silent.url, ...server.addresses.map(({ url }) => url)];
  const asked = new Map(urls.map((url) => [url, 0]));
  for await (const { url } of watch(urls, { ...quick, timeout: 60 })) {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    const [, ...others] = [...asked.values()];
    if (others.every((count) => count >= 3)) break;
  }
  assertEquals(asked.get(silent.url), 0);
});

Deno.test("watch keeps to the address that a name had", async () => {
  await using server = scriptedServer((socket, from) =>
    socket.send(new TextEncoder().encode("Fri Apr  3 21:09:36 2020"), from)
  );
  const url = server.url.replace("127.0.0.1", "localhost");
  const seen: unknown[] = [];
  for await (const event of watch([url], { ...quick, count: 2 })) {
    if (event.type === "exchange") seen.push([event.url, event.reply?.url]);
  }
  assertEquals(seen, [[url, url], [url, url]]);
});

Deno.test("watch sends nothing while nobody looks", async () => {
  await using server = ntpPeer(() => ({}));
  const events = watch([server.url], { interval: 0.01 });
  await events.next();
  // Meanwhile others ask as often.
  await collect(watch([server.url], { interval: 0.01, count: 9 }));
  assertEquals(server.requests.length, 1 + 9);
  await events.return?.();
});

Deno.test("watch ends when its signal aborts, while it waits for its turn or for a reply", async () => {
  await using server = ntpPeer(() => ({}));
  await using silent = scriptedServer(() => controller.abort(), "ntp");
  let controller = new AbortController();
  for await (const event of watch([server.url], { interval: 3600, signal: controller.signal })) {
    assertEquals(event.type, "exchange");
    controller.abort();
  }
  controller = new AbortController();
  assertEquals(await collect(watch([silent.url], { timeout: 60, signal: controller.signal })), []);
  assertEquals(await collect(watch([silent.url], { signal: AbortSignal.abort() })), []);
  assertEquals(silent.requests.length, 1);
});

Deno.test("watch refuses what makes no sense", async () => {
  const url = "ntp://127.0.0.1";
  assertThrows(() => watch([]), RangeError, "no URL");
  assertThrows(() => watch(["nonsense://host"]), SyntaxError, "nonsense");
  for (const interval of [0, -1, NaN, Infinity, 86_401]) {
    assertThrows(() => watch([url], { interval }), RangeError, "interval");
  }
  for (const timeout of [0, 61, NaN]) assertThrows(() => watch([url], { timeout }), RangeError);
  for (const count of [0, 1.5, NaN]) assertThrows(() => watch([url], { count }), RangeError);
  assertThrows(
    () => watch(["ntp://time.example"], { interval: 0.5 }),
    RangeError,
    "only a loopback address",
  );
  assertEquals((await collect(watch(["nosuch.invalid"], { count: 1 })))[0]?.[1], "unknown-host");
});

Deno.test({
  name: "watch throws if it may not reach a server",
  permissions: { net: false },
  async fn(): Promise<void> {
    const events = watch(["127.0.0.1:9"], { count: 1 });
    await assertRejects(() => events.next(), Deno.errors.NotCapable);
  },
});
