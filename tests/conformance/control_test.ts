/** The control interface, on every transport: what it changes is what clients see. */
import { assert, assertEquals } from "@std/assert";
import { serve } from "../../mod.ts";
import type { ClientList, ClientState } from "../../src/client/control_api.ts";
import { parseSnakeJson } from "../../src/text/json.ts";
import { ask } from "../server/http/http.ts";
import { UdpClient } from "../support/udp_client.ts";
import { poll, until } from "../support/wait.ts";
import { eachWay } from "./transports.ts";
import { queryOnce } from "../support/query_once.ts";

const control = "127.0.0.1:0";

const byAddress = (a: ClientState, b: ClientState): number =>
  a.requests - b.requests || (a.address < b.address ? -1 : 1);

(await eachWay("a change by control is served at once, in every protocol", async (way) => {
  const urls = ["ntp://127.0.0.1:0", "asctime://127.0.0.1:0", "time://127.0.0.1:0"];
  await using server = await serve(urls, { ...way, control, utc: true });
  const [ntp, asctime, time] = server.addresses.map(({ url }) => url);
  for (const year of [2036, 2090, 1999, 2038]) {
    const body = { time: `${year}-02-03T04:05:06Z`, freeze: true };
    assertEquals((await ask(server, "PATCH", "/clock", { body })).status, 200);
    // Each from another port, so that every thread is asked.
    for (let i = 0; i < 8; i++) {
      const { serverReceivedAt } = await queryOnce(ntp as `ntp://${string}`);
      assertEquals(serverReceivedAt.epochMilliseconds, Date.UTC(year, 1, 3, 4, 5, 6));
    }
    assert((await queryOnce(asctime ?? "")).text.endsWith(`04:05:06 ${year}`));
    assertEquals((await queryOnce(time ?? "")).text, `${year}-02-03T04:05:06Z`);
  }
})).forEach((test) => Deno.test(test));

/** A client whose port is not that of a text service, which gets no reply. */
function clientApart(hostname: string, port: number | undefined): UdpClient {
  const client = new UdpClient(hostname);
  if (client.address.port !== port) return client;
  using _same = client;
  return new UdpClient(hostname);
}

(await eachWay("every client is listed, with how each of its requests ended", async (way) => {
  const access = { deny: ["127.1.0.0/24"], denyAction: "kod" } as const;
  const rateLimit = { perSecond: 1e-3, burst: 2 };
  const urls = ["ntp://127.0.0.1:0", "asctime://127.0.0.1:0"];
  await using server = await serve(urls, { ...way, control, access, rateLimit });
  const [ntp, asctime] = server.addresses;
  const request = new Uint8Array(48);
  request[0] = 0x1b;
  const text = new TextEncoder().encode("Time request");
  const asked = 600;
  for (let i = 0; i < asked; i++) {
    // All of 127.0.0.0/8 is this machine.
    using client = clientApart(`127.1.${i >> 8}.${i & 255}`, asctime?.port);
    await client.ask(request, ntp);
  }
  const read = async (query: string): Promise<ClientList> =>
    parseSnakeJson(
      JSON.stringify((await ask(server, "GET", `/clients${query}`)).body),
    ) as ClientList;
  const all = await read("?sort=address");
  const lists = way.transport === "mmsg" ? way.workers ?? 1 : 1;
  assertEquals([all.total, all.dropped, all.unlisted, all.capacity], [
    ...[asked, 0, 0],
    lists * 65_536,
  ]);
  assertEquals(all.clients.length, asked);
  for (const [i, client] of all.clients.entries()) {
    const { address, port: _port, firstSeen, lastSeen, ...rest } = client;
    const isDenied = i < 256;
    assertEquals([address, firstSeen], [`127.1.${i >> 8}.${i & 255}`, lastSeen]);
    assert(Math.abs(Date.parse(lastSeen) - Date.now()) < 60_000, lastSeen);
    assertEquals({ ...rest, rate: 0 }, {
      ...{ protocol: "ntp", version: 3, requests: 1, rate: 0, interval: null },
      ...{
        answered: isDenied ? 0 : 1,
        kisses: isDenied ? 1 : 0,
        denied: 0,
        limited: 0,
        refused: 0,
      },
    });
  }
  const [page] = (await read("?sort=address&skip=599&limit=5")).clients;
  assertEquals(page?.address, "127.1.2.87");
  // Denied text gets no KoD; the burst of another is over after two; an empty NTP request is malformed.
  using denied = new UdpClient("127.1.0.9");
  using quick = new UdpClient("127.1.2.9");
  using wrong = new UdpClient("127.1.2.10");
  await denied.send(text, asctime);
  for (let i = 0; i < 60; i++) await quick.send(text, asctime);
  await wrong.send(new Uint8Array(), ntp);
  const found = await poll(
    10,
    async () => (await read("?sort=last&limit=3")).clients.toSorted(byAddress),
    (clients) => clients.map(({ requests }) => requests).join() === "2,2,61",
    100,
  );
  const [ofDenied, ofWrong, ofQuick] = found;
  assertEquals([ofDenied?.kisses, ofDenied?.denied, ofDenied?.protocol], [1, 1, "asctime"]);
  assertEquals([ofWrong?.answered, ofWrong?.refused, ofWrong?.version], [1, 1, null]);
  const { answered = 0, limited = 0 } = ofQuick ?? {};
  // An eighth of what is over the limit passes all the same.
  assert(answered >= 2 && answered < 40, `${answered}`);
  assertEquals(limited, 61 - answered);
  const { refused, kisses } = server.totals;
  assertEquals([refused.denied, refused.malformed, refused.rate_limited], [1, 1, limited]);
  assertEquals([kisses, server.totals.answered], [256, 600 - 256 + answered - 1]);
})).forEach((test) => Deno.test(test));

