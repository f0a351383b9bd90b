import { assert, assertEquals, assertThrows } from "@std/assert";
import { joinNs, splitNs } from "../../../src/clock/line.ts";
import { FakeNetwork, kissOfDeath } from "../../support/fake_network.ts";
import { Following } from "../../support/following.ts";

const three = { upstreams: ["ntp://192.0.2.1", "ntp://192.0.2.2", "ntp://192.0.2.3"] };

Deno.test("a server is synchronised to its upstreams within 2.4 s, however wrong its own clock is", async () => {
  for (const behindSeconds of [0, 3600, 86_400 * 365 * 20, -5]) {
    await using following = new Following(three, { behindSeconds, rate: 30e-6 });
    for (const host of [1, 2, 3]) {
      following.network.serveNtp(`ntp://192.0.2.${host}`, () => ({ stratum: host }));
    }
    following.start();
    assertEquals(following.status.leap, 3);
    await following.pass(2.4);
    assertEquals(following.status.leap, 0);
    assert(Math.abs(following.error) < 1e-3, `${following.error}`);
    await following.pass(7200);
    assert(Math.abs(following.error) < 1e-4, `${following.error}`);
    const { stratum, referenceId } = following.status;
    assertEquals([stratum, referenceId], [2, 0xc0000201]);
    assertEquals(following.states, ["selected", "combined", "combined"]);
    assertEquals(following.lines.length, 1);
    assert(following.lines[0]?.startsWith("Synchronised to ntp://192.0.2.1 (192.0.2.1) within "));
  }
});

Deno.test("a falseticker is outvoted, and silent servers are named", async () => {
  await using following = new Following({
    upstreams: [...three.upstreams, "ntp://192.0.2.4"],
  });
  following.network.serveNtp("ntp://192.0.2.1", () => ({ stratum: 1 }));
  following.network.serveNtp("ntp://192.0.2.2").aheadSeconds = 0.5;
  following.network.serveNtp("ntp://192.0.2.3", () => ({ stratum: 5 }));
  following.start();
  await following.pass(600);
  assertEquals(following.states, ["selected", "falseticker", "combined", "silent"]);
  assert(Math.abs(following.error) < 1e-3, `${following.error}`);
  const all = following.upstreams.list();
  const [, wrong, , silent] = all;
  assert(Math.abs((wrong?.offset ?? 0) - 0.5) < 1e-3, `${wrong?.offset}`);
  assertEquals(all.map(({ requests, replies }) => requests === replies), [true, true, true, false]);
  assert((silent?.requests ?? 0) > 8 && silent?.replies === 0, `${silent?.requests} requests`);
});

Deno.test("a name that is not known yet is looked up again and again, and warned of once", async () => {
  await using following = new Following({ upstreams: ["ntp://time.example"] });
  const { network } = following;
  network.serveNtp("ntp://192.0.2.9");
  following.start();
  await following.pass(120);
  assertEquals([following.states, following.status.leap], [["silent"], 3]);
  assert(network.lookups.length >= 4 && network.lookups.length <= 8, `${network.lookups.length}`);
  network.hosts["time.example"] = ["192.0.2.9"];
  await following.pass(140);
  assertEquals(following.states, ["selected"]);
  assertEquals(following.lines.slice(0, 3), [
    "Warning: Fewer than three upstream servers cannot outvote one that is wrong",
    "Warning: Unknown host time.example; it is looked up again and again",
    "Warning: No upstream server answers: not synchronised yet",
  ]);
  assertEquals(following.lines.length, 4);
});

