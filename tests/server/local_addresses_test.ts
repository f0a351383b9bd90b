import { assertEquals, assertRejects } from "@std/assert";
import { expandWildcard, resolveListener } from "../../src/server/local_addresses.ts";
import { FakeInterfaces } from "../support/interfaces.ts";
import { replacing } from "../support/replacing.ts";
import { ListenError } from "../../src/transports/listen_error.ts";

const machine = [
  ["lo", "127.0.0.1/8"],
  ["lo", "::1/128"],
  ["eth0", "192.0.2.5/24"],
  ["eth0", "192.0.2.6/24"],
  ["eth1", "192.0.2.5/24"],
  ["eth0", "2001:db8::5/64"],
  ["eth0", "fe80::5/64"],
  ["eth1", "fe80::5/64"],
  ["ptp0", "198.51.100.4/31"],
  ["ptp1", "203.0.113.7/32"],
  ["net30", "10.1.2.1/30"],
] as const;

Deno.test("expandWildcard gives the addresses of its family, link-local ones with their interface", () => {
  using _ = new FakeInterfaces(machine);
  const ipv4 = ["127.0.0.1", "192.0.2.5", "192.0.2.6", "198.51.100.4", "203.0.113.7", "10.1.2.1"];
  const ipv6 = ["::1", "2001:db8::5", "fe80::5%eth0", "fe80::5%eth1"];
  assertEquals(expandWildcard("0.0.0.0"), { hostnames: ipv4 });
  assertEquals(expandWildcard("::"), { hostnames: ipv6 });
  assertEquals(expandWildcard("0:0::0"), { hostnames: ipv6 });
});

Deno.test("expandWildcard names the zones of Windows by their numbers", async () => {
  const eth = { name: "Ethernet 2", family: "IPv6", scopeid: 7, mac: "" } as const;
  const interfaces = ["fe80::5", "2001:db8::5"].map((address) => ({ ...eth, address }));
  const permissions = { querySync: () => ({ state: "granted" }) };
  const networkInterfaces = () => interfaces;
  for (const [os, zone] of [["windows", "7"], ["darwin", "Ethernet 2"]] as const) {
    const fakes = { build: { ...Deno.build, os }, networkInterfaces };
    await replacing([[Deno, fakes], [Deno.permissions, permissions]], async () => {
      assertEquals(await expandWildcard("::"), { hostnames: [`fe80::5%${zone}`, "2001:db8::5"] });
    });
  }
});

Deno.test("expandWildcard leaves other addresses as they are, and reads no interfaces for them", () => {
  using interfaces = new FakeInterfaces(machine);
  for (const hostname of ["192.0.2.5", "fe80::5%eth0", "::1", "localhost"]) {
    assertEquals(expandWildcard(hostname), { hostnames: [hostname] });
  }
  assertEquals(interfaces.readings, 0);
});

Deno.test({
  name: "expandWildcard without the permission warns of replies from another address",
  permissions: { net: true, sys: false },
  fn(): void {
    for (const hostname of ["0.0.0.0", "::"]) {
      assertEquals(expandWildcard(hostname), {
        hostnames: [hostname],
        warning: `${hostname} is one socket for all addresses, so a reply may leave from an ` +
          "address that the client did not query, and be ignored; " +
          "--allow-sys=networkInterfaces fixes that",
      });
    }
  },
});

function resolve(hostname: string, family?: 4 | 6): Promise<string[]> {
  return resolveListener({ protocol: "ntp", hostname, port: 123 }, family);
}

Deno.test("resolveListener refuses what is the broadcast address of a network of this machine", async () => {
  using _ = new FakeInterfaces(machine);
  const refused = ["192.0.2.255", "10.1.2.3", "127.255.255.255", "255.255.255.255", "224.0.1.1"];
  for (const hostname of [...refused, "ff02::101"]) {
    const error = await assertRejects(() => resolve(hostname), ListenError);
    assertEquals([error.reason, error.hostname, error.port], ["not_unicast", hostname, 123]);
  }
  // Networks of two addresses, or one, have none; and others are not of this machine.
  for (const hostname of ["198.51.100.5", "203.0.113.7", "192.0.2.254", "192.0.3.255", "::1"]) {
    assertEquals(await resolve(hostname), [hostname]);
  }
});

Deno.test("resolveListener reads the interfaces only for what can be a broadcast address", async () => {
  using interfaces = new FakeInterfaces(machine);
  for (const hostname of ["127.0.0.1", "0.0.0.0", "192.0.2.254", "::1"]) await resolve(hostname);
  assertEquals(interfaces.readings, 0);
  assertEquals(await resolve("192.0.3.3"), ["192.0.3.3"]);
  assertEquals(interfaces.readings, 1);
});

Deno.test("resolveListener needs neither interfaces nor the permission to read them", async () => {
  using _ = new FakeInterfaces(new Error("too many open files"));
  assertEquals(await resolve("192.0.2.255"), ["192.0.2.255"]);
});

Deno.test("resolveListener says that a host is unknown, or that an address is not of the family", async () => {
  const unknown = await assertRejects(() => resolve("nosuch.invalid"), ListenError);
  assertEquals([unknown.hostname, unknown.port], ["nosuch.invalid", 123]);
  for (const [hostname, family] of [["127.0.0.1", 6], ["::1", 4]] as const) {
    const error = await assertRejects(() => resolve(hostname, family), ListenError);
    assertEquals(error.reason, "unknown_host");
    assertEquals((error.cause as Error).message, `${hostname} is not an IPv${family} address`);
  }
});

Deno.test({
  name: "resolveListener does not look up what the permission does not allow",
  permissions: { net: ["127.0.0.1"] },
  async fn(): Promise<void> {
    await assertRejects(() => resolve("time.example"), Deno.errors.NotCapable);
  },
});
