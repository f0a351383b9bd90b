import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MessageReader } from "../../src/http/websocket.ts";
import { type FakeClient, FakeTcp } from "./fake_tcp.ts";
import { ACCEPTED, frame, HANDSHAKE, join } from "./frames.ts";
import type { HttpResponse } from "../../src/http/message.ts";

/** Answers a text with its upper case, and a text in brackets with nothing; `throw` fails. */
function answering(): FakeTcp {
  return new FakeTcp(({ isWebSocket = false }): Promise<HttpResponse> => {
    const arrive = () => (text: string): string | undefined => {
      if (text === "throw") throw new Error("A fault of the server");
      return text.startsWith("(") ? undefined : text.toUpperCase();
    };
    const plain = { status: 200, headers: {}, body: "plain" };
    return Promise.resolve(isWebSocket ? { status: 101, headers: {}, body: "", arrive } : plain);
  });
}

async function open(tcp: FakeTcp, hostname?: string): Promise<FakeClient> {
  const client = await tcp.ask(HANDSHAKE, hostname);
  assertEquals(client.received, ACCEPTED);
  client.octets.length = 0;
  return client;
}

/** A frame of the server, which masks nothing. */
function reply(first: number, payload: string | number[] = ""): number[] {
  const octets = join(payload);
  const { length } = octets;
  return [first, ...length < 126 ? [length] : [126, length >> 8, length & 0xff], ...octets];
}

const closed = (code: number): number[] => reply(0x88, [code >> 8, code & 0xff]);

const long = "a".repeat(512);

