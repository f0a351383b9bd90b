import { assertEquals, assertRejects } from "@std/assert";
import { connectDatagram } from "../../src/transports/connect_datagram.ts";
import { ListenError } from "../../src/transports/listen_error.ts";
import { serve } from "../../src/server/serve.ts";
import { within } from "../support/wait.ts";

function peer(hostname = "127.0.0.1", port = 0): Deno.DatagramConn & { addr: Deno.NetAddr } {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port });
  return socket as Deno.DatagramConn & { addr: Deno.NetAddr };
}

Deno.test("without the unstable API of Deno, an error names its setting", async () => {
  const { listenDatagram } = Deno;
  Object.assign(Deno, { listenDatagram: undefined });
  try {
    const message = 'UDP needs "unstable": ["net"] in your deno.json, or deno run --unstable-net';
    const connected = connectDatagram({ hostname: "127.0.0.1", port: 9 });
    await assertRejects(() => connected, Deno.errors.NotSupported, message);
    const error = await assertRejects(() => serve("ntp://127.0.0.1:0"), ListenError, message);
    assertEquals(error.reason, "failed");
  } finally {
    Deno.listenDatagram = listenDatagram;
  }
});

Deno.test("connectDatagram sends to the peer and receives from it", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    const server = peer(hostname);
    using connection = await connectDatagram({ hostname, port: server.addr.port });
    assertEquals(connection.remoteAddr, { transport: "udp", hostname, port: server.addr.port });
    await connection.send(new Uint8Array([1, 2]));
    const [request, client] = await within(10, server.receive());
    assertEquals(request, new Uint8Array([1, 2]));
    assertEquals((client as Deno.NetAddr).port, connection.localAddr.port);
    await server.send(new Uint8Array([3]), client);
    await server.send(new Uint8Array(), client);
    assertEquals(await within(10, connection.receive()), new Uint8Array([3]));
    assertEquals(await within(10, connection.receive()), new Uint8Array());
    server.close();
  }
});

Deno.test("connectDatagram drops datagrams from all senders but the peer", async () => {
  const server = peer();
  using connection = await connectDatagram({ hostname: "127.0.0.1", port: server.addr.port });
  const otherPort = peer();
  const strangers = [otherPort];
  if (Deno.build.os === "linux") strangers.push(peer("127.0.0.2", server.addr.port));
  for (const stranger of strangers) {
    await stranger.send(new Uint8Array([0xbad & 255]), connection.localAddr);
    stranger.close();
  }
  await server.send(new Uint8Array([1]), connection.localAddr);
  assertEquals(await within(10, connection.receive()), new Uint8Array([1]));
  server.close();
});

Deno.test("connectDatagram recognises an IPv4 peer by its IPv6 spelling", async () => {
  const server = peer();
  const hostname = "::ffff:127.0.0.1";
  using connection = await connectDatagram({ hostname, port: server.addr.port });
  await connection.send(new Uint8Array([1]));
  const [, client] = await within(10, server.receive());
  await server.send(new Uint8Array([2]), client);
  assertEquals(await within(10, connection.receive()), new Uint8Array([2]));
  server.close();
});

Deno.test("connectDatagram reaches a wildcard address by loopback", async () => {
  for (const [hostname, loopback] of [["0.0.0.0", "127.0.0.1"], ["::", "::1"]] as const) {
    const server = peer(loopback);
    using connection = await connectDatagram({ hostname, port: server.addr.port });
    assertEquals(connection.remoteAddr.hostname, loopback);
    await connection.send(new Uint8Array([1]));
    const [, client] = await within(10, server.receive());
    await server.send(new Uint8Array([2]), client);
    assertEquals(await within(10, connection.receive()), new Uint8Array([2]));
    server.close();
  }
});

Deno.test("connectDatagram hands out datagrams that the next one does not overwrite", async () => {
  const server = peer();
  using connection = await connectDatagram({ hostname: "127.0.0.1", port: server.addr.port });
  await server.send(new Uint8Array([1]), connection.localAddr);
  await server.send(new Uint8Array([2]), connection.localAddr);
  const first = await within(10, connection.receive());
  await within(10, connection.receive());
  assertEquals(first, new Uint8Array([1]));
  server.close();
});

