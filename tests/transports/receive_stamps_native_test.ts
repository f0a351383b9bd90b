import { assert, assertEquals } from "@std/assert";
import { connectDatagram } from "../../src/transports/connect_datagram.ts";
import { openReceiveStamps } from "../../src/transports/receive_stamps.ts";
import { where } from "../support/needs.ts";
import { within } from "../support/wait.ts";

/** Occupies the thread, as another program would the processor. */
function holdUp(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs;);
}

function nowNs(): bigint {
  return Temporal.Now.instant().epochNanoseconds;
}

const native = { linux: true, permissions: [{ name: "ffi" }] } as const;

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test(
    await where(
      { ...native, ipv6: hostname === "::1" },
      `a connection to ${hostname} tells when each datagram arrived, however late it is read`,
      async () => {
        const server = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
        const { port } = server.addr as Deno.NetAddr;
        using connection = await connectDatagram({ hostname, port });
        using other = await connectDatagram({ hostname, port });
        // The first timestamps of a machine may be those of the reading: the kernel turns them on in the background.
        for (let exchange = 0; exchange < 5; exchange++) {
          const before = nowNs();
          await server.send(new Uint8Array([1]), connection.localAddr);
          const sent = nowNs();
          holdUp(20);
          await server.send(new Uint8Array([2]), other.localAddr);
          assertEquals(await within(10, connection.receive()), new Uint8Array([1]));
          await within(10, other.receive());
          const [arrival = 0n, later = 0n] = [connection, other].map((each) =>
            each.receivedAt?.()?.epochNanoseconds
          );
          assert(before <= arrival && (exchange === 0 || arrival <= sent), `${arrival - before}`);
          assert(sent < later && later <= nowNs(), `${later - sent}`);
        }
        connection.close();
        assertEquals(connection.receivedAt?.(), undefined);
        server.close();
      },
    ),
  );
}

Deno.test(
  await where(
    { ...native, ipv6: true },
    "openReceiveStamps finds a socket among others on its port",
    async () => {
      // Opened first, they have the lower descriptors.
      using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = tcp.addr;
      const sockets = ["127.0.0.2", "::1", "127.0.0.1"].map((hostname) =>
        Deno.listenDatagram({ transport: "udp", hostname, port })
      );
      const socket = sockets[2] as Deno.DatagramConn;
      const readStamp = openReceiveStamps(socket.addr as Deno.NetAddr);
      assertEquals(readStamp?.(), undefined);
      const before = nowNs();
      await socket.send(new Uint8Array([1]), socket.addr);
      await within(10, socket.receive());
      const stamp = readStamp?.() ?? 0n;
      assert(before <= stamp && stamp <= nowNs(), `${stamp - before}`);
      assertEquals(openReceiveStamps({ transport: "udp", hostname: "127.0.0.3", port }), undefined);
      for (const each of sockets) each.close();
    },
  ),
);

Deno.test({
  name: "a connection without the permission ffi knows no arrivals",
  permissions: { net: true },
  async fn(): Promise<void> {
    const server = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const { port } = server.addr as Deno.NetAddr;
    using connection = await connectDatagram({ hostname: "127.0.0.1", port });
    await server.send(new Uint8Array([1]), connection.localAddr);
    await within(10, connection.receive());
    assertEquals(connection.receivedAt?.(), undefined);
    server.close();
  },
});
