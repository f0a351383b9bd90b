import { assertEquals } from "@std/assert";
import type { RawDatagram } from "../../../src/explain/capture/datagram.ts";
import { DatagramStore } from "../../../src/explain/capture/datagram_store.ts";
import {
  ExchangeFinder,
  type FoundExchange,
} from "../../../src/explain/capture/exchange_finder.ts";
import { ntpRequest } from "../../../src/protocols/ntp/protocol.ts";
import { ntpReply } from "../../support/scripted_server.ts";

const server = { address: Uint8Array.of(192, 0, 2, 2), port: 37 };
const client = (number: number) => ({ address: Uint8Array.of(10, 0, 0, number), port: 4000 });
const time = { seconds: 0, nanoseconds: 0 };

const request = (
  number: number,
  { port = 37, octets = new Uint8Array() as Uint8Array } = {},
): RawDatagram => ({
  time,
  from: client(number),
  to: { ...server, port },
  octets,
});
const reply = (
  number: number,
  { port = 37, octets = new Uint8Array(4) as Uint8Array } = {},
): RawDatagram => ({
  time,
  from: { ...server, port },
  to: client(number),
  octets,
});

/** Numbers of the datagrams of exchanges as they are emitted, and the slots that are still in use. */
function find(
  datagrams: readonly RawDatagram[],
  limits: { exchanges: number; longOctets: number },
): { before: string[]; atEnd: string[]; leaked: number } {
  const store = new DatagramStore();
  const finder = new ExchangeFinder(store, {}, limits);
  const numbers = new Map<number, number>();
  const drain = (isEnd: boolean): string[] => {
    const found: string[] = [];
    const take = (slot: number | undefined): string => {
      if (slot === undefined) return "";
      store.remove(slot);
      return String(numbers.get(slot));
    };
    for (let each: FoundExchange | undefined; (each = finder.take(isEnd));) {
      found.push(`${take(each.request)}>${take(each.reply)}`);
    }
    return found;
  };
  const before = datagrams.flatMap((datagram, i) => {
    const slot = store.add(datagram);
    numbers.set(slot, i + 1);
    finder.add(slot);
    return drain(false);
  });
  const atEnd = drain(true);
  // Slots that were removed are given out again before a new one.
  const fresh = Array.from(datagrams, (datagram) => store.add(datagram));
  return { before, atEnd, leaked: Math.max(...fresh) + 1 - fresh.length };
}

Deno.test("ExchangeFinder emits the exchanges in order, once no reply to the first may come", () => {
  const limits = { exchanges: 4, longOctets: 1000 };
  const long = { octets: new Uint8Array(600) };
  const ntp = ntpRequest().octets;
  const ntpAt4000 = { port: 4001, octets: ntp };
  const cases: readonly (readonly [string, RawDatagram[], before: string[], atEnd: string[]])[] = [
    ["answered", [request(1), reply(1)], ["1>2"], []],
    ["not answered", [request(1)], [], ["1>"]],
    ["answered late", [request(1), request(2), reply(2), reply(1)], ["1>4", "2>3"], []],
    ["only replies", [reply(1), reply(1)], [">1", ">2"], []],
    ["answered twice", [request(1), reply(1), reply(1)], ["1>2", ">3"], []],
    ["too many", [1, 2, 3, 4, 1, 2].map((i) => request(i)), ["1>", "2>", "3>"], ["4>", "5>", "6>"]],
    ["forgotten", [...[1, 2, 3, 4].map((i) => request(i)), reply(1)], ["1>", "2>"], [
      "3>",
      "4>",
      ">5",
    ]],
    ["not forgotten", [...[1, 2, 3].map((i) => request(i)), reply(1)], ["1>4"], ["2>", "3>"]],
    ["too long", [request(1, long), request(2, long)], ["1>"], ["2>"]],
    ["no longer too long", [request(1, long), reply(1, long), request(2, long)], ["1>2"], ["3>"]],
    ["doubtful", [request(1, ntpAt4000), request(2), reply(2)], [], ["2>3"]],
    ["doubtful no more", [request(1, ntpAt4000), reply(1, { port: 4001, octets: ntpReply(ntp) })], [
      "1>2",
    ], []],
    ["of no service", [request(1, { port: 4001 }), reply(1, { port: 4001 })], [], []],
    ["of another client", [request(1), reply(2)], [], ["1>", ">2"]],
    ["of another port", [request(1), { ...reply(1), to: { ...client(1), port: 4001 } }], [], [
      "1>",
      ">2",
    ]],
    ["latest first", [request(1), request(1), reply(1), reply(1)], ["1>4", "2>3"], []],
  ];
  for (const [name, datagrams, before, atEnd] of cases) {
    assertEquals(find(datagrams, limits), { before, atEnd, leaked: 0 }, name);
  }
});

Deno.test("ExchangeFinder tells IPv4 addresses from IPv6 ones of the same octets", () => {
  const limits = { exchanges: 4, longOctets: 1000 };
  const wide = ({ address, port }: RawDatagram["from"]) => {
    const longer = new Uint8Array(16);
    longer.set(address);
    return { address: longer, port };
  };
  const { from, to, ...rest } = reply(1);
  const other = { ...rest, from: wide(from), to: wide(to) };
  assertEquals(find([request(1), other], limits).atEnd, ["1>", ">2"]);
});

Deno.test("ExchangeFinder finds any of thousands of open requests, and forgets those emitted", () => {
  const count = 3000;
  const numbered = (i: number) => ({ address: Uint8Array.of(10, 0, i >>> 8, i & 255), port: 4000 });
  const requests = Array.from({ length: count }, (_, i) => ({ ...request(0), from: numbered(i) }));
  const replies = Array.from({ length: count }, (_, i) => ({ ...reply(0), to: numbered(i) }));
  const all = [...requests, ...replies.toReversed(), ...replies];
  const { before, atEnd, leaked } = find(all, { exchanges: count + 1, longOctets: 0 });
  assertEquals(before, [
    ...Array.from({ length: count }, (_, i) => `${i + 1}>${2 * count - i}`),
    ...Array.from({ length: count }, (_, i) => `>${2 * count + i + 1}`),
  ]);
  assertEquals([atEnd, leaked], [[], 0]);
});
