import { assertEquals } from "@std/assert";
import type { ClientList, ClientState } from "../../../src/client/control_api.ts";
import { maskClients } from "../../../src/server/http/clients.ts";

Deno.test("maskClients leaves the network of each client", () => {
  const table = {
    "192.0.2.77": "192.0.2.0/24",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48",
    "fe80::1": "fe80::/48",
    "::ffff:198.51.100.9": "198.51.100.0/24",
  };
  const clients = Object.keys(table).map((address) => ({ address, port: 123 } as ClientState));
  const list = maskClients({ clients, total: 4 } as unknown as ClientList);
  assertEquals(list.clients.map(({ address }) => address), Object.values(table));
  assertEquals([list.total, list.clients[0]?.port], [4, 123]);
});
