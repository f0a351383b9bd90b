import { assertEquals } from "@std/assert";
import { DatagramStore } from "../../../src/explain/capture/datagram_store.ts";

type Host = readonly [address: readonly number[], port: number];

const client: Host = [[10, 0, 0, 1], 4000];
const server: Host = [[192, 0, 2, 2], 123];
const long = (last: number): number[] => [0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), last];

Deno.test("DatagramStore knows a datagram that goes the other way by every address, port and family", () => {
  const cases: readonly (readonly [string, from: Host, to: Host, isReverse: boolean])[] = [
    ["the reply", server, client, true],
    ["the request again", client, server, false],
    ["from another server", [[192, 0, 2, 3], 123], client, false],
    ["to another client", server, [[10, 0, 0, 2], 4000], false],
    ["from another port", [server[0], 124], client, false],
    ["to another port", server, [client[0], 4001], false],
    ["of the other family", [[...server[0], ...new Array(12).fill(0)], 123], [
      [...client[0], ...new Array(12).fill(0)],
      4000,
    ], false],
  ];
  const store = new DatagramStore();
  const add = ([from, fromPort]: Host, [to, toPort]: Host): number =>
    store.add({
      time: { seconds: 0, nanoseconds: 0 },
      from: { address: Uint8Array.from(from), port: fromPort },
      to: { address: Uint8Array.from(to), port: toPort },
      octets: new Uint8Array(),
    });
  const request = add(client, server);
  for (const [name, from, to, isReverse] of cases) {
    assertEquals(store.isReverse(request, add(from, to)), isReverse, name);
  }
  const ipv6Request = add([long(1), 4000], [long(2), 123]);
  assertEquals(store.isReverse(ipv6Request, add([long(2), 123], [long(1), 4000])), true);
  assertEquals(store.isReverse(ipv6Request, add([long(3), 123], [long(1), 4000])), false);
});
