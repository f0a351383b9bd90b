/** What is not answered, and the cause that each silence is counted under. */
import { assertEquals } from "@std/assert";
import type { RefusalCause } from "../../src/protocols/mod.ts";
import { type ClockOptions, serve, type Server } from "../../mod.ts";
import { field } from "../../src/protocols/ntp/packet.ts";
import { UdpClient } from "../support/udp_client.ts";
import { eachWay, settled } from "./transports.ts";

/** An NTP packet: a first octet, then zeros, and what follows the header. */
function ntp(flags: number, trailer: readonly number[] = []): Uint8Array {
  return new Uint8Array([flags, ...new Array(47).fill(0), ...trailer]);
}

/** A client's request of a version. */
const request = (version: number): number => version << 3 | 3;

/** A key identifier and a digest. */
const mac = (length: number): number[] => new Array(length).fill(1);

/** Type and length of an extension field of 32 octets, and what it holds. */
const extension = (type: number): number[] => [type >> 8, type & 255, 0, 32, ...mac(28)];

const asctime = new TextEncoder().encode("Fri Apr  3 21:09:36 2020");
const daytime = new TextEncoder().encode("Fri Apr  3 21:09:36 2020\r\n");

/** A reply of the Time protocol of this moment. */
function time(): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, Math.floor(Date.now() / 1000) + 2_208_988_800);
  return octets;
}

/** A server's reply in NTP, which left some time after its request had come. */
function ntpReply(): Uint8Array {
  const octets = ntp(0x24);
  octets[field.receiveTimestamp] = octets[field.transmitTimestamp] = 0xee;
  octets[field.transmitTimestamp + 7] = 1;
  return octets;
}

const answers = [asctime, daytime, time(), ntpReply()];

const cases: readonly (readonly [scheme: string, cause: RefusalCause, Uint8Array[]])[] = [
  ["asctime", "looks_like_a_reply", answers],
  ["daytime", "looks_like_a_reply", answers],
  ["time", "looks_like_a_reply", answers],
  ["auto", "looks_like_a_reply", [...answers, ntp(0x24), ntp(0x25)]],
  ["auto", "mode", [ntp(0x26), ntp(0x27)]],
  ["auto", "authentication", [ntp(request(4), mac(20))]],
  ["ntp", "malformed", [
    ...[0, 1, 47, 49, 2047].map((length) => new Uint8Array(length).fill(0x23)),
    // An extension field longer than the packet; one cut at the 2048 octets that are looked at.
    ntp(request(4), [0x2f, 0xff, 0, 64, ...mac(28)]),
    ntp(request(4), [0x2f, 0xff, 0xff, 0x9c, ...new Array(65_432).fill(0)]),
  ]],
  ["ntp", "version", [ntp(request(0)), ntp(request(5)), ntp(request(7)), new Uint8Array(2049)]],
  ["ntp", "mode", [0, 2, 4, 5, 6, 7].map((mode) => ntp(0x20 | mode))],
  ["ntp", "authentication", [
    ntp(request(4), mac(20)),
    ntp(request(4), mac(24)),
    ntp(request(4), [0, 0, 0, 0]),
    ntp(request(4), extension(0x0204)),
    ntp(request(3), mac(20)),
    ntp(request(1), mac(12)),
  ]],
];

(await eachWay("each cause of a refusal is counted, and nothing is sent", async (way) => {
  for (const [scheme, cause, datagrams] of cases) {
    await using server = await serve(`${scheme}://127.0.0.1:0`, way);
    using client = new UdpClient();
    const [address] = server.addresses;
    for (const octets of datagrams) await client.send(octets, address);
    const { length } = datagrams;
    assertEquals(await settled(server, length), { answered: 0, [cause]: length }, scheme);
    // What comes first is the reply to what was asked last.
    const valid = ntp(request(4));
    valid[47] = 77;
    const reply = await client.ask(valid, address);
    if (scheme === "ntp") assertEquals(reply[31], 77);
    assertEquals(await settled(server, length + 1), { answered: 1, [cause]: length }, scheme);
  }
})).forEach((test) => Deno.test(test));

(await eachWay("a clock that is not synchronised keeps Daytime and Time silent", async (way) => {
  const urls = ["daytime", "time", "asctime", "ntp"].map((scheme) => `${scheme}://127.0.0.1:0`);
  await using server = await serve(urls, { ...way, status: { unsynchronized: true } });
  using client = new UdpClient();
  const [first, second, third, fourth] = server.addresses;
  for (const silent of [first, second]) await client.send(new Uint8Array(1), silent);
  // Text has the time alone; NTP has the status too.
  assertEquals((await client.ask(new Uint8Array(1), third)).length, 24);
  const [flags = 0, stratum] = await client.ask(ntp(request(4)), fourth);
  assertEquals([flags >> 6, stratum], [3, 0]);
  assertEquals(await settled(server, 4), { answered: 2, unsynchronized: 2 });
})).forEach((test) => Deno.test(test));

(await eachWay("two servers pointed at each other by a forger fall silent", async (way) => {
  const schemes = ["asctime", "daytime", "time", "auto"];
  const urls = schemes.map((scheme) => `${scheme}://127.0.0.1:0`);
  const serveAt = (clock: ClockOptions): Promise<Server> => serve(urls, { ...way, clock });
  await using today = await serveAt({});
  await using later = await serveAt({ time: "2050-01-01T00:00:00Z" });
  await using latest = await serveAt({ time: "2100-01-01T00:00:00Z", rate: 0 });
  const servers = [today, later, latest];
  using client = new UdpClient();
  const replies = [];
  for (const { addresses } of servers) {
    for (const address of addresses) replies.push(await client.ask(new Uint8Array(1), address));
  }
  // As if each had asked each other one and itself.
  for (const server of servers) {
    for (const address of server.addresses) {
      for (const octets of replies) await client.send(octets, address);
    }
    const forged = schemes.length * replies.length;
    assertEquals(await settled(server, schemes.length + forged), {
      answered: schemes.length,
      "looks_like_a_reply": forged,
    });
  }
})).forEach((test) => Deno.test(test));

(await eachWay("the totals add up, whatever comes", async (way) => {
  await using server = await serve(["auto://127.0.0.1:0", "ntp://127.0.0.1:0"], way);
  const [auto, port123] = server.addresses;
  using client = new UdpClient();
  const rounds = 50;
  for (let round = 0; round < rounds; round++) {
    await client.send(asctime, auto);
    await client.send(ntp(0x26), port123);
    await client.send(new Uint8Array(2049), port123);
    await client.send(new Uint8Array(13), port123);
    // One at a time, so that no queue overflows.
    assertEquals((await client.ask(ntp(request(4)), auto)).length, 48);
    assertEquals((await client.ask(ntp(request(3)), port123)).length, 48);
  }
  assertEquals(await settled(server, 6 * rounds), {
    answered: 2 * rounds,
    "looks_like_a_reply": rounds,
    mode: rounds,
    version: rounds,
    malformed: rounds,
  });
})).forEach((test) => Deno.test(test));
