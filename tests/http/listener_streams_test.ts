/** Responses that go on, and bodies of octets. */
import { assertEquals } from "@std/assert";
import { TextStream } from "../../src/http/text_stream.ts";
import { FakeTcp } from "./fake_tcp.ts";

const request = (method: string): string => `${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** A listener whose every response is a stream, which is listed here until it ends. */
function streaming(): { tcp: FakeTcp; streams: Set<TextStream> } {
  const streams = new Set<TextStream>();
  const tcp = new FakeTcp(() => {
    const body: TextStream = new TextStream(() => streams.delete(body));
    streams.add(body);
    return Promise.resolve({ status: 200, headers: { "content-type": "text/x" }, body });
  });
  return { tcp, streams };
}

/** The parts of a response that is sent in chunks. */
function chunksOf(received: string): string[] {
  const [, body = ""] = received.split("\r\n\r\n");
  return [...body.matchAll(/[0-9a-f]+\r\n([^\r]+)\r\n/g)].map(([, text = ""]) => text);
}

Deno.test("HttpListener sends a stream as its parts come, and has no time limit for it", async () => {
  const { tcp, streams } = streaming();
  await using _tcp = tcp;
  await tcp.start();
  const client = await tcp.ask(request("GET"));
  const [stream] = streams;
  stream?.push("one");
  await tcp.settle();
  assertEquals(chunksOf(client.received), ["one"]);
  await tcp.time.advance(200_000);
  stream?.push("two");
  await tcp.settle();
  assertEquals(chunksOf(client.received), ["one", "two"]);
  stream?.end();
  await tcp.time.advance(1000);
  assertEquals([streams.size, client.hasEnd, client.isClosed], [0, true, true]);
});

Deno.test("HttpListener ends a stream when its client is gone, or the server stops", async () => {
  const { tcp, streams } = streaming();
  await using _tcp = tcp;
  await tcp.start();
  const client = await tcp.ask(request("GET"));
  await tcp.ask(request("GET"));
  assertEquals(streams.size, 2);
  client.end();
  await tcp.settle();
  assertEquals([streams.size, client.isClosed], [1, true]);
  await tcp.time.run(tcp.listener.shutdown());
  assertEquals(streams.size, 0);
});

Deno.test("HttpListener keeps little for a client that does not read, and ends its stream", async () => {
  const { tcp, streams } = streaming();
  await using _tcp = tcp;
  await tcp.start();
  const client = await tcp.ask(request("GET"));
  client.isReading = false;
  const [stream] = streams;
  const part = "x".repeat(1000);
  let parts = 0;
  for (; streams.size > 0 && parts < 1000; parts++) {
    stream?.push(part);
    await tcp.settle();
  }
  // Those that wait, and what the buffer of the connection takes.
  assertEquals(parts > 64 && parts < 200, true, `${parts} parts`);
  await tcp.time.advance(1000);
  assertEquals([client.isClosed, tcp.listener.connections.events], [true, 0]);
});

Deno.test("HttpListener answers HEAD with the head of a stream alone", async () => {
  const { tcp, streams } = streaming();
  await using _tcp = tcp;
  await tcp.start();
  const client = await tcp.ask(request("HEAD"));
  await tcp.time.advance(1000);
  assertEquals([client.statuses, streams.size, client.isClosed], [[200], 0, true]);
  assertEquals(client.received.endsWith("\r\n\r\n"), true);
});

Deno.test("HttpListener sends octets as they are", async () => {
  await using tcp = new FakeTcp(() => {
    const body = new TextEncoder().encode("a\0ü");
    return Promise.resolve({ status: 200, headers: {}, body });
  });
  await tcp.start();
  const client = await tcp.ask(request("GET"));
  assertEquals(/content-length: 4\r\n[^]*\r\n\r\na\0ü$/i.test(client.received), true);
});
