/** What is answered: every protocol, every size of request. */
import { assert, assertEquals } from "@std/assert";
import { serve, type Server, validate } from "../../mod.ts";
import { decodeNtpPacket, field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { UdpClient } from "../support/udp_client.ts";
import { eachWay, settled } from "./transports.ts";
import { queryOnce } from "../support/query_once.ts";

const schemes = ["asctime", "daytime", "time", "ntp", "auto"] as const;
/** Not the status of the kernel, on which the reply would depend. */
const status = {
  source: "fixed",
  stratum: 3,
  referenceId: "192.0.2.7",
  leap: "insert",
  rootDelay: "250ms",
} as const;

/** An NTP request of a given length; each octet of its transmit timestamp has another value. */
function ntpRequest({ version = 4, mode = 3, length = NTP_HEADER_LENGTH } = {}): Uint8Array {
  const octets = new Uint8Array(length);
  octets[field.flags] = version << 3 | mode;
  octets.set([0x81, 0x02, 0x73, 0x04, 0xf5, 0x06, 0xe7, 0xff], field.transmitTimestamp);
  return octets;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

for (const host of ["127.0.0.1", "[::1]"]) {
  const needs = { ipv6: host !== "127.0.0.1" };
  (await eachWay(`every protocol is answered with the time on ${host}`, async (way) => {
    for (const chosen of [...schemes.map((scheme) => [scheme]), schemes]) {
      const urls = chosen.map((scheme) => `${scheme}://${host}:0`);
      await using server = await serve(urls, { ...way, utc: true, status });
      assertEquals(server.transport, way.transport);
      for (const { url } of server.addresses) await assertRight(url);
      assertEquals(await settled(server, chosen.length), { answered: chosen.length });
    }
  }, needs)).forEach((test) => Deno.test(test));
}

async function assertRight(url: string): Promise<void> {
  const before = nowSeconds();
  const reply = await queryOnce(url);
  const after = nowSeconds();
  if (reply.protocol === "ntp") {
    validate(reply);
    assert(isWithin(reply.offset, reply.errorBound), `${reply.offset} beyond ${reply.errorBound}`);
    const { stratum, referenceId, leap, packet } = reply;
    assertEquals({ stratum, referenceId, leap, rootDelay: packet.rootDelay }, {
      stratum: status.stratum,
      referenceId: status.referenceId,
      leap: status.leap,
      rootDelay: 0.25,
    });
  } else if (reply.protocol === "time") {
    assert(isWithin(reply.offset, reply.errorBound), `${reply.offset} beyond ${reply.errorBound}`);
  } else {
    const seconds = reply.time.toZonedDateTime("UTC").epochMilliseconds / 1000;
    assert(before <= seconds && seconds <= after, `${before} ≤ ${seconds} ≤ ${after}`);
  }
  assertEquals(reply.warnings, []);
}

function isWithin(offset: Temporal.Duration, bound: Temporal.Duration): boolean {
  return Temporal.Duration.compare(offset.abs(), bound) <= 0;
}

(await eachWay("auto answers NTP with NTP, and anything else with text", async (way) => {
  await using server = await serve("auto://127.0.0.1:0", { ...way, status });
  const [address] = server.addresses;
  const ntp = await queryOnce(`ntp://127.0.0.1:${address?.port}`);
  assertEquals([ntp.stratum, ntp.leap], [3, "insert"]);
  using client = new UdpClient();
  assertEquals((await client.ask(new TextEncoder().encode("Time request"), address)).length, 24);
})).forEach((test) => Deno.test(test));

(await eachWay("a request of any size gets the reply of its protocol", async (way) => {
  await using server = await serve(schemes.map((scheme) => `${scheme}://127.0.0.1:0`), way);
  const lengths: Readonly<Record<string, number>> = { asctime: 24, daytime: 26, time: 4, auto: 24 };
  using client = new UdpClient();
  let sent = 0;
  for (const address of server.addresses.filter(({ protocol }) => protocol !== "ntp")) {
    for (const length of [0, 1, 2, 47, 48, 2047, 2048, 2049, 65_507]) {
      const reply = await client.ask(new Uint8Array(length), address);
      assertEquals(reply.length, lengths[address.protocol], `${address.url}: ${length} octets`);
      sent++;
    }
  }
  assertEquals(await settled(server, sent), { answered: sent });
})).forEach((test) => Deno.test(test));

async function onNtp(
  server: Server,
  ask: (send: (request: Uint8Array) => Promise<Uint8Array>) => Promise<void>,
): Promise<void> {
  for (const address of server.addresses) {
    using client = new UdpClient();
    await ask((request) => client.ask(request, address));
  }
}

const ntpServers = ["ntp://127.0.0.1:0", "auto://127.0.0.1:0"];

(await eachWay("NTP versions 1 to 4 are answered in kind, the origin bit for bit", async (way) => {
  await using server = await serve(ntpServers, { ...way, status });
  await onNtp(server, async (ask) => {
    // Symmetric peers get mode 2, clients mode 4; version 1 had no mode.
    const modes = [[1, 0, 4], [1, 3, 4], [2, 3, 4], [3, 3, 4], [3, 1, 2], [4, 3, 4], [4, 1, 2]];
    for (const [version = 0, mode = 0, expected] of modes) {
      const request = ntpRequest({ version, mode });
      const reply = await ask(request);
      const packet = decodeNtpPacket(reply);
      assertEquals([packet.version, packet.mode], [version, expected]);
      assertEquals(
        reply.slice(field.originTimestamp, field.originTimestamp + 8),
        request.slice(field.transmitTimestamp),
      );
      // Whatever their era, the clock's two readings are in order and close.
      const tookNtp = BigInt.asIntN(64, packet.transmitTimestamp - packet.receiveTimestamp);
      assert(tookNtp > 0n && tookNtp < 10n << 32n, `${tookNtp} / 2^32 s`);
    }
  });
})).forEach((test) => Deno.test(test));

(await eachWay("an NTP reply has 48 octets, however long its request", async (way) => {
  await using server = await serve(ntpServers, { ...way, status });
  await onNtp(server, async (ask) => {
    for (const length of [48, 76, 1232, 2048]) {
      const request = ntpRequest({ length });
      // All that follows the header is one extension field of an unknown type.
      if (length > 48) new DataView(request.buffer).setUint32(48, 0x2fff_0000 + length - 48);
      assertEquals((await ask(request)).length, NTP_HEADER_LENGTH, `${length} octets`);
    }
  });
})).forEach((test) => Deno.test(test));

(await eachWay("every client gets its own reply when many query at once", async (way) => {
  await using server = await serve("ntp://127.0.0.1:0", { ...way, status });
  const clients = Array.from({ length: 100 }, () => new UdpClient());
  const origins = await Promise.all(clients.map(async (client, i) => {
    const request = ntpRequest();
    new DataView(request.buffer).setBigUint64(field.transmitTimestamp, BigInt(i));
    return decodeNtpPacket(await client.ask(request, server.addresses[0])).originTimestamp;
  }));
  assertEquals(origins, clients.map((_, i) => BigInt(i)));
  assertEquals(await settled(server, clients.length), { answered: clients.length });
  for (const client of clients) client[Symbol.dispose]();
})).forEach((test) => Deno.test(test));
