/** What keeps idle, slow and many connections from harm. */
import { assertEquals, assertRejects } from "@std/assert";
import { type FakeClient, FakeTcp } from "./fake_tcp.ts";

const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

function answering(body = ""): FakeTcp {
  return new FakeTcp(async (request) => {
    for await (const _part of request.body);
    return { status: 200, headers: {}, body };
  });
}

/** When a connection ends, in milliseconds from now. */
async function endOf(tcp: FakeTcp, client: FakeClient): Promise<number> {
  const start = tcp.time.monotonicMs();
  while (!client.hasEnd && !client.isClosed) await tcp.time.advance(250);
  return tcp.time.monotonicMs() - start;
}

const slow: readonly (readonly [what: string, parts: readonly string[], endMs: number])[] = [
  ["nothing", [], 5000],
  ["half a head", ["GET / HTTP/1.1\r\nHost: loc"], 5000],
  ["half a body", ["POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"], 10_000],
  ["half a head after a response", [get, "GET / HT"], 5000],
];

for (const [what, parts, endMs] of slow) {
  Deno.test(`HttpListener ends the wait of who sends ${what}, with 408`, async () => {
    await using tcp = answering();
    await tcp.start();
    const client = await tcp.connect();
    for (const part of parts) {
      client.send(part);
      await tcp.settle();
    }
    assertEquals(await endOf(tcp, client), endMs);
    assertEquals(client.statuses, what.endsWith("response") ? [200, 408] : [408]);
    assertEquals(client.isClosed, false);
    await tcp.time.advance(1000);
    assertEquals(client.isClosed, true);
  });
}

Deno.test("HttpListener is not kept by a client that sends an octet now and then", async () => {
  await using tcp = answering();
  await tcp.start();
  const client = await tcp.connect();
  for (let i = 0; i < 19; i++) {
    client.send(get.charAt(i));
    await tcp.time.advance(250);
  }
  assertEquals(client.hasEnd, false);
  assertEquals(await endOf(tcp, client), 250);
});

Deno.test("HttpListener waits 65 s for another request, from the last response", async () => {
  await using tcp = answering();
  await tcp.start();
  const client = await tcp.ask(get);
  await tcp.time.advance(64_500);
  client.send(get);
  await tcp.settle();
  assertEquals(await endOf(tcp, client), 65_000);
  assertEquals(client.statuses, [200, 200]);
});

Deno.test("HttpListener gives up a response that is not read", async () => {
  await using tcp = answering("x".repeat(10_000));
  await tcp.start();
  const client = await tcp.connect();
  client.isReading = false;
  client.send(get);
  await tcp.settle();
  await tcp.time.advance(9750);
  assertEquals(client.isClosed, false);
  await tcp.time.advance(250);
  assertEquals([client.isClosed, client.received], [true, ""]);
});

Deno.test("HttpListener gives up a client that sends requests and reads no responses", async () => {
  await using tcp = answering();
  await tcp.start();
  const client = await tcp.connect();
  client.isReading = false;
  for (let i = 0; i < 64; i++) client.send(get);
  await tcp.settle();
  assertEquals(client.isClosed, false);
  client.send(get);
  await tcp.settle();
  assertEquals([client.isClosed, client.received], [true, ""]);
});

Deno.test("HttpListener gives up a request of a MiB that has brought nothing", async () => {
  await using tcp = answering();
  await tcp.start();
  const start = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;";
  const client = await tcp.ask(start + "x".repeat(1024 * 1024 - start.length));
  while (client.unread > 0) await tcp.settle();
  assertEquals(client.statuses, []);
  client.send("x");
  await tcp.settle();
  assertEquals([client.statuses, client.hasEnd], [[413], true]);
});

Deno.test("HttpListener has 128 connections, and closes the one that is needed least for a new one", async () => {
  await using tcp = answering();
  await tcp.start();
  const post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n";
  const texts = [post, "", "GET", `${post}x`, get.replace("1.1", "1.0"), get, ""];
  const open: FakeClient[] = [];
  for (let i = 0; i < 128; i++) {
    await tcp.time.advance(1);
    open.push(await tcp.ask(texts[i] ?? ""));
  }
  const closed = (): number[] => open.flatMap(({ isClosed }, i) => isClosed ? [i] : []);
  const newest: FakeClient[] = [];
  const expected: number[] = [];
  // Idle, then closing, then the oldest.
  for (const next of [5, 4, 0, 1, 2, 3, 6]) {
    assertEquals(closed(), expected.toSorted((a, b) => a - b));
    newest.push(await tcp.ask(post));
    expected.push(next);
  }
  assertEquals(closed(), expected.toSorted((a, b) => a - b));
  for (const client of newest) client.send("123456789");
  await tcp.settle();
  assertEquals(newest.map(({ statuses }) => statuses), newest.map(() => [200]));
});

