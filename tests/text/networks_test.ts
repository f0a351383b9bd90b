import { assertEquals } from "@std/assert";
import { isWithin, parseNetworks } from "../../src/text/networks.ts";

Deno.test("an address is within a network of its own family, mapped or not", () => {
  const table: [address: string, network: string, expected: boolean][] = [
    ["192.0.2.1", "192.0.2.0/24", true],
    ["::ffff:192.0.2.1", "192.0.2.0/24", true],
    ["192.0.3.1", "192.0.2.0/24", false],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "0.0.0.0/0", true],
    ["2001:db8::1", "0.0.0.0/0", false],
    ["2001:db8:1::1", "2001:db8::/32", true],
    ["2001:db9::1", "2001:db8::/32", false],
    ["2001:db8::1%eth0", "2001:db8::/33", true],
    ["2001:db8:8000::1", "2001:db8::/33", false],
    ["2001:db8::1", "all", true],
    ["time.example", "all", false],
  ];
  for (const [address, network, expected] of table) {
    assertEquals(isWithin(address, parseNetworks(network)), expected, `${address} ${network}`);
  }
});
