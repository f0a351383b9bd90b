import { assertEquals, assertRejects } from "@std/assert";
import { resolve, systemNetwork } from "../../src/client/network.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { replacing } from "../support/replacing.ts";
import { UdpClient } from "../support/udp_client.ts";

Deno.test("resolve gives addresses of the family asked for", async () => {
  assertEquals(await resolve("127.0.0.1"), ["127.0.0.1"]);
  assertEquals(await resolve("127.0.0.1", 4), ["127.0.0.1"]);
  assertEquals(await resolve("localhost", 4), ["127.0.0.1"]);
  const error = await assertRejects(() => resolve("127.0.0.1", 6), QueryError, "not an IPv6");
  assertEquals([error.reason, error.cause instanceof Error], ["unknown_host", true]);
});

Deno.test("a port is closed where this machine has the address and nothing listens", () => {
  using client = new UdpClient();
  const { port } = client.address;
  assertEquals(systemNetwork.isClosed("127.0.0.1", port), false);
  assertEquals(systemNetwork.isClosed("127.0.0.2", port), Deno.build.os === "linux");
  // Another machine, and a group, which any machine can bind.
  assertEquals(systemNetwork.isClosed("192.0.2.1", port), false);
  assertEquals(systemNetwork.isClosed("224.0.0.1", 0), false);
  // The port was released again.
  assertEquals(systemNetwork.isClosed("127.0.0.2", port), Deno.build.os === "linux");
});

Deno.test("Windows binds the port of a wildcard, which proves nothing", async () => {
  using client = new UdpClient();
  const { port } = client.address;
  await replacing([[Deno, { build: { ...Deno.build, os: "windows" } }]], async () => {
    assertEquals(await systemNetwork.isClosed("127.0.0.2", port), false);
  });
});

Deno.test({
  name: "resolve without the permission does not call a host unknown",
  permissions: { net: false },
  fn: async () => void await assertRejects(() => resolve("localhost"), Deno.errors.NotCapable),
});
