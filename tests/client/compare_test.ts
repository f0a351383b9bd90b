import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { combine, compare, type Comparison } from "../../src/client/compare.ts";
import { estimate } from "../../src/client/estimate.ts";
import type { Samples } from "../../src/client/sample.ts";
import { fromSeconds, toSeconds } from "../../src/text/duration.ts";
import { serve } from "../../src/server/serve.ts";
import type { Server } from "../../src/server/serve_options.ts";
import { FakeNetwork } from "../support/fake_network.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { check } from "../support/property.ts";
import { randomFrom, simulate } from "../support/simulation.ts";

async function serveAll(
  ...offsets: readonly number[]
): Promise<AsyncDisposable & { urls: string[] }> {
  const servers: Server[] = await Promise.all(
    offsets.map((offset) => serve("ntp://127.0.0.1:0", { clock: simulatedClock(offset) })),
  );
  return {
    urls: servers.flatMap(({ addresses }) => addresses.map(({ url }) => url)),
    async [Symbol.asyncDispose](): Promise<void> {
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}

const quick = { count: 2, interval: "0s" } as const;

Deno.test("compare names falsetickers, and its bound contains the true offset", async () => {
  await using served = await serveAll(5, 100, 5, -3, 5);
  const { servers, outcome, offset, errorBound } = await compare(served.urls, quick);
  assertEquals(
    servers.map(({ verdict }) => verdict),
    ["agrees", "falseticker", "agrees", "falseticker", "agrees"],
  );
  assertEquals([outcome, servers.map(({ url }) => url)], ["disagree", served.urls]);
  const miss = Math.abs(toSeconds(offset ?? fromSeconds(NaN)) - 5);
  assert(miss <= toSeconds(errorBound ?? fromSeconds(NaN)), `${offset} ± ${errorBound}`);
});

Deno.test("compare reports that servers agree, whatever their protocol", async () => {
  await using served = await serveAll(0, 0);
  await using time = await serve("time://127.0.0.1:0");
  const urls = [...served.urls, time.addresses[0]?.url ?? ""];
  const { outcome, servers } = await compare(urls, quick);
  assertEquals(outcome, "agree");
  assertEquals(servers.map(({ verdict }) => verdict), ["agrees", "agrees", "agrees"]);
});

Deno.test("compare keeps its offset within what most servers allow", () => {
  // The mean of all three is 0.3 s, which the third excludes: from 0.4 s on, and at most 0.5 s.
  const servers = [0, 0, 0.9].map((offset, i) => claimOf(offset, 0.5, i));
  const { outcome, offset, errorBound } = combine(servers);
  assertEquals([outcome, offset, errorBound].map(String), ["agree", "PT0.4S", "PT0.1S"]);
  const wrong = combine([0, 0, 0.9, -20].map((offset, i) => claimOf(offset, 0.5, i)));
  assertEquals(wrong.servers.map(({ deviation }) => deviation?.toString()), [
    ...[undefined, undefined, undefined],
    "-PT20.4S",
  ]);
  // By the inverse of its root distance each: (0 / 1 + 0.2 / 0.5 + 0.4 / 0.25) / (1 + 2 + 4).
  const weighed = combine(
    [[0, 1], [0.2, 0.5], [0.4, 0.25]].map(([offset, distance], i) =>
      claimOf(offset ?? NaN, distance ?? NaN, i)
    ),
  );
  assertEquals([weighed.offset, weighed.errorBound].map(String), [
    "PT0.285714286S",
    "PT0.364285714S",
  ]);
  // Four claims, of which two agree with one another.
  const tied = combine([0, 0, 10, 20].map((offset, i) => claimOf(offset, 0.5, i)));
  assertEquals([tied.outcome, tied.offset], ["disagree", undefined]);
  assertEquals(tied.servers.map(({ verdict }) => verdict), Array(4).fill("undecided"));
});

Deno.test("compare decides nothing where there is no majority", async () => {
  await using served = await serveAll(0, 10, 0, 10);
  for (const urls of [served.urls.slice(0, 2), served.urls]) {
    const { outcome, servers, offset, errorBound } = await compare(urls, quick);
    assertEquals([outcome, offset, errorBound], ["disagree", undefined, undefined]);
    assertEquals(new Set(servers.map(({ verdict }) => verdict)), new Set(["undecided"]));
  }
});

Deno.test("compare gives a server one vote, however often it is named", async () => {
  await using served = await serveAll(0, 10);
  const [wrong = "", right = ""] = served.urls.toReversed();
  const twice = await compare([wrong, right, wrong], quick);
  assertEquals(twice.servers.map(({ url }) => url), [wrong, right]);
  const alias = wrong.replace("127.0.0.1", "localhost");
  const { servers, outcome } = await compare([wrong, alias, right], { ...quick, family: 4 });
  assertEquals([outcome, servers.map(({ verdict }) => verdict)], [
    "disagree",
    Array(3).fill("undecided"),
  ]);
  assertEquals(servers.map(({ sameAs }) => sameAs), [undefined, wrong, undefined]);
  assertEquals((await compare([wrong, alias], { ...quick, family: 4 })).outcome, "alone");
});

Deno.test("compare names the first of all names of a server", () => {
  const same = ["a", "b", "c"].map((url) => ({ ...claimOf(0, 1, 7), url }));
  const { servers, outcome } = combine([...same, claimOf(0, 1, 8)]);
  assertEquals(servers.map(({ sameAs }) => sameAs), [undefined, "a", "a", undefined]);
  assertEquals(outcome, "agree");
  assertEquals(combine(same).outcome, "alone");
});

Deno.test("compare sends nothing if one server may not be queried that often", async () => {
  const network = new FakeNetwork();
  const near = network.serveNtp("127.0.0.1");
  const options = { ...quick, network };
  const compared = network.run(compare(["127.0.0.1", "192.0.2.1"], options));
  await assertRejects(() => compared, RangeError, "only a loopback address");
  await network.timers.advance(1000);
  assertEquals([near.requests.length, network.lookups], [0, []]);
});

Deno.test("compare has nothing to compare one server with, and counts no silent ones", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1");
  network.serveNtp("192.0.2.2", () => undefined);
  const one = await network.run(compare(["192.0.2.1", "192.0.2.2"], { network }));
  assertEquals([one.outcome, one.offset], ["alone", undefined]);
  assertEquals(one.servers.map(({ verdict }) => verdict), ["alone", "failed"]);
  const none = await network.run(compare(["192.0.2.2"], { network }));
  assertEquals([none.outcome, none.servers.map(({ verdict }) => verdict)], ["failed", ["failed"]]);
  assertEquals(await compare([]), { servers: [], outcome: "failed" });
  await assertRejects(() => compare(["asctime://127.0.0.1"]), SyntaxError);
});

Deno.test("compare reports a result after each exchange, of the servers that have had one", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1");
  network.serveNtp("192.0.2.2").aheadSeconds = 7;
  network.serveNtp("192.0.2.3");
  network.serveNtp("192.0.2.4", () => undefined);
  const results: string[][] = [];
  const onProgress = ({ servers }: Comparison): void =>
    void results.push(servers.map(({ url, verdict }) => `${url.at(-5)} ${verdict}`));
  const urls = [4, 1, 2, 3].map((host) => `192.0.2.${host}`);
  await network.run(compare(urls, { network, onProgress, count: 1 }));
  assertEquals(results, [
    ["1 alone"],
    ["1 undecided", "2 undecided"],
    ["1 agrees", "2 falseticker", "3 agrees"],
    ["4 failed", "1 agrees", "2 falseticker", "3 agrees"],
  ]);
});

