import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../../../src/clock/system_clock.ts";
import { GuardControl } from "../../../../src/server/guard/guard_control.ts";
import { ServedTime } from "../../../../src/clock/served_time.ts";
import type { ControlledServer } from "../../../../src/server/http/call.ts";
import { findRoute } from "../../../../src/server/http/control/routes.ts";
import { Counters, type Totals } from "../../../../src/transports/counters.ts";
import { serve } from "../../../../mod.ts";
import type { ServerState } from "../../../../src/client/control_api.ts";
import { ask, settings } from "../http.ts";
import { queryOnce } from "../../../support/query_once.ts";

type Url = `ntp://${string}`;

const control = "127.0.0.1:0";
const ntp = "ntp://127.0.0.1:0";
const own = "ntp://127.0.0.1:0?offset=+1h";

Deno.test("GET /state has clocks, listeners and totals", async () => {
  const clock = {
    time: "2028-12-31T12:00:00Z",
    rate: 0,
    leap: "insert@2028-12-31",
    steps: ["+2s@PT1H"],
    noise: "2ms",
  };
  await using server = await serve([ntp, own], { control, clock });
  await queryOnce(server.addresses[1]?.url as Url);
  const { status, body } = await ask(server, "GET", "/state");
  assertEquals([status, body.transport, body.answering], [200, "datagram", true]);
  assertEquals([body.clock.now, body.clock.rate, body.clock.leap], [
    "2028-12-31T12:00:00Z",
    0,
    "insert",
  ]);
  assertEquals(body.clock.leap_seconds, [{ kind: "insert", date: "2028-12-31" }]);
  assertEquals([body.clock.steps.length, body.clock.steps[0].by, body.clock.noise], [1, 2, 0.002]);
  assertEquals(
    body.listeners.map(({ url }: { url: string }) => url),
    server.addresses.map(({ url }) => url),
  );
  assertEquals([body.listeners[0].clock, body.listeners[1].clock.offset], [undefined, 3600]);
  assertEquals([body.totals.received, body.totals.answered], [1, 1]);
});

Deno.test("a clock is set, stepped and reset; a listener's own apart from the server's", async () => {
  await using server = await serve([ntp, own], { control });
  const url = server.addresses[1]?.url ?? "";
  const set = await ask(server, "PATCH", "/clock", {
    body: { time: "2036-02-07T06:28:10Z", freeze: true },
  });
  assertEquals([set.status, set.body.clock.now], [200, "2036-02-07T06:28:10Z"]);
  const stepped = await ask(server, "POST", "/clock", { body: { step: "-PT10S" } });
  assertEquals(stepped.body.clock.now, "2036-02-07T06:28:00Z");
  const path = `/clock?listener=${encodeURIComponent(url)}`;
  const shifted = await ask(server, "POST", path, { body: { offset: 1.5 } });
  assert(Math.abs(shifted.body.clock.offset - 1.5) < 1e-6, `${shifted.body.clock.offset}`);
  assertEquals(server.clock.now().toString(), "2036-02-07T06:28:00Z");
  const { body } = await ask(server, "POST", "/reset");
  assertEquals([body.clock.offset, body.clock.rate, body.listeners[1].clock.offset], [0, 1, 3600]);
});

Deno.test("a leap second and its smear are taken back by none", async () => {
  await using server = await serve(ntp, { control });
  const change = { time: "2028-12-31T18:00:00Z", leap: "insert@2028-12-31", smear: "google" };
  const { body } = await ask(server, "POST", "/clock", { body: change });
  assertEquals([body.clock.smear.shape, body.clock.smear.window], ["linear", 86_400]);
  assert(Math.abs(body.clock.smear.by + 0.25) < 0.01, JSON.stringify(body));
  const none = await ask(server, "POST", "/clock", { body: { leap: "none", smear: "none" } });
  assertEquals([none.body.clock.smear, none.body.clock.leap_seconds], [null, []]);
});