Deno.test("a pool is followed by different addresses, and one that falls silent is replaced", async () => {
  await using following = new Following({ upstreams: ["ntp://pool.example?pool=3&maxpoll=6"] });
  const { network } = following;
  network.hosts["pool.example"] = [1, 2, 3, 4, 5].map((host) => `192.0.2.${host}`);
  let isDown = false;
  for (const host of [1, 2, 3, 4, 5]) {
    network.serveNtp(`ntp://192.0.2.${host}`, () => isDown && host === 2 ? undefined : {});
  }
  following.start();
  await following.pass(300);
  const addresses = (): (string | undefined)[] =>
    following.upstreams.list().map(({ address }) => address);
  assertEquals(addresses(), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  isDown = true;
  await following.pass(1800);
  assertEquals(addresses(), ["192.0.2.1", "192.0.2.4", "192.0.2.3"]);
  assertEquals(following.states.filter((state) => state === "silent"), []);
});

Deno.test("kisses: RATE asks less often, DENY no more", async () => {
  await using following = new Following(three);
  const { network } = following;
  const servers = [
    network.serveNtp("ntp://192.0.2.1", (count) => count === 12 ? kissOfDeath("RATE") : {}),
    network.serveNtp("ntp://192.0.2.2", (count) => count === 3 ? kissOfDeath("DENY") : {}),
    network.serveNtp("ntp://192.0.2.3"),
  ];
  following.start();
  await following.pass(3600 * 6);
  const [rate = 0, deny, free = 0] = servers.map(({ requests }) => requests.length);
  assert(rate < free - 5, `${rate} and ${free}`);
  assertEquals([deny, following.states[1]], [3, "refused"]);
  assertEquals(following.upstreams.list().map(({ poll }) => poll - 10), [1, -4, 0]);
});

for (
  const [kind, fields, state] of [
    ["has no time", { leap: 3, stratum: 0, referenceId: 0 }, "unsynchronized"],
    ["says so by a kiss code that asks for nothing", kissOfDeath("XABC"), "silent"],
    ["admits an error of 10 s", { rootDispersion: 10 }, "unsynchronized"],
    ["is at the greatest stratum", { stratum: 15 }, "unsynchronized"],
  ] as const
) {
  Deno.test(`a server that ${kind} holds up no other, and is followed later`, async () => {
    await using following = new Following({ upstreams: ["ntp://192.0.2.1", "ntp://192.0.2.2"] });
    let hasTime = false;
    following.network.serveNtp("ntp://192.0.2.1");
    following.network.serveNtp("ntp://192.0.2.2", () => hasTime ? {} : fields);
    following.start();
    await following.pass(14);
    assertEquals([following.status.leap, following.states], [0, ["selected", state]]);
    hasTime = true;
    await following.pass(70);
    assertEquals(following.states.toSorted(), ["combined", "selected"]);
  });
}

Deno.test("servers beyond the greatest distance are named once, and followed when they are nearer", async () => {
  await using following = new Following({ ...three, maxDistance: "20ms" });
  let rootDispersion = 0.021;
  for (const host of [1, 2, 3]) {
    following.network.serveNtp(`ntp://192.0.2.${host}`, () => ({ stratum: 1, rootDispersion }));
  }
  following.start();
  await following.pass(1200);
  assertEquals([following.status.leap, following.lines], [3, [
    "Warning: The upstream servers are beyond --max-distance: not synchronised yet",
  ]]);
  rootDispersion = 0.015;
  await following.pass(600);
  assertEquals([following.status.leap, following.lines.length], [0, 2]);
});

Deno.test("the loss of the only server is logged once, whether it falls silent or refuses", async () => {
  const refusal =
    "Warning: ntp://192.0.2.1 (192.0.2.1) refuses service (KoD DENY): it is asked no more";
  for (
    const [fields, problem, lines] of [
      [undefined, "No upstream server answers", []],
      [kissOfDeath("DENY"), "No upstream server serves this one", [refusal]],
      [{ leap: 3, stratum: 0, referenceId: 0 }, "No upstream server has the time", []],
    ] as const
  ) {
    await using following = new Following({ upstreams: ["ntp://192.0.2.1"] });
    following.network.serveNtp("ntp://192.0.2.1", (count) => count < 6 ? {} : fields);
    following.start();
    await following.pass(7200);
    assertEquals(following.lines.slice(2), [
      ...lines,
      `${problem}: the time goes on, its error bound grows`,
    ]);
  }
});

Deno.test("the time goes on when all upstreams are gone, and the loss is logged once", async () => {
  await using following = new Following(three, { rate: -50e-6 });
  let isDown = false;
  for (const host of [1, 2, 3]) {
    following.network.serveNtp(`ntp://192.0.2.${host}`, () => isDown ? undefined : {});
  }
  following.start();
  await following.pass(4 * 3600);
  isDown = true;
  await following.pass(6 * 3600);
  assertEquals(following.status.leap, 0);
  assert(Math.abs(following.error) < 5e-3, `${following.error}`);
  assertEquals(
    following.lines.filter((line) => !line.startsWith("Synchronised")),
    ["No upstream server answers: the time goes on, its error bound grows"],
  );
  isDown = false;
  await following.pass(1200);
  assert(following.lines.at(-1)?.startsWith("Synchronised"), following.lines.at(-1));
});

Deno.test("steps and slews of the system's clock change nothing", async () => {
  const network = new FakeNetwork("2026-03-01T12:00:00Z");
  network.isStamped = true;
  // Slewed as fast as a kernel does, set back, set ahead by an hour, and again every second.
  const systemAheadMs = (ms: number): number => {
    if (ms < 1_800_000) return ms * 500e-6;
    if (ms < 3_600_000) return -350;
    return ms < 5_400_000 ? 3_600_000 : Math.floor(ms / 1000) * 30;
  };
  await using following = new Following(three, { rate: 10e-6, network, systemAheadMs });
  for (const host of [1, 2, 3]) network.serveNtp(`ntp://192.0.2.${host}`);
  following.start();
  await following.pass(3);
  for (let minutes = 0; minutes < 120; minutes++) {
    await following.pass(60);
    assertEquals(following.status.leap, 0);
    assert(Math.abs(following.error) < (minutes < 5 ? 1e-3 : 1e-4), `${following.error}`);
  }
  assertEquals([following.lines.length, following.states.toSorted()], [1, [
    ...["combined", "combined", "selected"],
  ]]);
});

Deno.test("after a suspend the servers are asked at once, and the time is right again", async () => {
  await using following = new Following(three);
  for (const host of [1, 2, 3]) following.network.serveNtp(`ntp://192.0.2.${host}`);
  following.start();
  await following.pass(3600);
  following.raw.sleep(2400);
  await following.pass(1.1);
  assertEquals(following.status.leap, 3);
  await following.pass(4);
  assertEquals(following.status.leap, 0);
  assert(Math.abs(following.error) < 1e-3, `${following.error}`);
});

Deno.test("the base clock that jumps unseen is found by the servers, as after a suspend", async () => {
  await using following = new Following(three);
  for (const host of [1, 2, 3]) following.network.serveNtp(`ntp://192.0.2.${host}`);
  following.start();
  await following.pass(3600);
  following.raw.sleep(8, false);
  await following.pass(1100);
  assert(Math.abs(following.error) < 1e-3, `${following.error}`);
});

Deno.test("a server does not follow itself, nor what has its own time", async () => {
  await using itself = new Following({ upstreams: ["ntp://192.0.2.7", "ntp://192.0.2.1"] });
  assertThrows(
    () => itself.start(["192.0.2.7"]),
    RangeError,
    "ntp://192.0.2.7 is this server itself",
  );
  await using named = new Following({ upstreams: ["ntp://me.example"] });
  named.network.hosts["me.example"] = ["192.0.2.7"];
  named.network.serveNtp("ntp://192.0.2.7");
  named.start(["192.0.2.7"]);
  await named.pass(60);
  assertEquals(named.states, ["silent"]);
  assert(
    named.lines.includes("Warning: ntp://me.example is this server itself: it is not followed"),
  );

  await using followed = new Following({ upstreams: ["ntp://192.0.2.1", "ntp://192.0.2.2"] });
  followed.network.serveNtp("ntp://192.0.2.1");
  followed.network.serveNtp("ntp://192.0.2.2", (count) => count < 3 ? {} : followed.fields);
  followed.start();
  await followed.pass(7200);
  assertEquals(followed.states, ["selected", "unsynchronized"]);
});

Deno.test("what is served while synchronised never goes back", async () => {
  await using following = new Following(three, { behindSeconds: 3, rate: 40e-6 });
  for (const host of [1, 2, 3]) {
    // The ways change, so that the estimates do.
    following.network.serveNtp(
      `ntp://192.0.2.${host}`,
      undefined,
      (count) => [10 + 9 * Math.sin(count * host), 10 + 9 * Math.cos(count + host)],
    );
  }
  following.start();
  await following.pass(3);
  let before = 0n;
  for (let i = 0; i < 5000; i++) {
    await following.network.timers.advance(173);
    const now = joinNs(splitNs(following.time.now().epochNanoseconds));
    assert(now > before, `${before} ${now}`);
    before = now;
  }
});

Deno.test("the clock of a server that follows others cannot be changed", async () => {
  await using following = new Following(three);
  for (
    const change of [
      () => following.time.set({ offset: "+1h" }),
      () => following.time.step("1s"),
      () => following.time.begin({ offset: "+1h" }, {}),
      () => following.time.configure({ stratum: 3 }),
    ]
  ) {
    assertThrows(change, RangeError, "The clock follows upstream servers: it cannot be changed");
  }
  // Nothing has changed since the start.
  const before = following.time.now();
  following.time.reset();
  assertEquals(following.time.now(), before);
  following.network.serveNtp("ntp://192.0.2.1");
  following.start();
  await following.pass(20);
  assertEquals(following.status.leap, 0);
});

for (const [kind, leap, by] of [["inserted", 1, -1], ["deleted", 2, 1]] as const) {
  Deno.test(`a second that most servers announce is ${kind} at its nanosecond, and one that forgets is out`, async () => {
    await using following = new Following(three, {
      ...{ behindSeconds: 40, rate: 20e-6, start: "2026-06-30T20:00:00Z" },
    });
    const { network } = following;
    let hasLeapt = false;
    const servers = [1, 2, 3].map((host) =>
      network.serveNtp(`ntp://192.0.2.${host}`, () => ({
        leap: hasLeapt || host === 2 ? 0 : leap,
        stratum: host,
      }))
    );
    following.start();
    await following.pass(4 * 3600 - 20);
    assertEquals(following.status.leap, leap);
    // By the time that knows no leap second: midnight, or a second before it.
    const midnight = Temporal.Instant.from("2026-07-01T00:00:00Z").epochNanoseconds;
    const moment = midnight - (by > 0 ? 1_000_000_000n : 0n);
    const served: [beforeMs: number, jumpedBy: number][] = [];
    while (network.timers.now().epochNanoseconds < moment + 1_000_000_000n) {
      await network.timers.advance(100);
      const now = network.timers.now().epochNanoseconds;
      const jumped = Number(following.time.now().epochNanoseconds - now) / 1e9;
      served.push([Number(now - moment) / 1e6, Math.round(jumped)]);
      assert(Math.abs(jumped - Math.round(jumped)) < 1e-3, `${jumped}`);
    }
    assertEquals(served.filter(([ms, jumped]) => jumped !== (ms >= 1 ? by : 0) && ms !== 0), []);
    hasLeapt = true;
    for (const i of [0, 2]) (servers[i] as { aheadSeconds: number }).aheadSeconds = by;
    await following.pass(7200);
    assertEquals([following.status.leap, following.states], [0, [
      "selected",
      "falseticker",
      "combined",
    ]]);
    assert(Math.abs(following.error - by) < 1e-3, `${following.error}`);
  });
}
