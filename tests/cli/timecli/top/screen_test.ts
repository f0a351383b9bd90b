import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  countRows,
  drawTop,
  formatTable,
  type TopView,
} from "../../../../src/cli/timecli/top/screen.ts";
import type { ClientsAnswer, ClientState } from "../../../../src/client/control_api.ts";
import { samples } from "../../../client/control_samples.ts";

const plain = (text: string): string => text;

function client(i: number, change: Partial<ClientState> = {}): ClientState {
  return {
    ...{ address: `192.0.2.${i}`, port: 123, protocol: "ntp", version: 4 },
    ...{ requests: 100 * i, answered: 100 * i, kisses: 0, denied: 0, limited: 0, refused: 0 },
    ...{ rate: i / 2, interval: 2 / i },
    firstSeen: "2026-11-28T11:00:00.000Z",
    lastSeen: "2026-11-28T11:59:58.500Z",
    ...change,
  };
}

const list: ClientsAnswer = {
  schema: 1,
  clients: [
    client(3),
    client(2, { answered: 20, denied: 180 }),
    client(1, { address: "2001:db8:1234:5678:9abc:def0:1234:5678" }),
  ],
  now: "2026-11-28T12:00:00.000Z",
  total: 1234,
  capacity: 65_536,
  dropped: 0,
  unlisted: 0,
};

const view: TopView = {
  url: "http://127.0.0.1:8890",
  sort: "rate",
  isPaused: false,
  hasKeys: true,
  isAscii: false,
  latest: { list, state: samples.state },
  receivedPerSecond: 1234.5,
  failure: undefined,
  paint: { bold: plain, good: plain, odd: (text) => `!${text}`, bad: (text) => `!!${text}` },
};

Deno.test("the screen of top has the server, the clients and the keys", () => {
  assertEquals(drawTop(view, { columns: 100, rows: 9 }), [
    "timecli top   http://127.0.0.1:8890   up 1 h 0 min",
    "1,230/s; 12 received, 9 answered, 0 refused, 0 errors",
    "1,234 clients, by rate",
    "CLIENT                   PROTOCOL   RATE  REQUESTS  ANSWERED  KOD  DENIED  LIMITED  REFUSED     LAST",
    "192.0.2.3                NTP v4    1.5/s       300       300    0       0        0        0  1 s ago",
    "!192.0.2.2                NTP v4      1/s       200        20    0     180        0        0  1 s ago",
    "2001:db8:12…0:1234:5678  NTP v4    0.5/s       100       100    0       0        0        0  1 s ago",
    "",
    "q quit  p pause  sort: r rate  a answered  k KoD  d denied  l limited  t last",
  ]);
});

Deno.test("a narrow screen of top has fewer columns, but that of the order, and fits", () => {
  const narrow = { columns: 40, rows: 10 };
  const head = (sort: TopView["sort"]): string | undefined => drawTop({ ...view, sort }, narrow)[3];
  assertMatch(head("rate") ?? "", /^CLIENT +RATE +LAST$/);
  assertMatch(head("denied") ?? "", /^CLIENT +RATE +DENIED +LAST$/);
  assertMatch(head("first") ?? "", /^CLIENT +RATE +FIRST/);
  for (const sort of ["last", "kisses", "address"] as const) {
    for (const columns of [20, 40, 80, 300]) {
      for (const rows of [1, 2, 5, 6, 24]) {
        const lines = drawTop({ ...view, sort }, { columns, rows });
        assertEquals(lines.length, rows);
        for (const line of lines) assert(line.replace(/^!+/, "").length <= columns, line);
      }
    }
  }
});

Deno.test("the screen of top tells what keeps it from showing clients, and pauses", () => {
  const small = { columns: 80, rows: 8 };
  const waiting = drawTop({ ...view, latest: undefined, isPaused: true }, small);
  assertEquals(waiting.slice(0, 3), [
    "timecli top   http://127.0.0.1:8890   paused",
    "Waiting for the server",
    "",
  ]);
  assertMatch(waiting[7] ?? "", /^q quit {2}p resume {2}/);
  const failed = drawTop({ ...view, failure: "No reply" }, small);
  assertEquals([failed[1], failed[4]?.slice(0, 9)], ["!!No reply", "192.0.2.3"]);
  const none = { ...list, clients: [], total: 0, capacity: 0 };
  const lines = drawTop({ ...view, latest: { list: none, state: samples.state } }, small);
  assertEquals(lines[2], "Clients are not counted: the server runs with --max-clients 0");
});

Deno.test("a list as lines has all columns, and nothing that a terminal obeys", () => {
  const evil = {
    ...list,
    clients: [client(1, { address: "\x1b[2J\u202e" })],
    dropped: 1,
    unlisted: 2,
  };
  assertEquals(formatTable(evil, "last").split("\n"), [
    "2026-11-28T12:00:00.000Z  1,234 clients; 1 earlier client with 2 requests made room for others, by last",
    "CLIENT           PROTOCOL   RATE  REQUESTS  ANSWERED  KOD  DENIED  LIMITED  REFUSED  INTERVAL" +
    "          FIRST     LAST",
    "\\x1b[2J\\u{202e}  NTP v4    0.5/s       100       100    0       0        0        0   2.000 s" +
    "  1 h 0 min ago  1 s ago",
  ]);
});

Deno.test("countRows fills a screen, but asks for no more clients than a server lists", () => {
  const counts = [2, 6, 24, 1005, 2000].map((rows) => countRows({ columns: 80, rows }));
  assertEquals(counts, [1, 1, 19, 1000, 1000]);
});