const mistakes:
  readonly (readonly [method: string, path: string, body: unknown, status: number, RegExp])[] = [
    ["GET", "/stat", undefined, 404, /There is no \/stat: did you mean \/state\?/],
    ["GET", "/constructor", undefined, 404, /expected \/state, /],
    ["DELETE", "/clock", undefined, 405, /Cannot DELETE \/clock: expected PATCH, POST/],
    ["OPTIONS", "/clock", undefined, 405, /expected PATCH, POST/],
    [
      "GET",
      "/state?lisener=x",
      undefined,
      400,
      /^Unknown parameter "lisener", did you mean listener\?$/,
    ],
    ["POST", "/clock", { ofset: "1h" }, 400, /Unknown clock option "ofset": did you mean offset\?/],
    ["POST", "/clock", { __proto__: null, toString: "1h" }, 400, /Unknown clock option "toString"/],
    ["POST", "/clock", { time: "2038-13-19" }, 400, /clock\.time is "2038-13-19", expected a time/],
    ["POST", "/clock", { time: 5 }, 400, /clock\.time is 5, expected a time/],
    ["POST", "/clock", { rate: "fast" }, 400, /clock\.rate is "fast"/],
    [
      "POST",
      "/clock",
      { rate: 2, freeze: true },
      400,
      /Cannot stop the clock and run it at a rate of 2/,
    ],
    [
      "POST",
      "/clock",
      { offset: "1h", noise: "9d" },
      400,
      /clock\.noise is "9d", expected 0 to 1h/,
    ],
    [
      "POST",
      "/clock",
      { offset: "1h", seed: -1 },
      400,
      /clock\.seed is -1, expected a whole number/,
    ],
    [
      "POST",
      "/clock",
      { offset: "1h", smear: "google" },
      400,
      /Cannot smear without a leap second/,
    ],
    [
      "POST",
      "/clock",
      { freeze: "yes" },
      400,
      /clock\.freeze is "yes", expected true or false/,
    ],
    ["POST", "/clock", { steps: "1s@5" }, 400, /clock\.steps is "1s@5", expected a list/],
    ["POST", "/clock", { step: "1h", rate: 2 }, 400, /"step" must be alone/],
    ["POST", "/clock", { step: null }, 400, /"step" is null, expected a duration/],
    ["POST", "/clock", { step: [[]] }, 400, /"step" is \[\[\]\], expected a duration/],
    ["POST", "/clock", { step: "soon" }, 400, /Cannot read the duration "soon"/],
    ["POST", "/clock", { step: "9999999999999" }, 400, /Cannot serve that time: expected years/],
    ["POST", "/clock", { offset: 1e300 }, 400, /clock\.offset is 1e\+300/],
    ["POST", "/clock", {}, 400, /Nothing to change: expected time, offset/],
    ["POST", "/clock", [], 400, /Expected an object/],
    ["POST", "/clock", "{", 400, /Cannot read the JSON/],
    ["PATCH", "/clock", '{"offset": 1e400}', 400, /Cannot read the JSON: "offset" is 1e400, /],
    ["POST", "/clock", "", 400, /Cannot read the JSON/],
    ["POST", "/clock", " ".repeat(70_000), 413, /65536 octets at most/],
    [
      "POST",
      "/clock?listener=ntp://x:1",
      { rate: 2 },
      404,
      /There is no listener ntp:\/\/x:1: expected ntp:/,
    ],
    ["POST", "/reset?listener=ntp://x:1", undefined, 404, /There is no listener/],
    ["GET", "/state?listener=ntp://x:1", undefined, 404, /There is no listener/],
    ["GET", `/state?listener=${"x".repeat(5000)}`, undefined, 404, /no listener x{99}…: expected/],
    ["GET", `/${"x".repeat(5000)}`, undefined, 404, /There is no \/x{98}…: /],
    ["GET", "/state?listener=%C2%9B", undefined, 404, /There is no listener \\x9b: expected/],
    ["GET", "/clients?listener=ntp://x:1", undefined, 404, /There is no listener/],
    ["GET", "/clients?sort=name", undefined, 400, /sort is "name", expected last, first, rate, /],
    ["GET", "/clients?limit=0", undefined, 400, /limit is "0", expected .*1 to 1000/],
    ["GET", "/clients?skip=-1", undefined, 400, /skip is "?-1"?, expected/],
    [
      "GET",
      "/clients?sorted=last",
      undefined,
      400,
      /"sorted", expected sort, limit, skip or listener$/,
    ],
    ["GET", "/state?sort=last", undefined, 400, /"sort", expected listener$/],
    ["POST", "/reset", { listener: "ntp://x:1" }, 400, /expected none, or \{\}/],
    ["POST", "/reset", [], 400, /expected none, or \{\}/],
    ["POST", "/reset", "{", 400, /Cannot read the JSON/],
    ["DELETE", "/faults", { drop: 1 }, 400, /expected none, or \{\}/],
    ["POST", "/scenario", {}, 400, /Nothing to start: expected clock, status or faults/],
    ["POST", "/scenario", { seed: 5, description: "" }, 400, /Nothing to start/],
    ["POST", "/scenario", null, 400, /expected an object/],
    ["POST", "/scenario", [], 400, /expected an object/],
    [
      "POST",
      "/scenario",
      { clients: { "\u009b": 1 } },
      400,
      /clients\.\\x9b is 1, expected follows/,
    ],
    ["PUT", "/faults", { dorp: 1 }, 400, /did you mean drop\?/],
    ["PUT", "/faults", { drop: 1.5 }, 400, /1\.5/],
    ["PUT", "/faults", null, 400, /expected an object/],
  ];

