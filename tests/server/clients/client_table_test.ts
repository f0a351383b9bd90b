import { assert, assertEquals } from "@std/assert";
import type { ClientsQuery } from "../../../src/client/clients_query.ts";
import type { ClientList, ClientState } from "../../../src/client/control_api.ts";
import { encodeKind } from "../../../src/protocols/request_kind.ts";
import {
  allocateClients,
  type ClientMemory,
  ClientTable,
  type Outcome,
  outcome,
} from "../../../src/server/clients/client_table.ts";
import { listClients } from "../../../src/server/clients/list_clients.ts";
import { countRecentClients } from "../../../src/server/clients/client_tables.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";

const START_MS = 1_800_000_000_000;
const ntp = encodeKind("ntp", Uint8Array.from({ length: 48 }, () => 0x23));
const text = encodeKind("asctime", new Uint8Array());

/** A table, and times in seconds after its start. */
class TestTable {
  readonly memory: ClientMemory;
  readonly #table: ClientTable;

  constructor(capacity = 16) {
    this.memory = allocateClients(capacity);
    this.#table = new ClientTable(this.memory);
  }

  count(
    hostname: string,
    seconds: number,
    result: Outcome = outcome.answered,
    { kind = ntp, port = 5000 } = {},
  ): void {
    const readAddress = (words: Uint32Array): void => void parseIpWords(hostname, words);
    this.#table.count({ port, readAddress }, START_MS + seconds * 1000, result, kind);
  }

  list(seconds: number, query?: ClientsQuery): ClientList {
    return list([this], seconds, query);
  }
}

function list(tables: readonly TestTable[], seconds: number, query?: ClientsQuery): ClientList {
  return listClients(tables.map(({ memory }) => memory), START_MS + seconds * 1000, query);
}

const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();

const addresses = ({ clients }: ClientList): string[] => clients.map(({ address }) => address);

Deno.test("each request of a client is in one count, beside its protocol, times and interval", () => {
  const table = new TestTable();
  table.count("192.0.2.1", 1);
  table.count("192.0.2.1", 3, outcome.kisses);
  table.count("192.0.2.1", 5, outcome.denied);
  table.count("192.0.2.1", 5, outcome.denied);
  table.count("192.0.2.1", 9, outcome.limited);
  table.count("192.0.2.1", 10, outcome.refused, { kind: text, port: 7 });
  table.count("192.0.2.1", 13, outcome.failed);
  table.count("2001:db8::1", 12, outcome.answered, { kind: text, port: 9 });
  const first: ClientState = {
    ...{ address: "192.0.2.1", port: 5000, protocol: "ntp", version: 4 },
    ...{ requests: 7, answered: 1, kisses: 1, denied: 2, limited: 1, refused: 1 },
    rate: 0,
    interval: 2,
    firstSeen: at(1),
    lastSeen: at(13),
  };
  const second: ClientState = {
    ...{ address: "2001:db8::1", port: 9, protocol: "asctime", version: null },
    ...{ requests: 1, answered: 1, kisses: 0, denied: 0, limited: 0, refused: 0 },
    rate: 0,
    interval: null,
    firstSeen: at(12),
    lastSeen: at(12),
  };
  assertEquals(table.list(30), {
    clients: [first, second],
    now: at(30),
    total: 2,
    capacity: 16,
    dropped: 0,
    unlisted: 0,
  });
});

Deno.test("a rate is that of the last ten seconds, exact at a steady one", () => {
  const table = new TestTable();
  const rate = (seconds: number, name = "192.0.2.1"): number | undefined =>
    table.list(seconds).clients.find(({ address }) => address === name)?.rate;
  for (let i = 0; i <= 200; i++) table.count("192.0.2.1", i / 2);
  assertEquals([rate(100), rate(100.4), rate(102), rate(110.1)], [2, 2, 0.5, 0]);
  const other = "192.0.2.2";
  for (let i = 0; i <= 100; i++) table.count(other, 200 + i * 2);
  assertEquals([400, 401.9, 404].map((seconds) => rate(seconds, other)), [0.5, 0.5, 0.25]);
  // From the start, but not from two requests at once.
  const young = "192.0.2.3";
  for (let i = 0; i <= 40; i++) table.count(young, 600 + i / 10);
  assert(Math.abs((rate(604, young) ?? 0) - 10) < 0.5, `${rate(604, young)}`);
  for (let i = 0; i < 2; i++) table.count("192.0.2.4", 700);
  assertEquals(rate(700, "192.0.2.4"), 1.1);
  // A clock that is set back by an hour makes neither a rate without limit nor one below 0.
  table.count(other, -3200);
  assertEquals([rate(-3200, other), rate(-3200)], [0.6, 0]);
  table.count(other, 300);
  assertEquals([rate(300, other), rate(290, other), rate(289, other)], [0.1, 0.1, 0]);
});

