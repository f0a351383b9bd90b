import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CaptureError } from "../../../src/explain/capture/frame.ts";
import {
  type CapturedExchange,
  exchangesOf,
  type FindExchangesOptions,
} from "../../../src/explain/capture/exchanges.ts";
import { readCapture } from "../../../src/explain/capture/read_capture.ts";
import {
  type ExchangeStream,
  readExchanges,
  type ReadExchangesOptions,
} from "../../../src/explain/capture/read_exchanges.ts";
import { ntpRequest } from "../../../src/protocols/ntp/protocol.ts";
import { ntpReply } from "../../support/scripted_server.ts";
import { sample } from "../../support/property.ts";
import { type Captured, join, pcap, pcapng, udp } from "./files.ts";

const RAW_IP = 101;
const server = [192, 0, 2, 2] as const;
const ipv6 = [0x20, 0x01, 0x0d, 0xb8, ...Array(11).fill(0), 1] as const;

/** A file in pieces of the lengths that are given in turn. */
async function* cut(file: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < file.length; i++) {
    const length = lengths[i % lengths.length] ?? file.length;
    yield file.slice(at, at + length);
    at += length;
  }
}

async function read(
  file: Uint8Array,
  options: ReadExchangesOptions = {},
  lengths: readonly number[] = [65_536],
): Promise<{ found: CapturedExchange[]; stream: ExchangeStream }> {
  const stream = readExchanges(cut(file, lengths), options);
  const found = await Array.fromAsync(stream);
  return { found, stream };
}

/** The milliseconds at which request and reply passed. */
async function timesIn(
  frames: readonly Captured[],
  options: ReadExchangesOptions = {},
): Promise<(number | undefined)[][]> {
  const { found } = await read(pcap(frames, { linkType: RAW_IP }), options);
  return found.map(({ request, reply }) =>
    [request, reply].map((datagram) => datagram?.time.epochMilliseconds)
  );
}

/** A packet at a time in milliseconds, of the Time protocol unless the server's port says other. */
function frame(
  milliseconds: number,
  client: number,
  kind: "request" | "reply",
  { port = 37, octets = new Uint8Array(kind === "request" ? 0 : 4) as Uint8Array } = {},
): Captured {
  const own = [10, client >>> 16, client >>> 8 & 255, client & 255];
  const packet = kind === "request"
    ? udp(own, 4000, server, port, octets)
    : udp(server, port, own, 4000, octets);
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, fraction: milliseconds % 1000 * 1000, octets: packet };
}

const requests = [0, 1, 2].map(() => ntpRequest().octets);
const payloads = [
  ...requests,
  ...requests.map((request) => ntpReply(request)),
  new Uint8Array(),
  new Uint8Array(4),
  new Uint8Array(76).fill(0x23), // fills a slot of the table
  new Uint8Array(77).fill(0x24), // does not fit one
  new Uint8Array(300).fill(0x24),
];

/** Any datagrams between few sockets, so that many of them belong together. */
const datagrams = fc.array(
  fc.record({
    seconds: fc.constantFrom(0, 1, 1_795_370_400),
    fraction: fc.nat({ max: 3 }),
    octets: fc.record({
      client: fc.constantFrom(1, 1, 2),
      port: fc.constantFrom(123, 123, 37, 13, 4000, 4001),
      isReply: fc.boolean(),
      payload: fc.constantFrom(...payloads),
      isIpv6: fc.boolean(),
    }).map(({ client, port, isReply, payload, isIpv6 }) => {
      const [from, to] = isIpv6
        ? [ipv6.with(15, client), ipv6.with(15, 3)]
        : [[192, 0, 2, client], [192, 0, 2, 3]];
      return isReply ? udp(to, port, from, 4000, payload) : udp(from, 4000, to, port, payload);
    }),
  }),
  { minLength: 10, maxLength: 40, size: "max" },
);