Deno.test("an impossible change is reported by name, and changes nothing", async () => {
  await using server = await serve([ntp, own], {
    control,
    faults: { drop: 0.25 },
    clock: { offset: "5s" },
  });
  const before = await settings(server);
  for (const [method, path, body, status, message] of mistakes) {
    const said = await ask(server, method, path, { body });
    assertEquals(
      said.status,
      status,
      `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(said)}`,
    );
    assertMatch(said.body.error, message);
    assertEquals(await settings(server), before, `${method} ${path} ${JSON.stringify(body)}`);
  }
});

Deno.test("a time beyond all years is given in seconds", async () => {
  await using server = await serve(ntp, { control });
  const change = { time: "+275760-09-12T23:59:59Z", rate: 2, steps: ["+1s@9999999999999"] };
  const { status, body } = await ask(server, "POST", "/clock", { body: change });
  assertEquals([status, body.clock.steps.length], [200, 1]);
  assertMatch(body.clock.steps[0].at, /^@\d+$/);
  assertEquals((await ask(server, "GET", "/state")).status, 200);
  assertEquals((await ask(server, "POST", "/reset")).body.clock.rate, 1);
});

Deno.test("a listener with the server's clock has none to be changed alone", async () => {
  await using server = await serve(ntp, { control });
  const listener = encodeURIComponent(server.addresses[0]?.url ?? "");
  for (
    const [path, change] of [
      ["/clock", { rate: 2 }],
      ["/scenario", { name: "y2038" }],
      ["/scenario", { status: {}, faults: { drop: 1 } }],
    ] as const
  ) {
    const { status, body } = await ask(server, "POST", `${path}?listener=${listener}`, {
      body: change,
    });
    assertEquals(status, 409);
    assertMatch(body.error, /has the server's clock/);
  }
  const { body } = await ask(server, "GET", "/state");
  assertEquals([body.clock.rate, body.listeners[0].faults], [1, {}]);
});

Deno.test("GET /state of one listener lists that one, and clients are listed for all", async () => {
  await using server = await serve([ntp, own], { control });
  const [, { url = "" } = {}] = server.addresses;
  const where = `?listener=${encodeURIComponent(url)}`;
  const { body } = await ask(server, "GET", `/state${where}`);
  assertEquals([body.listeners.length, body.listeners[0].url], [1, url]);
  const clients = await ask(server, "GET", `/clients${where}`);
  assertEquals(clients.status, 400);
  assertMatch(clients.body.error, /one list of clients, of all listeners/);
});

Deno.test("faults are set for all or one, cleared, and reset", async () => {
  await using server = await serve([ntp, ntp], { control, faults: { stratum: { value: 7 } } });
  const [first, second] = server.addresses.map(({ url }) => url) as [Url, Url];
  const strata = async (): Promise<number[]> => [
    (await queryOnce(first)).stratum,
    (await queryOnce(second)).stratum,
  ];
  assertEquals(await strata(), [7, 7]);
  const path = `/faults?listener=${encodeURIComponent(second)}`;
  await ask(server, "PUT", path, { body: { stratum: { value: 9 } } });
  assertEquals(await strata(), [7, 9]);
  await ask(server, "PUT", "/faults", { body: { stratum: { value: 3 } } });
  assertEquals(await strata(), [3, 3]);
  await ask(server, "DELETE", path);
  assertEquals(await strata(), [3, 10]);
  const { body } = await ask(server, "POST", "/reset");
  assertEquals(body.listeners[1].faults, { stratum: { value: 7 } });
  assertEquals(await strata(), [7, 7]);
});

Deno.test("a fault that is an empty list is no fault", async () => {
  await using server = await serve(ntp, { control });
  const { body } = await ask(server, "PUT", "/faults", { body: { drop: [], kiss: [0.5] } });
  assertEquals(body.faults, { kiss: [0.5] });
  const { body: state } = await ask(server, "GET", "/state");
  assertEquals(state.listeners[0].faults, { kiss: [0.5] });
});

Deno.test("faults come later to a server that started without", async () => {
  await using server = await serve(ntp, { control });
  assertEquals(
    (await ask(server, "PUT", "/faults", { body: { stratum: { value: 5 } } })).status,
    200,
  );
  assertEquals((await queryOnce(server.addresses[0]?.url as Url)).stratum, 5);
});

Deno.test("what delays replies is refused where the transport cannot, and changes nothing", async () => {
  using time = new ServedTime({ base: systemClock, clock: {}, status: {}, precision: -20 });
  using own = new ServedTime({ base: systemClock, clock: { rate: 2 }, status: {}, precision: -20 });
  const totals = (): Totals => new Counters().totals();
  const listener = {
    protocol: "ntp",
    hostname: "127.0.0.1",
    own: {},
    atStart: { faults: {} },
    totals,
  } as const;
  const [shared, apart] = ["ntp://127.0.0.1:1", "ntp://127.0.0.1:2"];
  const subject: ControlledServer = {
    transport: "mmsg",
    isAnswering: () => false,
    totals,
    started: Temporal.Now.instant(),
    recentClients: () => 0,
    clients: () => Promise.reject(new Error("no clients")),
    time,
    guard: new GuardControl(undefined, {}, () => []),
    listeners: [
      { ...listener, port: 1, url: shared, time },
      { ...listener, port: 2, url: apart, time: own },
    ],
  };
  const call = async (
    method: string,
    path: string,
    json: unknown,
    listener?: string,
  ): Promise<unknown> => {
    const nothing = (): Promise<void> => Promise.resolve();
    const route = findRoute({ method, url: new URL(path, "http://localhost") });
    const parameters = new URLSearchParams();
    const given = { subject, parameters, listener, json: () => Promise.resolve(json), nothing };
    return await Promise.resolve().then(() => route(given)).catch(({ status, message }) =>
      `${status}: ${message}`
    );
  };
  const delay = /^409: Faults delay replies, which the mmsg transport cannot do: /;
  for (
    const [method, path, json] of [
      ["PUT", "/faults", { drop: 1 }],
      ["DELETE", "/faults", {}],
      ["POST", "/scenario", { clock: { rate: 3 }, faults: { drop: 1 } }],
    ] as const
  ) {
    for (const url of [undefined, apart]) {
      assertMatch(`${await call(method, path, json, url)}`, delay);
    }
  }
  assertMatch(`${await call("POST", "/reset", {}, shared)}`, /^409: .* has the server's clock: /);
  assertEquals([time.state.rate, own.state.rate], [1, 2]);
  const state = await call("POST", "/scenario", { clock: { rate: 3 }, faults: {} }) as ServerState;
  assertEquals([state.transport, state.answering, state.clock.rate], ["mmsg", false, 3]);
  assertEquals(state.listeners.map(({ clock, faults }) => [clock?.rate, faults]), [
    [undefined, undefined],
    [2, undefined],
  ]);
  await call("PATCH", "/clock", { rate: 5 }, apart);
  await call("POST", "/reset", {}, apart);
  assertEquals([time.state.rate, own.state.rate], [3, 2]);
});
