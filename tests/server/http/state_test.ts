import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../../mod.ts";
import { listSources } from "../../../src/server/http/state.ts";
import { assertDocumented } from "../../support/documented.ts";
import { Following } from "../../support/following.ts";
import { formatJson } from "../../../src/text/json.ts";
import { ask } from "./http.ts";

const control = "127.0.0.1:0";

Deno.test("GET /sources and GET /state list the upstream servers", async () => {
  // Nothing listens there.
  await using server = await serve("ntp://127.0.0.1:0", {
    control,
    upstreams: ["ntp://127.0.0.1:9?pool=2&minpoll=4"],
  });
  const { status, body } = await ask(server, "GET", "/sources");
  assertEquals(status, 200);
  assertDocumented(body, "control");
  assertEquals(body.discipline, { state: "unsynchronized", root_distance: null });
  assertEquals(body.upstreams.length, 2);
  const { address: _address, reach: _reach, requests, ...first } = body.upstreams[0];
  assert(requests <= 1, `${requests}`);
  assertEquals(first, {
    url: "ntp://127.0.0.1:9",
    state: "silent",
    stratum: null,
    offset: null,
    distance: null,
    delay: null,
    jitter: null,
    poll: 4,
    last_reply: null,
    replies: 0,
  });
  const state = await ask(server, "GET", "/state");
  assertDocumented(state.body, "control");
  assertEquals(state.body.discipline, body.discipline);
  assertEquals(state.body.upstreams.length, 2);
});

Deno.test("a clock that follows upstream servers is not changed, and a reset restores the rest", async () => {
  await using server = await serve("ntp://127.0.0.1:0", {
    control,
    upstreams: ["ntp://127.0.0.1:9"],
  });
  const changes = [["PATCH", "/clock", { offset: "1h" }], ["POST", "/clock", {
    step: "1h",
  }]] as const;
  for (const [method, path, body] of changes) {
    const { status, body: { error } } = await ask(server, method, path, { body });
    assertEquals([status, error], [
      400,
      "The clock follows upstream servers: it cannot be changed",
    ]);
  }
  await ask(server, "PATCH", "/access", { body: { deny: ["192.0.2.0/24"] } });
  await ask(server, "PUT", "/faults", { body: { drop: 1 } });
  const { status, body } = await ask(server, "POST", "/reset");
  assertEquals([status, body.listeners[0].faults, body.upstreams.length], [200, {}, 1]);
  assertEquals((await ask(server, "GET", "/access")).body.access.deny, []);
});

Deno.test("GET /sources is refused without upstream servers, and for one listener", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { control });
  const { status, body } = await ask(server, "GET", "/sources");
  assertEquals(status, 409);
  assertMatch(body.error, /follows no upstream servers: start it with --upstream ntp:/);
  const state = await ask(server, "GET", "/state");
  assertEquals([state.body.upstreams, state.body.discipline], [undefined, undefined]);
  const one = await ask(server, "GET", `/sources?listener=${encodeURIComponent(server.url)}`);
  assertEquals(one.status, 400);
  assertMatch(one.body.error, /There is one list of upstream servers, of all listeners/);
});

Deno.test("listSources has the offset, distance and state of each upstream server", async () => {
  await using following = new Following({
    upstreams: [1, 2, 3, 4].map((host) => `ntp://192.0.2.${host}`),
  }, { behindSeconds: 3600 });
  const { network, upstreams } = following;
  for (const host of [1, 2, 3]) {
    network.serveNtp(`ntp://192.0.2.${host}`, () => ({ stratum: host })).aheadSeconds = host === 2
      ? 0.08
      : 0;
  }
  assertEquals(following.time.state.offset, -3600);
  following.start();
  await following.pass(600);
  assert(Math.abs(following.time.state.offset) < 1e-3, `${following.time.state.offset}`);
  const list = listSources(upstreams);
  assertDocumented(JSON.parse(formatJson({ schema: 1, ...list })), "control");
  assertEquals(list.discipline.state, "synchronized");
  const { rootDistance } = list.discipline;
  assert(rootDistance !== null && rootDistance < 0.1, `${rootDistance}`);
  assertEquals(list.upstreams.map(({ state, reach }) => [state, reach !== 0]), [
    ["selected", true],
    ["falseticker", true],
    ["combined", true],
    ["silent", false],
  ]);
  const [, wrong, , silent] = list.upstreams;
  assert(Math.abs((wrong?.offset ?? 0) - 0.08) < 1e-3, `${wrong?.offset}`);
  assertEquals([silent?.address, silent?.lastReply], ["192.0.2.4", null]);
});