(await eachWay("a scenario is started by control, and reset", async (way) => {
  await using server = await serve("ntp://127.0.0.1:0", { ...way, control, rateLimit: "off" });
  const ntp = `ntp://127.0.0.1:${server.addresses[0]?.port}` as const;
  const load = async (body: unknown): Promise<number> =>
    (await ask(server, "POST", "/scenario", { body })).status;
  assertEquals(await load({ name: "falseticker" }), 200);
  const false5 = await queryOnce(ntp);
  assertEquals([false5.stratum, false5.referenceId], [1, "GPS"]);
  assert(Math.abs(false5.offset.total("seconds") - 5) < 1);
  assertEquals(await load({ name: "unsynchronized" }), 200);
  const unsynchronized = await queryOnce(ntp);
  assertEquals([unsynchronized.leap, unsynchronized.stratum], ["unsynchronized", 0]);
  const own = { clock: { time: "2036-02-07T06:28:16Z", freeze: true }, status: { stratum: 4 } };
  assertEquals(await load(own), 200);
  const seen = await queryOnce(ntp);
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
    const { serverReceivedAt: { epochMilliseconds }, stratum } = await queryOnce(ntp);
    const same = [seen.serverReceivedAt.epochMilliseconds, 4];
    assertEquals([epochMilliseconds, stratum], same, JSON.stringify(wrong));
  }
  assertEquals((await ask(server, "POST", "/reset", { body: {} })).status, 200);
  const after = await queryOnce(ntp);
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

(await eachWay("access that is changed by control holds in every thread at once", async (way) => {
  await using server = await serve("ntp://127.0.0.1:0", { ...way, control, rateLimit: "off" });
  const request = new Uint8Array(48);
  request[0] = 0x23;
  const change = async (body: unknown): Promise<number> =>
    (await ask(server, "PATCH", "/access", { body })).status;
  const [address] = server.addresses;
  let denied = 0;
  for (
    const [body, expected] of [
      [{ deny: ["127.0.0.0/8"], deny_action: "kod" }, "KoD"],
      [{ allow: ["127.0.0.1"] }, "time"],
      [{ deny: ["127.0.0.1"], deny_action: "drop" }, "none"],
      [{ allow: ["127.0.0.0/8", "127.0.0.1"] }, "time"],
    ] as const
  ) {
    assertEquals(await change(body), 200);
    // Each from another port, so that every thread is asked.
    for (let i = 0; i < 8; i++) {
      using client = new UdpClient();
      await client.send(request, address);
      if (expected === "none") await until(() => server.totals.refused.denied > denied);
      else {
        const { octets } = await client.receive();
        assertEquals(octets[1] === 0 ? "KoD" : "time", expected, JSON.stringify(body));
      }
      denied = server.totals.refused.denied;
    }
  }
  assertEquals(denied, 8);
})).forEach((test) => Deno.test(test));

(await eachWay(
  "a control interface that is read-only shows all and changes nothing",
  async (way) => {
    const options = { ...way, control, controlReadOnly: true };
    await using server = await serve("ntp://127.0.0.1:0", options);
    await queryOnce(server.url);
    const { body } = await ask(server, "GET", "/state");
    assertEquals([body.transport, body.listeners[0].faults], [way.transport, undefined]);
    assertEquals((await ask(server, "GET", "/clients")).body.clients[0].address, "127.0.0.1");
    for (
      const [method, path, body] of [
        ["PATCH", "/clock", { offset: "1h" }],
        ["PATCH", "/access", { deny: ["all"] }],
        ["PUT", "/faults", { drop: 1 }],
        ["DELETE", "/faults", undefined],
        ["POST", "/scenario", { name: "y2038" }],
        ["POST", "/reset", undefined],
      ] as const
    ) {
      const { status, body: answer } = await ask(server, method, path, { body });
      assertEquals(
        [status, answer.error],
        [403, "This control interface changes nothing: it is read-only"],
        path,
      );
    }
    await queryOnce(server.url);
  },
)).forEach((test) => Deno.test(test));