Deno.test("clients are listed in each order, and in pages", () => {
  const table = new TestTable(256);
  const outcomes = [outcome.answered, outcome.kisses, outcome.denied, outcome.limited];
  for (let i = 1; i <= 4; i++) {
    for (let j = 0; j <= i; j++) {
      table.count(`10.0.0.${i}`, j === 0 ? 10 - i : 20 + i + j / 10, outcomes[(i + j) % 4]);
    }
  }
  table.count("9.9.9.9", 5, outcome.refused);
  table.count("::1", 15, outcome.answered);
  const order = (sort: ClientsQuery["sort"]): string[] => addresses(table.list(25, { sort }));
  const all = ["10.0.0.4", "10.0.0.3", "10.0.0.2", "10.0.0.1", "::1", "9.9.9.9"];
  assertEquals(order("last"), all);
  assertEquals(addresses(table.list(25)), all);
  assertEquals(order("first")[0], "::1");
  assertEquals(order("requests").slice(0, 4), all.slice(0, 4));
  assertEquals(order("rate").slice(0, 2), ["10.0.0.4", "10.0.0.3"]);
  assertEquals(order("refused")[0], "9.9.9.9");
  assertEquals(order("address"), [
    "::1",
    "9.9.9.9",
    ...[1, 2, 3, 4].map((i) => `10.0.0.${i}`),
  ]);
  for (const sort of ["answered", "kisses", "denied", "limited"] as const) {
    const counts = table.list(25, { sort }).clients.map((client) => client[sort]);
    assertEquals(counts, counts.toSorted((a, b) => b - a), sort);
    assertEquals(counts.length, 6);
    assert((counts[0] ?? 0) > (counts[5] ?? 0), sort);
  }
  const page = table.list(25, { limit: 2, skip: 3 });
  assertEquals([addresses(page), page.total], [all.slice(3, 5), 6]);
  assertEquals(addresses(table.list(25, { skip: 6 })), []);
});

Deno.test("a full table drops the client that was seen longest ago, and counts what it forgot", () => {
  // All of its 16 places have one hash.
  const table = new TestTable(8);
  const name = (i: number): string => `10.0.0.${i}`;
  for (let i = 0; i < 16; i++) table.count(name(i), i);
  // The first two come again: the third is the oldest.
  for (const i of [0, 1, 1]) table.count(name(i), 20);
  table.count(name(2), 19);
  table.count("10.0.1.1", 30, outcome.denied);
  const { total, capacity, dropped, unlisted, clients } = table.list(40);
  assertEquals({ total, capacity, dropped, unlisted }, {
    total: 16,
    capacity: 8,
    dropped: 1,
    unlisted: 1,
  });
  assertEquals(clients.some(({ address }) => address === name(3)), false);
  assertEquals(clients.find(({ address }) => address === name(1))?.requests, 3);
  // One that comes back begins anew.
  table.count(name(3), 50);
  const again = table.list(50);
  assertEquals(again.clients.find(({ address }) => address === name(3))?.firstSeen, at(50));
  assertEquals([again.total, again.dropped, again.unlisted], [16, 2, 2]);
});

Deno.test("a table keeps ten thousand clients apart, whatever their addresses have in common", () => {
  const table = new TestTable(20_000);
  for (let i = 0; i < 10_000; i++) {
    const [high, low] = [i >> 8, i & 255];
    for (const name of [`10.0.${high}.${low}`, `2001:db8:${high}::${low + 1}`]) {
      table.count(name, 1);
      if (i % 3 === 0) table.count(name, 2);
    }
  }
  const { total, dropped, clients } = table.list(3, { sort: "requests", limit: 1000 });
  // 0.08 % are expected to find no room.
  assert(dropped < 60, `${dropped}`);
  assertEquals([total, clients.length], [20_000 - dropped, 1000]);
  assertEquals(new Set(addresses({ clients } as ClientList)).size, 1000);
  assertEquals(clients.every(({ requests }) => requests === 2), true);
});

Deno.test("the tables of several threads are one list", () => {
  const [first, second] = [new TestTable(), new TestTable()] as const;
  first.count("192.0.2.1", 1, outcome.answered, { port: 1 });
  first.count("192.0.2.1", 5, outcome.denied, { port: 2 });
  second.count("192.0.2.1", 3, outcome.answered, { kind: text, port: 3 });
  second.count("192.0.2.2", 4);
  const { clients, total, capacity } = list([first, second], 6);
  assertEquals([total, capacity, addresses({ clients } as ClientList)], [
    ...[2, 32],
    ["192.0.2.1", "192.0.2.2"],
  ]);
  const [merged] = clients;
  assertEquals(merged, {
    ...{ address: "192.0.2.1", port: 2, protocol: "ntp", version: 4 },
    ...{ requests: 3, answered: 2, kisses: 0, denied: 1, limited: 0, refused: 0 },
    // Two within 4 s in the first thread, and one in the second.
    rate: 0.585,
    interval: 2,
    firstSeen: at(1),
    lastSeen: at(5),
  });
  const [later] = list([second, first], 6).clients;
  assertEquals(later, merged);
  assertEquals(list([], 0), {
    ...{ clients: [], now: at(0), total: 0, capacity: 0, dropped: 0, unlisted: 0 },
  });
});

Deno.test("the clients of the last while are counted once, of all threads", () => {
  const [one, other] = [new TestTable(), new TestTable()];
  one.count("192.0.2.1", 0);
  one.count("192.0.2.2", 100);
  one.count("2001:db8::1", 300, outcome.limited);
  other.count("192.0.2.2", 200);
  other.count("192.0.2.4", 301);
  const count = (tables: readonly TestTable[], seconds: number): number =>
    countRecentClients(tables.map(({ memory }) => memory), START_MS + seconds * 1000);
  assertEquals([0, 1, 300, 301].map((since) => count([one], since)), [3, 2, 1, 0]);
  assertEquals([0, 101, 201, 302].map((since) => count([one, other], since)), [4, 3, 2, 0]);
  assertEquals(count([], 0), 0);
});