Deno.test("connectDatagram uses a fresh port each time", async () => {
  const server = peer();
  const to = { hostname: "127.0.0.1", port: server.addr.port };
  using first = await connectDatagram(to);
  using second = await connectDatagram(to);
  assertEquals(first.localAddr.port === second.localAddr.port, false);
  server.close();
});

Deno.test("close ends a receive that waits, and may be called again", async () => {
  const connection = await connectDatagram({ hostname: "127.0.0.1", port: 9 });
  const waiting = within(10, connection.receive());
  connection.close();
  connection.close();
  await assertRejects(() => waiting);
  await assertRejects(() => within(10, connection.receive()));
  await assertRejects(() => connection.send(new Uint8Array(1)));
});

Deno.test("connectDatagram's signal closes it, and its reason is the error", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const connection = await connectDatagram({ hostname: "127.0.0.1", port: 9, signal });
  const waiting = within(10, connection.receive());
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  await assertRejects(() => connection.send(new Uint8Array(1)), Error, "enough");
  await assertRejects(
    () => connectDatagram({ hostname: "127.0.0.1", port: 9, signal }),
    Error,
    "enough",
  );
});

Deno.test("connectDatagram rejects an unknown host", async () => {
  const connecting = (): Promise<unknown> =>
    connectDatagram({ hostname: "nosuch.invalid", port: 9 });
  await assertRejects(connecting, Error, "Unknown host nosuch.invalid");
});

Deno.test("connectDatagram opens a socket of the peer's family, on loopback for loopback alone", async () => {
  const { listenDatagram } = Deno;
  const cases: [hostname: string, local: string, remote: string, bind?: string][] = [
    ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
    ["127.7.7.7", "127.0.0.1", "127.7.7.7"],
    ["0.0.0.0", "127.0.0.1", "127.0.0.1"],
    ["192.0.2.1", "0.0.0.0", "192.0.2.1"],
    ["::1", "::1", "::1"],
    ["::", "::1", "::1"],
    ["2001:db8::1", "::", "2001:db8::1"],
    ["192.0.2.1", "192.0.2.7", "192.0.2.1", "192.0.2.7"],
    ["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"],
    ["2001:db8::1", "2001:db8::7", "2001:db8::1", "2001:db8::7"],
  ];
  for (const [hostname, local, remote, bind] of cases) {
    const sent: [octets: number, to: unknown][] = [];
    let listened: unknown;
    try {
      Deno.listenDatagram = ((options: unknown) => {
        listened = options;
        return {
          addr: { transport: "udp", hostname: local, port: 4242 },
          send: (
            data: Uint8Array,
            to: unknown,
          ) => (sent.push([data.length, to]), Promise.resolve(0)),
          close: () => {},
        };
      }) as unknown as typeof Deno.listenDatagram;
      using connection = await connectDatagram({ hostname, port: 123, bind });
      assertEquals(listened, { transport: "udp", hostname: local, port: 0 });
      assertEquals(connection.remoteAddr, { transport: "udp", hostname: remote, port: 123 });
      assertEquals(connection.localAddr.port, 4242);
      await connection.send(new Uint8Array(7));
    } finally {
      Deno.listenDatagram = listenDatagram;
    }
    // The first one goes to the socket itself.
    const loopback = bind ?? (hostname.includes(":") ? "::1" : "127.0.0.1");
    assertEquals(sent, [
      [0, { transport: "udp", hostname: loopback, port: 4242 }],
      [7, { transport: "udp", hostname: remote, port: 123 }],
    ]);
  }
});

Deno.test({
  name: "connectDatagram needs no permission but that for its peer",
  permissions: { net: ["127.0.0.2", "127.0.0.1:0"] },
  async fn(): Promise<void> {
    using connection = await connectDatagram({ hostname: "127.0.0.2", port: 9 });
    assertEquals(connection.remoteAddr.hostname, "127.0.0.2");
  },
});

Deno.test("a datagram of the greatest length arrives whole", async () => {
  const server = peer();
  using connection = await connectDatagram({ hostname: "127.0.0.1", port: server.addr.port });
  const octets = new Uint8Array(65_507).fill(7);
  await server.send(octets, connection.localAddr);
  assertEquals(await within(10, connection.receive()), octets);
  server.close();
});