Deno.test("HttpListener has 16 connections per source, which of IPv6 is a /64", async () => {
  await using tcp = answering();
  await tcp.start("0.0.0.0");
  const sources: readonly (readonly [(i: number) => string, number])[] = [
    [() => "192.0.2.1", 16],
    [(i) => `192.0.2.${i + 2}`, 20],
    [(i) => `2001:db8::${i}:1`, 16],
    [(i) => `2001:db8:0:${i + 1}::1`, 20],
    [() => "127.0.0.1", 20],
    [() => "::1", 20],
  ];
  for (const [address, admitted] of sources) {
    const clients = await Array.fromAsync({ length: 20 }, (_, i) => tcp.connect(address(i)));
    assertEquals(clients.filter(({ isClosed }) => !isClosed).length, admitted, address(0));
    for (const client of clients) client.end();
    await tcp.settle();
    assertEquals(clients.filter(({ isClosed }) => !isClosed), []);
  }
});

Deno.test("HttpListener goes on accepting after connections that it could not accept", async () => {
  await using tcp = answering();
  await tcp.start();
  const idle = await tcp.ask(get);
  tcp.fail(new Error("Too many open files (os error 24)"));
  tcp.fail(new Error("Too many open files (os error 24)"));
  const next = await tcp.ask(get);
  // Its descriptor is needed.
  assertEquals([idle.isClosed, next.received], [true, ""]);
  await tcp.time.advance(20);
  await tcp.settle();
  assertEquals(next.statuses, [200]);
});

Deno.test("HttpListener neither waits nor closes others for clients that reset their connections", async () => {
  await using tcp = answering();
  await tcp.start();
  const idle = await tcp.ask(get);
  for (let i = 0; i < 100; i++) {
    tcp.fail(Object.assign(new Deno.errors.NotConnected("not connected"), { code: "ENOTCONN" }));
  }
  const next = await tcp.ask(get);
  assertEquals([idle.isClosed, next.statuses], [false, [200]]);
});

Deno.test("HttpListener listens where it was asked to and nowhere else, or not at all", async () => {
  for (
    const bound of [{ hostname: "0.0.0.0" }, { hostname: "::1" }, { port: 9999 }] as const
  ) {
    await using tcp = new FakeTcp(() => Promise.reject(new Error()), bound);
    const { hostname = "127.0.0.1", port = 4000 } = { ...bound };
    const where = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
    await assertRejects(
      () => tcp.start("127.0.0.1", 4000),
      Error,
      `Cannot open the test on tcp 127.0.0.1:4000: it would be ${where}`,
    );
    assertEquals([tcp.asked, tcp.isClosed], [{ hostname: "127.0.0.1", port: 4000 }, true]);
  }
  await using same = new FakeTcp(() => Promise.reject(new Error()), { hostname: "0:0::1" });
  await same.start("::1", 0);
  assertEquals(same.listener.address?.port, 4000);
});

Deno.test("HttpListener stops at once, but lets a response under way end within a moment", async () => {
  const gate = Promise.withResolvers<void>();
  await using tcp = new FakeTcp(async ({ url }) => {
    if (url.pathname === "/busy") await gate.promise;
    if (url.pathname === "/stuck") await new Promise(() => {});
    return { status: 200, headers: {}, body: "" };
  });
  await tcp.start();
  const silent = await tcp.connect();
  const idle = await tcp.ask(get);
  const stuck = await tcp.ask(get.replace("/ ", "/stuck "));
  const busy = await tcp.ask(get.replace("/ ", "/busy "));
  const shutdown = tcp.listener.shutdown();
  await tcp.settle();
  assertEquals([tcp.isClosed, silent.isClosed, idle.isClosed, busy.isClosed], [
    true,
    true,
    true,
    false,
  ]);
  gate.resolve();
  await tcp.settle();
  assertEquals([busy.statuses, busy.hasEnd], [[200], true]);
  busy.end();
  await tcp.settle();
  await tcp.time.advance(199);
  assertEquals([busy.isClosed, stuck.isClosed], [true, false]);
  await tcp.time.advance(1);
  await shutdown;
  assertEquals(stuck.isClosed, true);
});
