import { assertEquals } from "@std/assert";
import { RecentClients } from "../../../src/server/http/clients.ts";

const endpoint = { protocol: "ntp", hostname: "127.0.0.1", port: 123 } as const;

Deno.test("RecentClients counts by address and forgets the least recent client", () => {
  let nowMs = 0;
  const clients = new RecentClients(() => nowMs++);
  const request = (n: number, port = 1): void =>
    clients.request(endpoint, { hostname: `10.0.${n >> 8}.${n & 255}`, port });
  for (let n = 0; n < 256; n++) request(n);
  // One from the middle: room is made for a stranger only.
  request(100, 7);
  assertEquals(clients.list().length, 256);
  request(256);
  const list = clients.list();
  const at = (ms: string): string => `1970-01-01T00:00:00.${ms}Z`;
  assertEquals(list.length, 256);
  assertEquals(list.slice(0, 2), [
    { address: "10.0.1.0", port: 1, requests: 1, protocol: "ntp", lastSeen: at("257") },
    { address: "10.0.0.100", port: 7, requests: 2, protocol: "ntp", lastSeen: at("256") },
  ]);
  assertEquals(list.slice(-2).map(({ address }) => address), ["10.0.0.2", "10.0.0.1"]);
  assertEquals(list.filter(({ address }) => address === "10.0.0.100").length, 1);
});