const cases: readonly (readonly [what: string, sent: Uint8Array, received: number[]])[] = [
  ["a text", frame(0x81, "abc"), reply(0x81, "ABC")],
  ["an empty text", frame(0x81), reply(0x81)],
  ["two texts, one without an answer", join(frame(0x81, "(a"), frame(0x81, "b")), reply(0x81, "B")],
  ["a text of 126 octets", frame(0x81, "a".repeat(126)), reply(0x81, "A".repeat(126))],
  ["the longest text", frame(0x81, long), reply(0x81, long.toUpperCase())],
  ["a text that is too long", frame(0x81, `${long}a`), closed(1009)],
  ["the head of a text of 64 KiB", frame(0x81, "a".repeat(65_536)).subarray(0, 14), closed(1009)],
  ["fragments", join(frame(0x01, "a"), frame(0x00), frame(0x80, "b")), reply(0x81, "AB")],
  ["a ping between fragments", join(frame(0x01, "a"), frame(0x89, "p"), frame(0x80, "b")), [
    ...reply(0x8a, "p"),
    ...reply(0x81, "AB"),
  ]],
  ["fragments that are too long", join(frame(0x01, long), frame(0x80, "a")), closed(1009)],
  ["a continuation of nothing", frame(0x80, "a"), closed(1002)],
  ["a text within another", join(frame(0x01, "a"), frame(0x81, "b")), closed(1002)],
  ["a pong that nobody asked for", frame(0x8a, "p"), []],
  ["a ping of 125 octets", frame(0x89, "p".repeat(125)), reply(0x8a, "p".repeat(125))],
  ["a ping of 126 octets", frame(0x89, "p".repeat(126)), closed(1002)],
  ["a fragment of a ping", frame(0x09, "p"), closed(1002)],
  ["octets", frame(0x82, "abc"), closed(1003)],
  ["an unknown opcode", frame(0x83, "abc"), closed(1002)],
  ["an unknown control frame", frame(0x8b, "abc"), closed(1002)],
  ["a frame of an extension", frame(0xc1, "abc"), closed(1002)],
  ["a frame without a mask", Uint8Array.from(reply(0x81, "abc")), closed(1002)],
  ["a length with an octet too many", join([0x81, 0xfe, 0, 3, 0, 0, 0, 0], "abc"), closed(1002)],
  ["half a character", frame(0x81, Uint8Array.of(0xc3)), closed(1007)],
  ["a text that the server cannot answer", frame(0x81, "throw"), closed(1011)],
  ["its close", frame(0x88, join([0x0f, 0xa0], "why")), closed(4000)],
  ["its close without a code", frame(0x88), reply(0x88)],
  ["no HTTP", join("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), closed(1002)],
];

for (const [what, sent, received] of cases) {
  Deno.test(`a WebSocket that brings ${what} is answered as RFC 6455 demands`, async () => {
    await using tcp = answering();
    await tcp.start();
    const client = await open(tcp);
    client.send(sent);
    await tcp.settle();
    assertEquals(client.octets, received);
    const isClosed = received[0] === 0x88;
    assertEquals(client.hasEnd, isClosed);
    // Nothing is answered after the close.
    client.send(frame(0x81, "more"));
    await tcp.settle();
    assertEquals(client.octets, isClosed ? received : [...received, ...reply(0x81, "MORE")]);
    await tcp.time.advance(1000);
    assertEquals(client.isClosed, isClosed);
  });
}

Deno.test("messages do not depend on how TCP cuts their octets", () => {
  const texts = ["", "a", "ä€😀", "x".repeat(125), "y".repeat(126), "z".repeat(512)];
  const stream = join(
    ...texts.map((text) => frame(0x81, text)),
    ...[frame(0x01, "ab"), frame(0x89, "ping"), frame(0x80, "cd"), frame(0x88)],
  );
  const read = (parts: readonly Uint8Array[]): unknown => {
    const reader = new MessageReader();
    return parts.flatMap((part) =>
      [...reader.read(part)].map(({ opcode, payload }) => [
        opcode,
        new TextDecoder().decode(payload),
      ])
    );
  };
  const expected = [...texts.map((text) => [1, text]), [9, "ping"], [1, "abcd"], [8, ""]];
  const cut = fc.array(fc.nat(stream.length), { maxLength: 40 });
  fc.assert(
    fc.property(cut, (places) => {
      const ends = [0, ...places.sort((a, b) => a - b), stream.length];
      const parts = ends.slice(1).map((end, i) => stream.subarray(ends[i], end));
      assertEquals(read(parts), expected);
    }),
    { seed: 1, numRuns: 300 },
  );
  assertEquals(read([...stream].map((octet) => Uint8Array.of(octet))), expected);
});

Deno.test("a message may come with the handshake, and an answer with half of the next message", async () => {
  await using tcp = answering();
  await tcp.start();
  const next = frame(0x81, "b");
  const client = await tcp.connect();
  client.send(join(HANDSHAKE, frame(0x81, "a"), next.subarray(0, 3)));
  await tcp.settle();
  client.send(next.subarray(3));
  await tcp.settle();
  assertEquals(client.octets, [...join(ACCEPTED), ...reply(0x81, "A"), ...reply(0x81, "B")]);
});

Deno.test("a WebSocket is closed after 90 s of silence, from the last octet", async () => {
  await using tcp = answering();
  await tcp.start();
  const [silent, alive] = [await open(tcp), await open(tcp)];
  for (let i = 0; i < 3; i++) {
    await tcp.time.advance(i < 2 ? 45_000 : 44_750);
    alive.send(frame(0x8a));
    await tcp.settle();
    assertEquals(alive.hasEnd, false);
    assertEquals(silent.hasEnd, i > 0);
  }
  assertEquals(silent.octets, closed(1001));
  await tcp.time.advance(90_000);
  assertEquals(alive.octets, closed(1001));
});

Deno.test("a WebSocket that does not read its answers is read no further, and closed", async () => {
  await using tcp = answering();
  await tcp.start();
  const client = await open(tcp);
  client.isReading = false;
  for (let i = 0; i < 300; i++) client.send(frame(0x81, long));
  for (let i = 0; i < 50; i++) await tcp.settle();
  // A stream reads 64 KiB ahead.
  assert(client.unread > 150, `${client.unread} parts are unread`);
  await tcp.time.advance(91_000);
  assertEquals(client.isClosed, true);
});

Deno.test("a client that is gone ends its WebSocket", async () => {
  await using tcp = answering();
  await tcp.start();
  const client = await open(tcp);
  client.send(frame(0x81, "abc").subarray(0, 5));
  client.end();
  await tcp.settle();
  assertEquals([client.octets, client.isClosed], [[], true]);
});

Deno.test("64 WebSockets are open at most, and other connections do not displace them", async () => {
  await using tcp = answering();
  await tcp.start();
  const clients: FakeClient[] = [];
  for (let i = 0; i < 64; i++) clients.push(await open(tcp));
  const refused = await tcp.ask(HANDSHAKE);
  assertEquals([refused.statuses, refused.hasEnd], [[503], true]);
  for (let i = 0; i < 80; i++) await tcp.connect();
  assertEquals(clients.filter(({ isClosed }) => isClosed), []);
  clients[0]?.send(frame(0x88));
  await tcp.settle();
  await tcp.time.advance(1000);
  await open(tcp);
});

Deno.test("a server that stops says so on its WebSockets", async () => {
  await using tcp = answering();
  await tcp.start();
  const client = await open(tcp);
  await tcp.time.run(tcp.listener.shutdown());
  assertEquals([client.octets, client.isClosed], [closed(1001), true]);
});

const heads: readonly (readonly [what: string, head: string, status: number])[] = [
  ["of another version", HANDSHAKE.replace(": 13", ": 8"), 426],
  ["without a key", HANDSHAKE.replace(/Sec-WebSocket-Key.*\r\n/, ""), 400],
  ["with a short key", HANDSHAKE.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), 400],
  ["by another method", HANDSHAKE.replace("GET", "POST"), 200],
  ["of another protocol", HANDSHAKE.replace("WebSocket", "h2c"), 200],
  ["on another path", HANDSHAKE.replace("/ws", "/time"), 200],
  ["by HTTP/1.0", HANDSHAKE.replace("HTTP/1.1", "HTTP/1.0"), 200],
  ["with a body", `${HANDSHAKE.replace(/\r\n$/, "Content-Length: 2\r\n\r\n")}ab`, 200],
  [
    "with chunks",
    `${HANDSHAKE.replace(/\r\n$/, "Transfer-Encoding: chunked\r\n\r\n")}0\r\n\r\n`,
    200,
  ],
  ["without Connection", HANDSHAKE.replace(/Connection.*\r\n/, ""), 200],
];

for (const [what, head, status] of heads) {
  Deno.test(`an upgrade ${what} gets ${status}`, async () => {
    await using tcp = answering();
    await tcp.start();
    const client = await tcp.ask(head);
    assertEquals([client.statuses, client.hasEnd], [[status], status >= 400]);
  });
}