Deno.test("compare goes on with the others when no socket can be opened to one", async () => {
  const network = new FakeNetwork();
  const [unusable, right, other] = ["2001:db8::1", "192.0.2.1", "192.0.2.2"];
  network.unusable[unusable] = new Error("Address family not supported by protocol");
  network.hosts["time.example"] = [unusable, right];
  network.serveNtp(right);
  network.serveNtp(other);
  const urls = [`[${unusable}]`, "time.example", other];
  const { outcome, servers } = await network.run(compare(urls, { network }));
  assertEquals(outcome, "agree");
  assertEquals(servers.map(({ verdict }) => verdict), ["failed", "agrees", "agrees"]);
  assertEquals(servers[0]?.error?.reason, "unreachable");
  assertEquals(servers.map(({ exchanges }) => exchanges.length), [1, 4, 4]);
});

/** A server's samples over a way of its own, at a distance from a time that it calls its own. */
function samplesOf(offset: number, way: number, seed: number): Samples {
  const route = { there: way, back: way * 2, queueThere: way, queueBack: way / 2 };
  const plan = { count: 4, interval: 2, random: randomFrom(seed) };
  const estimated = estimate(simulate({ offset, drift: 0 }, route, plan), fromSeconds(8));
  if (!estimated) throw new Error("Nothing is lost");
  const from = { ...estimated.best.from, hostname: `192.0.2.${seed}` };
  const best = { ...estimated.best, from };
  return {
    url: `ntp://${seed}`,
    exchanges: [],
    loss: 0,
    estimate: { ...estimated, best },
    warnings: [],
  };
}

