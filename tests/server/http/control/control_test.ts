import { assert, assertEquals } from "@std/assert";
import { serve } from "../../../../mod.ts";
import { collectingLog } from "../../../support/collecting_log.ts";
import { assertDocumented, isDocumented } from "../../../support/documented.ts";
import { within } from "../../../support/wait.ts";
import { ask } from "../http.ts";
import { queryOnce } from "../../../support/query_once.ts";

type Url = `ntp://${string}`;

const control = "127.0.0.1:0";
const ntp = "ntp://127.0.0.1:0";
const own = "ntp://127.0.0.1:0?offset=+1h";

Deno.test("a server has no control interface by default", async () => {
  await using server = await serve(ntp);
  assertEquals(server.control, undefined);
});

Deno.test("every response is as documented, whatever the clock does", async () => {
  const clock = { time: "2028-12-31T18:00:00Z", leap: "insert@2028-12-31", noise: "2ms" };
  await using server = await serve([ntp, own], { control, clock, faults: { drop: 0 } });
  await queryOnce(server.addresses[1]?.url as Url);
  const steps = ["+2s@PT1H", "-1s@2029-01-01T00:00:00Z"];
  for (
    const [method, path, body] of [
      ["GET", "/state"],
      ["GET", "/clients"],
      ["PATCH", "/clock", { smear: "google", steps }],
      ["POST", "/clock", { time: "+275760-09-12T23:59:59Z", rate: 2 }],
      ["PUT", "/faults", { delay: { time: "1ms", path: "reply" } }],
      ["DELETE", "/faults"],
      ["POST", "/scenario", { name: "leap-insert" }],
      ["POST", "/reset"],
    ] as const
  ) {
    const { status, body: said } = await ask(server, method, path, { body });
    assertEquals(status, 200, JSON.stringify(said));
    assertDocumented(said, "control");
  }
  const { body: state } = await ask(server, "GET", "/state");
  for (
    const wrong of [
      { ...state, transport: "pigeon" },
      { ...state, listeners: [{ ...state.listeners[0], seed: undefined }] },
      { ...state, clock: { ...state.clock, smear: {} } },
      { ...state, clock: { ...state.clock, steps: [{ by: 1 }] } },
      { ...state, totals: { ...state.totals, refused: {} } },
      { schema: 1, clock: { ...state.clock, now: "soon" } },
      { schema: 1, clients: [{ address: "192.0.2.1" }], unlisted: 0 },
      { schema: 1, faults: [] },
      { schema: 1 },
    ]
  ) {
    const plain = JSON.parse(JSON.stringify(wrong));
    assert(!isDocumented(plain, "control"), JSON.stringify(plain));
  }
});

Deno.test("changes are logged without what has no effect, and without anything that a terminal obeys", async () => {
  const log = collectingLog({ format: "json" });
  await using server = await serve([ntp, own], { control, log });
  const url = server.addresses[1]?.url ?? "";
  const texts = { description: "long", clients: { chronyd: "follows" } };
  await ask(server, "POST", "/scenario", { body: { name: "a\u009b\u202e", faults: {}, ...texts } });
  await ask(server, "PATCH", `/clock?listener=${encodeURIComponent(url)}`, { body: { rate: 2 } });
  await ask(server, "DELETE", "/faults");
  await ask(server, "PUT", "/faults", { body: { dorp: 1 } });
  await ask(server, "GET", "/state");
  await log.flush();
  const changes = log.lines().map((line) => JSON.parse(line).change).filter(Boolean);
  assertEquals(changes, [
    'POST /scenario {"name":"a\\u009b\\u202e","faults":{}}',
    `PATCH /clock of ${url} {"rate":2}`,
    "DELETE /faults",
  ]);
});

Deno.test("on an address with the HTTP interface, its paths are suggested too", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { control, http: control });
  const { body } = await ask(server, "GET", "/tim");
  assertEquals(body.error, "There is no /tim: did you mean /time?");
  const { body: all } = await ask(server, "GET", "/nothing");
  assertEquals(
    all.error,
    "There is no /nothing: expected /state, /clients, /exchanges, /sources, /clock, /faults, " +
      "/scenario, /access, /access/check, /reset, /time, /time.txt, /timesync, /timesync.js, " +
      "/api/timezone/, /healthz, /livez, /readyz, /metrics, /history, /events or /",
  );
});

Deno.test("a server with half a request on its control interface stops all the same", async () => {
  const server = await serve(ntp, { control });
  const { port } = new URL(server.control?.url ?? "");
  const waiting = [
    "",
    "GET /st",
    "POST /clock HTTP/1.1\r\nHost: localhost\r\n" +
    "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
  ];
  const connections = await Promise.all(waiting.map(async (text) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await connection.write(new TextEncoder().encode(text));
    return connection;
  }));
  await ask(server, "GET", "/state");
  await within(5, server.shutdown());
  for (const connection of connections) connection.close();
});
