/** Servers on all addresses of this machine, which need the permission to read their list. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ListenError, serve } from "../../mod.ts";
import { collectingLog } from "../support/collecting_log.ts";
import { type Needs, where } from "../support/needs.ts";
import { UdpClient } from "../support/udp_client.ts";
import { eachWay, settled } from "./transports.ts";
import { queryOnce } from "../support/query_once.ts";

const FREE = "asctime://127.0.0.1:0";

const ownAddresses: Needs = {
  ipv6: true,
  permissions: [{ name: "sys", kind: "networkInterfaces" }],
};

for (const [wildcard, family] of [["0.0.0.0", "IPv4"], ["[::]", "IPv6"]] as const) {
  (await eachWay(`${wildcard} replies from the address that was queried`, async (way) => {
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
  }, ownAddresses)).forEach((test) => Deno.test(test));
}

(await eachWay("0.0.0.0 and [::] share a port without sharing requests", async (way) => {
  await using four = await serve("asctime://0.0.0.0:0", way);
  const port = four.addresses[0]?.port ?? 0;
  await using six = await serve(`asctime://[::]:${port}`, way);
  await queryOnce(`asctime://127.0.0.1:${port}`);
  await queryOnce(`asctime://[::1]:${port}`);
  assertEquals(await settled(four, 1), { answered: 1 });
  assertEquals(await settled(six, 1), { answered: 1 });
}, ownAddresses)).forEach((test) => Deno.test(test));

(await eachWay("a port in use is named, whichever program has it", async (way) => {
  for (const [first, second] of [[{}, way], [way, {}], [way, way]] as const) {
    await using server = await serve(FREE, first);
    const [{ url, port } = { url: "", port: 0 }] = server.addresses;
    const error = await assertRejects(() => serve([FREE, url], second), ListenError);
    assertEquals([error.reason, error.hostname, error.port], ["in_use", "127.0.0.1", port]);
    // A wildcard takes its port of every address.
    const all = await assertRejects(() => serve(`asctime://0.0.0.0:${port}`, second), ListenError);
    assertEquals([all.reason, all.port], ["in_use", port]);
    await queryOnce(url);
    assertEquals(await settled(server, 1), { answered: 1 });
  }
}, ownAddresses)).forEach((test) => Deno.test(test));

(await eachWay("the broadcast address of a network of this machine is refused", async (way) => {
  const error = await assertRejects(() => serve("ntp://127.255.255.255:0", way), ListenError);
  assertEquals(error.reason, "not_unicast");
}, ownAddresses)).forEach((test) => Deno.test(test));

Deno.test(
  await where(
    ownAddresses,
    "a wildcard is served without the addresses that are gone",
    async () => {
      const { networkInterfaces } = Deno;
      const address = (address: string): Deno.NetworkInterfaceInfo => ({
        ...{ name: "lo", family: "IPv4", address, netmask: "255.0.0.0", scopeid: null },
        ...{ cidr: `${address}/8`, mac: "00:00:00:00:00:00" },
      });
      Deno.networkInterfaces = () => [address("192.0.2.250"), address("127.0.0.1")];
      try {
        const log = collectingLog();
        const options = { transport: "datagram", log } as const;
        await using server = await serve(["asctime://0.0.0.0:0", "asctime://[::]:0"], options);
        assertEquals(server.addresses.map(({ hostname }) => hostname), ["127.0.0.1"]);
        await log.flush();
        assertMatch(
          log.text(),
          /Warning: Cannot listen on udp 192\.0\.2\.250:0: not an address of/,
        );
        assertMatch(
          log.text(),
          /Warning: Cannot listen on udp \[::\]:0: this machine has no addresses/,
        );
        const error = await assertRejects(() => serve("asctime://[::]:0", options), ListenError);
        assertEquals(error.reason, "unsupported_family");
      } finally {
        Deno.networkInterfaces = networkInterfaces;
      }
    },
  ),
);