/** What a server claims: an offset and its root distance, in seconds. */
function claimOf(offset: number, distance: number, seed: number): Samples {
  const samples = samplesOf(offset, 0.001, seed);
  if (!samples.estimate) throw new Error("Nothing is lost");
  const claimed = { offset: fromSeconds(offset), rootDistance: fromSeconds(distance) };
  return { ...samples, estimate: { ...samples.estimate, ...claimed } };
}

Deno.test("compare names any minority of falsetickers, and its bound contains the true offset", () => {
  const way = fc.double({ min: 1e-4, max: 0.1, noNaN: true });
  const truth = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  // Farther from the truth than a claim of any of these ways reaches, and another's claim too.
  const error = fc.double({ min: 5, max: 1e6, noNaN: true });
  check(
    fc.property(
      truth,
      fc.array(way, { minLength: 2, maxLength: 7 }),
      fc.array(fc.tuple(way, error, fc.boolean()), { maxLength: 6 }),
      (truth, right, wrong) => {
        fc.pre(wrong.length < right.length);
        const servers = [
          ...wrong.map(([way, error, isBehind], i) =>
            samplesOf(truth + (isBehind ? -error : error), way, i)
          ),
          ...right.map((way, i) => samplesOf(truth, way, 100 + i)),
        ];
        const { servers: judged, offset, errorBound } = combine(servers);
        assertEquals(
          judged.map(({ verdict }) => verdict),
          servers.map((_, i) => i < wrong.length ? "falseticker" : "agrees"),
        );
        const miss = Math.abs(toSeconds(offset ?? fromSeconds(NaN)) - truth);
        return miss <= toSeconds(errorBound ?? fromSeconds(NaN)) + 1e-6;
      },
    ),
    300,
  );
});

Deno.test("compare weighs offsets by the inverse of root distance, within what all allow", () => {
  const [near, far] = [samplesOf(0, 0.001, 1), samplesOf(0.002, 0.02, 2)];
  const [a, b] = [near, far].map(({ estimate }) => ({
    offset: toSeconds(estimate?.offset ?? fromSeconds(NaN)),
    distance: toSeconds(estimate?.rootDistance ?? fromSeconds(NaN)),
  }));
  if (!a || !b) throw new Error("There are two");
  const weights = 1 / a.distance + 1 / b.distance;
  const { offset = fromSeconds(NaN), errorBound = fromSeconds(NaN) } = combine([near, far]);
  const mean = (a.offset / a.distance + b.offset / b.distance) / weights;
  assertAlmostEquals(toSeconds(offset), mean, 2e-9);
  assert(a.distance < b.distance && Math.abs(mean - a.offset) < Math.abs(mean - b.offset));
  // The nearer claim is within the other one: no more than it is left open.
  assertAlmostEquals(toSeconds(errorBound), a.distance + Math.abs(mean - a.offset), 2e-9);
});

Deno.test("compare that fails queries none of the other servers any more", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  network.unusable["192.0.2.2"] = new Deno.errors.NotCapable("Requires net access");
  const compared = network.run(compare(["192.0.2.1", "192.0.2.2"], { network }));
  await assertRejects(() => compared, Deno.errors.NotCapable, "Requires net access");
  await network.run(network.timers.sleep(60_000));
  assertEquals(server.requests.length, 1);
});

Deno.test("compare sends four requests to each server, unless it is given another number", async () => {
  // A program without exactOptionalPropertyTypes may pass undefined.
  const given = [{}, { count: undefined } as unknown as { count: number }, { count: 2 }];
  const counts = [];
  for (const options of given) {
    const network = new FakeNetwork();
    const servers = [network.serveNtp("192.0.2.1"), network.serveNtp("192.0.2.2")];
    await network.run(compare(servers.map(({ url }) => url), { network, ...options }));
    counts.push(servers.map(({ requests }) => requests.length));
  }
  assertEquals(counts, [[4, 4], [4, 4], [2, 2]]);
});
