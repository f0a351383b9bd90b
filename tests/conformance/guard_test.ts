/** Who is answered, and how often. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type GuardOptions, QueryError, serve, type Server, validate } from "../../mod.ts";
import { decodeNtpPacket, field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { UdpClient } from "../support/udp_client.ts";
import { until } from "../support/wait.ts";
import { accountedFor, eachWay, settled, type Way } from "./transports.ts";
import { queryOnce } from "../support/query_once.ts";

function ntpRequest(mode = 3): Uint8Array {
  const octets = new Uint8Array(NTP_HEADER_LENGTH);
  octets[field.flags] = 4 << 3 | mode;
  octets.set([1, 2, 3, 4, 5, 6, 7, 8], field.transmitTimestamp);
  return octets;
}

const text = new TextEncoder().encode("Time request");

(await eachWay("denied clients get no reply, and allowed clients do", async (way) => {
  await using server = await serve("auto://127.0.0.1:0", {
    ...way,
    access: { allow: ["127.0.0.0/8"], deny: ["127.0.77.0/24"] },
  });
  const [address] = server.addresses;
  using friend = new UdpClient("127.0.76.1");
  using stranger = new UdpClient("127.0.77.1");
  for (const request of [text, ntpRequest()]) {
    await stranger.send(request, address);
    await friend.ask(request, address);
  }
  assertEquals(await settled(server, 4), { answered: 2, denied: 2 });
})).forEach((test) => Deno.test(test));

(await eachWay("a KoD DENY goes to denied NTP clients alone", async (way) => {
  await using server = await serve("auto://127.0.0.1:0", {
    ...way,
    access: { deny: ["all"], denyAction: "kod" },
  });
  const [address] = server.addresses;
  using client = new UdpClient();
  for (const request of [text, new Uint8Array(48), ntpRequest(4), ntpRequest().subarray(1)]) {
    await client.send(request, address);
  }
  for (const [asked, answered] of [[3, 4], [1, 2]]) {
    const kiss = decodeNtpPacket(await client.ask(ntpRequest(asked), address));
    assertEquals([kiss.leap, kiss.version, kiss.mode, kiss.stratum], [3, 4, answered, 0]);
    assertEquals(kiss.referenceId, 0x44454e59, "DENY");
    assertEquals(kiss.originTimestamp, 0x0102030405060708n);
    assertEquals(kiss.receiveTimestamp, kiss.originTimestamp);
    assertEquals(kiss.transmitTimestamp, kiss.originTimestamp);
  }
  const reply = await queryOnce(`ntp://127.0.0.1:${address?.port}`);
  const error = assertThrows(() => validate(reply), QueryError);
  assertEquals(error.reason, "kiss_o_death");
  assertEquals(await settled(server, 7), { answered: 0, denied: 4 });
  assertEquals(server.totals.kisses, 3);
})).forEach((test) => Deno.test(test));

/** Sends requests from four sources, several ports each, and waits until the server has handled them. */
async function askOften(server: Server, each: number): Promise<void> {
  const ports = 8;
  let sent = 0;
  for (let source = 1; source <= 4; source++) {
    for (let port = 0; port < ports; port++) {
      using client = new UdpClient(`127.0.7.${source}`);
      for (let i = 0; i < each / ports; i++) await client.send(ntpRequest(), server.addresses[0]);
      sent += each / ports;
      // So few at a time that no queue overflows.
      await until(() => accountedFor(server) === sent);
    }
  }
}

function limited(way: Way, rateLimit: GuardOptions["rateLimit"]): Promise<Server> {
  return serve("ntp://127.0.0.1:0", { ...way, rateLimit, status: { source: "fixed" } });
}

(await eachWay(
  "a source over its rate limit gets its burst, and then one reply in eight",
  async (way) => {
    await using server = await limited(way, { perSecond: 1e-6, burst: 5 });
    await askOften(server, 120);
    const { answered, refused, kisses } = server.totals;
    assertEquals(answered + refused["rate_limited"], 480);
    // 460 beyond the burst: 57.5 expected, within six times the standard deviation of 7.1.
    assert(Math.abs(answered - 20 - 57.5) < 43, `${answered}`);
    assertEquals(kisses, 0);
  },
)).forEach((test) => Deno.test(test));

(await eachWay("a rate limit counts fractions of a second", async (way) => {
  await using server = await limited(way, { perSecond: 10, burst: 1 });
  using client = new UdpClient();
  for (let i = 1; i <= 3; i++) {
    await client.send(ntpRequest(), server.addresses[0]);
    assertEquals(await settled(server, i), { answered: i });
    // The limit counts real time, of the kernel's stamps where there are any.
    await new Promise((resolve) => setTimeout(resolve, 130));
  }
})).forEach((test) => Deno.test(test));

(await eachWay("a KoD RATE goes once per minute to NTP clients over their limit", async (way) => {
  await using server = await limited(way, { perSecond: 1e-6, burst: 5, kod: 1 });
  await askOften(server, 40);
  const { answered, refused, kisses } = server.totals;
  assertEquals(answered + kisses + refused["rate_limited"], 160);
  // One per minute and source, of which there are four; two if a minute ends meanwhile.
  assert(kisses >= 4 && kisses <= 8, `${kisses}`);
})).forEach((test) => Deno.test(test));

(await eachWay("clients of this machine are limited only on request", async (way) => {
  for (const rateLimit of [undefined, "off", { kod: 1, ipv4Prefix: 8 }] as const) {
    await using server = await limited(way, rateLimit);
    await askOften(server, 200);
    assertEquals(await settled(server, 800), { answered: 800 });
  }
})).forEach((test) => Deno.test(test));

(await eachWay("datagrams from a port of the server's own services are refused", async (way) => {
  await using server = await serve(["asctime://127.0.0.1:0", "ntp://127.0.0.1:0"], way);
  const [asctime, ntp] = server.addresses;
  using service = new UdpClient("127.0.77.98", asctime?.port);
  using peer = new UdpClient("127.0.77.98", ntp?.port);
  for (const to of server.addresses) await service.send(ntpRequest(), to);
  for (const to of server.addresses) await peer.ask(ntpRequest(), to);
  assertEquals(await settled(server, 4), { answered: 2, "source_port": 2 });
})).forEach((test) => Deno.test(test));