Deno.test("readExchanges finds what exchangesOf finds, however the file is cut", async () => {
  const options = fc.constantFrom<FindExchangesOptions>(
    ...[{}, {}, {}, { protocol: "ntp" }, { port: 4000 }, { protocol: "time", port: 13 }] as const,
  );
  const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
  const cases = sample(
    fc.record({ frames: datagrams, options, lengths, isNew: fc.boolean() }),
    600,
  );
  let exchanges = 0;
  let pairs = 0;
  for (const { frames, options, lengths, isNew } of cases) {
    const file = (isNew ? pcapng : pcap)(frames, { linkType: RAW_IP });
    const { datagrams, skipped } = readCapture(file);
    const expected = exchangesOf(datagrams, options);
    const { found, stream } = await read(file, options, lengths);
    assertEquals(found, expected);
    assertEquals([stream.exchanges, stream.datagrams], [expected.length, datagrams.length]);
    assertEquals(stream.skipped, skipped);
    const [first, last] = [2, 3];
    const some = await read(file, { ...options, first, last }, lengths);
    assertEquals([some.found, some.stream.exchanges], [expected.slice(1, 3), expected.length]);
    exchanges += expected.length;
    pairs += expected.filter(({ request, reply }) => request && reply).length;
  }
  assert(exchanges > 300 && pairs > 100, `${exchanges} exchanges, ${pairs} of them whole`);
});

Deno.test("readExchanges leaves a duplicated reply without a request", async () => {
  const frames = [frame(1, 1, "request"), frame(2, 1, "reply"), frame(3, 1, "reply")];
  assertEquals(await timesIn(frames), [[1, 2], [undefined, 3]]);
});

Deno.test("readExchanges gives a reply to one of the latest 64 open requests of its socket", async () => {
  const request = requests[0] as Uint8Array;
  const ntp = (ms: number, octets: Uint8Array): Captured =>
    frame(ms, 1, "request", { port: 123, octets });
  const others = (count: number) =>
    Array.from({ length: count }, (_, i) => ntp(2 + i, ntpRequest().octets));
  const reply = frame(500, 1, "reply", { port: 123, octets: ntpReply(request) });
  for (const [count, expected] of [[63, [1, 500]], [64, [1, undefined]]] as const) {
    const frames = [ntp(1, request), ...others(count), reply];
    assertEquals((await timesIn(frames))[0], expected);
    const { datagrams } = readCapture(pcap(frames, { linkType: RAW_IP }));
    const [first] = exchangesOf(datagrams);
    assertEquals(first?.reply?.time.epochMilliseconds, expected[1]);
  }
});

Deno.test("readExchanges sorts by time over any number of datagrams of other services", async () => {
  const other = frame(4, 1, "reply", { port: 53 });
  for (const [each, expected] of [[other, [[1, 3]]], [frame(4, 1, "reply"), []]] as const) {
    const frames = [frame(3, 0, "reply"), ...Array(16_383).fill(each), frame(1, 0, "request")];
    const times = await timesIn(frames);
    assertEquals(times.filter(([request, reply]) => request === 1 && reply === 3), expected);
  }
});

Deno.test("readExchanges keeps few long datagrams, and finds all of them", async () => {
  const octets = new Uint8Array(60_000);
  const frames = Array.from({ length: 500 }, (_, i) => [
    frame(2 * i, i, "request", { port: 13, octets }),
    frame(2 * i + 1, i, "reply", { port: 13, octets }),
  ]).flat();
  const times = await timesIn(frames);
  assertEquals(times, Array.from({ length: 500 }, (_, i) => [2 * i, 2 * i + 1]));
});

Deno.test("readExchanges reports a file that is no capture when it is iterated over", async () => {
  for (const text of ["", "x", "a text that is a little longer than all headers"]) {
    const stream = readExchanges(new Blob([text]).stream());
    await assertRejects(() => Array.fromAsync(stream), CaptureError, "neither a pcap nor");
  }
});

Deno.test("readExchanges passes over blocks of any length, and refuses long ones of packets", async () => {
  const file = pcapng([frame(1, 1, "request")], { linkType: RAW_IP });
  const block = (type: number, length: number) =>
    join(new Uint8Array(Uint32Array.of(type, length).buffer), new Uint8Array(length - 8));
  const length = 2 ** 24 + 4;
  const { found } = await read(join(file, block(5, length), file));
  assertEquals(found.length, 2);
  const longest = join(file, block(6, 2 ** 24), file);
  assertEquals((await read(longest)).found.length, 2);
  const broken = join(file, block(6, length));
  await assertRejects(() => read(broken), CaptureError, "a block of 16777220 octets");
  assertEquals((await read(broken.subarray(0, -1))).found.length, 1);
});
