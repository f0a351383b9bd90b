/** Where a server listens, and from where it answers. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ListenError, query, serve } from "../../mod.ts";
import type { Needs } from "../support/needs.ts";
import { UdpClient } from "../support/udp_client.ts";
import { settled, testEach } from "./transports.ts";

const FREE = "asctime://127.0.0.1:0";

await testEach("one server has as many listeners as it is given", async (way) => {
  await using server = await serve([FREE, "ntp://127.0.0.1:0", FREE, "asctime://[::1]:0"], way);
  const { addresses } = server;
  assertEquals(addresses.map(({ protocol, hostname }) => `${protocol} ${hostname}`), [
    "asctime 127.0.0.1",
    "ntp 127.0.0.1",
    "asctime 127.0.0.1",
    "asctime ::1",
  ]);
  assertEquals(new Set(addresses.slice(0, 3).map(({ port }) => port)).size, 3);
  assert(addresses.every(({ port }) => port > 0));
  await Promise.all(addresses.map(({ url }) => query(url)));
  assertEquals(await settled(server, 4), { answered: 4 });
}, { ipv6: true });

await testEach("a listener's name is resolved", async (way) => {
  await using server = await serve("asctime://localhost:0", way);
  assert(["127.0.0.1", "::1"].includes(server.addresses[0]?.hostname ?? ""));
  await query(server.addresses[0]?.url ?? "");
});

const ownAddresses: Needs = {
  ipv6: true,
  permissions: [{ name: "sys", kind: "networkInterfaces" }],
};

for (const [wildcard, family] of [["0.0.0.0", "IPv4"], ["[::]", "IPv6"]] as const) {
  await testEach(`${wildcard} answers from the address that was asked`, async (way) => {
    await using server = await serve(`auto://${wildcard}:0`, way);
    const ports = new Set(server.addresses.map(({ port }) => port));
    // Port 0 is chosen once for all of them.
    assertEquals(ports.size, 1);
    const [port = 0] = ports;
    let asked = 0;
    for (const { family: other, address: hostname } of Deno.networkInterfaces()) {
      // A link-local address is nothing without its zone: tests/e2e/network_test.ts has them.
      if (other !== family || hostname.startsWith("fe80:")) continue;
      using client = new UdpClient(wildcard === "[::]" ? "::" : wildcard);
      await client.send(new Uint8Array(1), { hostname, port });
      const { from, octets } = await client.receive();
      assertEquals([from.hostname, from.port, octets.length], [hostname, port, 24]);
      asked++;
    }
    assertEquals(await settled(server, asked), { answered: asked });
  }, ownAddresses);
}

await testEach("0.0.0.0 and [::] share a port without sharing requests", async (way) => {
  await using four = await serve("asctime://0.0.0.0:0", way);
  const port = four.addresses[0]?.port ?? 0;
  await using six = await serve(`asctime://[::]:${port}`, way);
  await query(`asctime://127.0.0.1:${port}`);
  await query(`asctime://[::1]:${port}`);
  assertEquals(await settled(four, 1), { answered: 1 });
  assertEquals(await settled(six, 1), { answered: 1 });
}, ownAddresses);

await testEach("a port that is taken is named, whoever has it", async (way) => {
  for (const [first, second] of [[{}, way], [way, {}], [way, way]] as const) {
    await using server = await serve(FREE, first);
    const [{ url, port } = { url: "", port: 0 }] = server.addresses;
    const error = await assertRejects(() => serve([FREE, url], second), ListenError);
    assertEquals([error.reason, error.hostname, error.port], ["in-use", "127.0.0.1", port]);
    // A wildcard takes its port of every address.
    const all = await assertRejects(() => serve(`asctime://0.0.0.0:${port}`, second), ListenError);
    assertEquals([all.reason, all.port], ["in-use", port]);
    await query(url);
    assertEquals(await settled(server, 1), { answered: 1 });
  }
}, ownAddresses);

await testEach("nothing is left open when one listener fails", async (way) => {
  await using other = await serve(FREE, way);
  const taken = other.addresses[0]?.url ?? "";
  const free = await serve(FREE, way);
  const first = free.addresses[0]?.url ?? "";
  await free.shutdown();
  await assertRejects(() => serve([first, taken], way), ListenError);
  await using again = await serve(first, way);
  assertEquals(again.addresses[0]?.url, first);
});

await testEach("what keeps a server from starting is said", async (way) => {
  for (
    const [url, reason] of [
      ["asctime://192.0.2.250:0", "not-of-this-machine"],
      ["asctime://[2001:db8::250]:0", "not-of-this-machine"],
      ["asctime://nosuch.invalid:0", "unknown-host"],
    ] as const
  ) {
    const error = await assertRejects(() => serve([FREE, url], way), ListenError);
    assertEquals(error.reason, reason);
  }
  await assertRejects(() => serve("asctime//x", way), SyntaxError, "Cannot read");
}, { ipv6: true });
