import { assertEquals } from "@std/assert";
import type { Datagram } from "../../../src/explain/capture/datagram.ts";
import { type CapturedExchange, exchangesOf } from "../../../src/explain/capture/exchanges.ts";
import { explain } from "../../../src/explain/explain.ts";
import type { Explanation } from "../../../src/explain/explanation.ts";
import { fromCapture } from "../../../src/explain/record.ts";
import { ntpRequest } from "../../../src/protocols/ntp/protocol.ts";
import {
  decodeNtpPacket,
  encodeNtpPacket,
  type NtpPacket,
} from "../../../src/protocols/ntp/packet.ts";
import { ntpReply } from "../../support/scripted_server.ts";

const us = { hostname: "192.0.2.1", port: 4000 };
const them = { hostname: "192.0.2.2", port: 123 };
const NO_OCTETS = new Uint8Array();

/** A datagram at a time in milliseconds. */
function datagram(
  milliseconds: number,
  from: Datagram["from"],
  to: Datagram["to"],
  octets: Uint8Array,
): Datagram {
  return { time: Temporal.Instant.fromEpochMilliseconds(milliseconds), from, to, octets };
}

/** The times of the datagrams of each exchange, in milliseconds. */
function timesOf(exchanges: readonly CapturedExchange[]): (number | undefined)[][] {
  return exchanges.map(({ request, reply }) =>
    [request, reply].map((datagram) => datagram?.time.epochMilliseconds)
  );
}

/** A packet of some other kind than a client's request or a server's reply. */
function altered(octets: Uint8Array, change: Partial<NtpPacket>): Uint8Array {
  return encodeNtpPacket({ ...decodeNtpPacket(octets), ...change });
}

Deno.test("exchangesOf gives each request its own reply, in the order of time", () => {
  const [first, second] = [ntpRequest().octets, ntpRequest().octets];
  const found = exchangesOf([
    datagram(30, them, us, ntpReply(second)),
    datagram(20, us, them, second),
    datagram(40, them, us, ntpReply(first)),
    datagram(10, us, them, first),
    datagram(50, us, { ...them, port: 37 }, NO_OCTETS),
    datagram(60, { ...them, port: 37 }, us, Uint8Array.fromHex("eeadac20")),
  ]);
  assertEquals(timesOf(found), [[10, 40], [20, 30], [50, 60]]);
  assertEquals(found.map(({ protocol }) => protocol), ["ntp", "ntp", "time"]);
});

Deno.test("exchangesOf gives a reply to the latest of the requests that it fits", () => {
  const server = { ...them, port: 37 };
  const found = exchangesOf([
    datagram(10, us, server, NO_OCTETS),
    datagram(20, us, server, NO_OCTETS),
    datagram(30, server, us, Uint8Array.fromHex("eeadac20")),
  ]);
  assertEquals(timesOf(found), [[10, undefined], [20, 30]]);
});

Deno.test("exchangesOf leaves out what only looks like a request of NTP on another port", () => {
  const { octets } = ntpRequest();
  const other = { ...them, port: 443 };
  assertEquals(exchangesOf([datagram(0, us, other, octets)]), []);
  const answered = [datagram(0, us, other, octets), datagram(9, other, us, ntpReply(octets))];
  assertEquals(timesOf(exchangesOf(answered)), [[0, 9]]);
  const stray = [
    datagram(0, us, other, octets),
    datagram(9, other, us, ntpReply(ntpRequest().octets)),
  ];
  assertEquals(exchangesOf(stray), []);
  assertEquals(timesOf(exchangesOf(stray, { protocol: "ntp", port: 443 })), [
    [0, undefined],
    [undefined, 9],
  ]);
});

Deno.test("exchangesOf looks at the given port alone", () => {
  const ntp = datagram(0, us, { ...them, port: 1123 }, ntpRequest().octets);
  assertEquals(exchangesOf([ntp]), []);
  assertEquals(exchangesOf([ntp], { port: 1123 }).map(({ protocol }) => protocol), ["ntp"]);
  assertEquals(exchangesOf([ntp], { port: 123 }), []);
  const daytime = datagram(0, us, { ...them, port: 53 }, NO_OCTETS);
  assertEquals(exchangesOf([daytime], { protocol: "daytime" }), []);
  assertEquals(timesOf(exchangesOf([daytime], { protocol: "daytime", port: 53 })), [[
    0,
    undefined,
  ]]);
});

Deno.test("a captured reply without a request is explained as one", () => {
  const reply = datagram(0, them, us, ntpReply(ntpRequest().octets));
  const found = exchangesOf([reply]);
  assertEquals(timesOf(found), [[undefined, 0]]);
  const [{ request, tests }] = found.map((exchange) => explain(fromCapture(exchange))) as [
    Explanation,
  ];
  assertEquals(request, undefined);
  const origin = tests.find(({ name }) => name.includes("origin timestamp"));
  assertEquals([origin?.result, origin?.detail], ["unknown", "the request is not known"]);
});

Deno.test("explain names symmetric, version 1 and interleaved exchanges", () => {
  const { octets } = ntpRequest();
  const at = (request: Uint8Array, reply: Uint8Array) => {
    const found = exchangesOf([datagram(0, us, them, request), datagram(9, them, us, reply)]);
    assertEquals(timesOf(found), [[0, 9]]);
    const [explanation] = found.map((exchange) => explain(fromCapture(exchange)));
    return explanation as Explanation;
  };
  assertEquals(at(octets, ntpReply(octets)).variant, undefined);

  const active = altered(octets, { mode: 1 });
  const symmetric = at(active, altered(ntpReply(active), { mode: 2 }));
  assertEquals([symmetric.variant, symmetric.failure], ["symmetric mode (RFC 5905 §3)", undefined]);

  const first = altered(octets, { mode: 0, version: 1 });
  assertEquals(
    at(first, altered(ntpReply(first), { version: 1 })).variant,
    "NTP version 1 (RFC 1059)",
  );

  const receiveTimestamp = 0xee00_0000_0000_0001n;
  const interleaved = altered(octets, { receiveTimestamp });
  const explained = at(
    interleaved,
    altered(ntpReply(interleaved), { originTimestamp: receiveTimestamp }),
  );
  assertEquals(explained.variant?.startsWith("interleaved mode (RFC 9769)"), true);
  assertEquals([explained.failure, explained.measurement], [undefined, undefined]);
});
