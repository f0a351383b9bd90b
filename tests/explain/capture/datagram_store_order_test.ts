import { assertEquals } from "@std/assert";
import { DatagramStore, TimeOrder } from "../../../src/explain/capture/datagram_store.ts";

const address = { address: new Uint8Array(4), port: 1 };

/** The places of datagrams of the given times as they are taken: each time one is added, and at the end. */
function order(
  times: readonly (readonly [seconds: number, nanoseconds: number])[],
  limits = { datagrams: 4, longOctets: 1000 },
  length = 0,
): number[][] {
  const store = new DatagramStore();
  const waiting = new TimeOrder(store, limits);
  const taken = times.map(([seconds, nanoseconds]) => {
    const time = { seconds, nanoseconds };
    waiting.add(store.add({ time, from: address, to: address, octets: new Uint8Array(length) }));
    const slots = waiting.take(false);
    slots.forEach((slot) => store.remove(slot));
    return slots;
  });
  return [...taken.filter((slots) => slots.length > 0), waiting.take(true)];
}

Deno.test("TimeOrder sorts by seconds, then nanoseconds, then the order of the file", () => {
  assertEquals(order([[1, 5], [2, 0], [1, 4], [-3, 9], [1, 4]]), [[3, 2, 4, 0, 1]]);
  assertEquals(order([]), [[]]);
});

Deno.test("TimeOrder releases half of what waits when that is twice the window", () => {
  const reverse = Array.from({ length: 9 }, (_, i) => [9 - i, 0] as const);
  assertEquals(order(reverse.slice(0, 7)), [[6, 5, 4, 3, 2, 1, 0]]);
  // Slot 7, the earliest, is free again when the ninth datagram is added.
  assertEquals(order(reverse), [[7, 6, 5, 4], [4, 3, 2, 1, 0]]);
});

Deno.test("TimeOrder releases half when long datagrams have too many octets", () => {
  const times = [[1, 0], [2, 0], [3, 0]] as const;
  assertEquals(order(times, undefined, 400), [[0, 1], [2]]);
  assertEquals(order(times, undefined, 333), [[0, 1, 2]]);
});
