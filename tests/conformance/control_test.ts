/** The control interface, on every transport: what it changes is what clients see. */
import { assert, assertEquals } from "@std/assert";
import { query, serve } from "../../mod.ts";
import { ask } from "../server/http/http.ts";
import { UdpClient } from "../support/udp_client.ts";
import { poll } from "../support/wait.ts";
import { eachWay } from "./transports.ts";

const control = "127.0.0.1:0";

(await eachWay("a change by control is served at once, in every protocol", async (way) => {
  const urls = ["ntp://127.0.0.1:0", "asctime://127.0.0.1:0", "time://127.0.0.1:0"];
  await using server = await serve(urls, { ...way, control, utc: true });
  const [ntp, asctime, time] = server.addresses.map(({ url }) => url);
  for (const year of [2036, 2090, 1999, 2038]) {
    const body = { time: `${year}-02-03T04:05:06Z`, freeze: true };
    assertEquals((await ask(server, "PATCH", "/clock", { body })).status, 200);
    // Each from another port, so that every thread is asked.
    for (let i = 0; i < 8; i++) {
      const { serverReceivedAt } = await query(ntp as `ntp://${string}`);
      assertEquals(serverReceivedAt.epochMilliseconds, Date.UTC(year, 1, 3, 4, 5, 6));
    }
    assert((await query(asctime ?? "")).text.endsWith(`04:05:06 ${year}`));
    assertEquals((await query(time ?? "")).text, `${year}-02-03T04:05:06Z`);
  }
})).forEach((test) => Deno.test(test));

(await eachWay(
  "the list of clients is bounded, and counts the requests that it leaves out",
  async (way) => {
    await using server = await serve("ntp://127.0.0.1:0", { ...way, control, rateLimit: "off" });
    const asked = 600;
    const request = new Uint8Array(48);
    request[0] = 0x23;
    for (let i = 0; i < asked; i++) {
      // All of 127.0.0.0/8 is this machine.
      using client = new UdpClient(`127.1.${i >> 8}.${i & 255}`);
      await client.ask(request, server.addresses[0]);
    }
    const clients = async (): Promise<{ clients: unknown[]; untold: number }> =>
      (await ask(server, "GET", "/clients")).body;
    // The threads' own counts come once a second.
    const isSample = way.transport === "mmsg";
    const counted = ({ clients, untold }: { clients: unknown[]; untold: number }): number =>
      isSample ? clients.length + untold : asked;
    const { clients: listed, untold } = await poll(
      10,
      clients,
      (each) => counted(each) >= asked,
      100,
    );
    if (isSample) {
      // Twenty per second and thread, each of another client.
      assertEquals(listed.length + untold, asked);
      assert(listed.length >= 20 && listed.length < asked, `${listed.length}`);
    } else assertEquals([listed.length, untold], [256, 0]);
  },
)).forEach((test) => Deno.test(test));

(await eachWay("a scenario is started by control, and reset", async (way) => {
  await using server = await serve("ntp://127.0.0.1:0", { ...way, control, rateLimit: "off" });
  const ntp = `ntp://127.0.0.1:${server.addresses[0]?.port}` as const;
  const load = async (body: unknown): Promise<number> =>
    (await ask(server, "POST", "/scenario", { body })).status;
  assertEquals(await load({ name: "falseticker" }), 200);
  const false5 = await query(ntp);
  assertEquals([false5.stratum, false5.referenceId], [1, "GPS"]);
  assert(Math.abs(false5.offset.total("seconds") - 5) < 1);
  assertEquals(await load({ name: "unsynchronized" }), 200);
  const unsynchronized = await query(ntp);
  assertEquals([unsynchronized.leap, unsynchronized.stratum], ["unsynchronized", 0]);
  const own = { clock: { time: "2036-02-07T06:28:16Z", freeze: true }, status: { stratum: 4 } };
  assertEquals(await load(own), 200);
  const seen = await query(ntp);
  assertEquals([seen.serverReceivedAt.epochMilliseconds, seen.stratum, seen.leap], [
    Date.UTC(2036, 1, 7, 6, 28, 16),
    4,
    "none",
  ]);
  // What is wrong in any part of it changes nothing.
  for (
    const wrong of [
      { name: "y2039" },
      { clock: { rate: "fast" } },
      { clock: { freeze: false }, status: { stratum: 99 } },
      { clock: { freeze: false }, faults: { dorp: 1 } },
      { clok: {} },
      [],
    ]
  ) {
    assert(await load(wrong) >= 400, JSON.stringify(wrong));
    const { serverReceivedAt: { epochMilliseconds }, stratum } = await query(ntp);
    const same = [seen.serverReceivedAt.epochMilliseconds, 4];
    assertEquals([epochMilliseconds, stratum], same, JSON.stringify(wrong));
  }
  assertEquals((await ask(server, "POST", "/reset", { body: {} })).status, 200);
  const after = await query(ntp);
  assertEquals(after.stratum, 10);
  assert(Math.abs(after.offset.total("seconds")) < 1);
})).forEach((test) => Deno.test(test));

(await eachWay("a listener with a clock or faults of its own is reset alone", async (way) => {
  const urls = ["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?offset=+1h"];
  await using server = await serve(urls, { ...way, control });
  const [shared = 0, own = 0] = await Promise.all(server.addresses.map(async ({ url }) => {
    const path = `/reset?listener=${encodeURIComponent(url)}`;
    return (await ask(server, "POST", path)).status;
  }));
  // Without faults, as on mmsg, it has nothing but the server's clock.
  assertEquals([shared, own], [way.transport === "mmsg" ? 409 : 200, 200]);
})).forEach((test) => Deno.test(test));
