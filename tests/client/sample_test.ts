import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { sample, type Samples } from "../../src/client/sample.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { toSeconds } from "../../src/text/duration.ts";
import { FakeNetwork, kissOfDeath } from "../support/fake_network.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";
import { serve } from "../../src/server/serve.ts";

function assertHolds({ estimate, error }: Samples, truthSeconds: number): void {
  if (!estimate) throw error;
  const { offset, errorBound } = estimate;
  const miss = Math.abs(toSeconds(offset) - truthSeconds);
  assert(miss <= toSeconds(errorBound), `${offset} ± ${errorBound} is not ${truthSeconds} s`);
}

Deno.test("sample's bound holds what a simulated clock is known to be", async () => {
  for (const truth of [0, 0.25, -3600.5, 1e9 + 0.125]) {
    await using server = await serve("ntp://127.0.0.1:0", { clock: simulatedClock(truth) });
    const url = server.addresses[0]?.url ?? "";
    const samples = await sample(url, { count: 5, interval: "0s" });
    assertHolds(samples, truth);
    assertEquals([samples.url, samples.loss, samples.estimate?.replies], [url, 0, 5]);
    assertEquals([samples.exchanges.length, samples.error], [5, undefined]);
  }
});

Deno.test("sample measures a Time server, too", async () => {
  await using server = await serve("time://127.0.0.1:0", { clock: simulatedClock(100) });
  const samples = await sample(server.addresses[0]?.url ?? "", { count: 3, interval: "0s" });
  assertHolds(samples, 100);
  assertEquals(samples.estimate?.rootDistance, samples.estimate?.errorBound);
});

/** Seconds from the first request to each. */
function startsOf({ exchanges }: Samples): number[] {
  return exchanges.map(({ startedAfter }) => toSeconds(startedAfter));
}

function reasonsOf({ exchanges }: Samples): (string | undefined)[] {
  return exchanges.map(({ error }) => error?.reason);
}

Deno.test("sample queries at intervals, 2 s without one, 0.1 s on loopback", async () => {
  const network = new FakeNetwork();
  network.serveNtp("ntp://192.0.2.1");
  network.serveNtp("ntp://127.0.0.1");
  network.hosts["localhost"] = ["127.0.0.1"];
  for (
    const [url, interval, expected] of [
      ["ntp://192.0.2.1", undefined, [0, 2, 4]],
      ["ntp://192.0.2.1", "1s", [0, 1, 2]],
      ["ntp://127.0.0.1", undefined, [0, 0.1, 0.2]],
      ["ntp://localhost", "250ms", [0, 0.25, 0.5]],
      // As fast as the replies come.
      ["ntp://127.0.0.1", "0s", [0, 0.002, 0.004]],
    ] as const
  ) {
    const options = { count: 3, network, ...(interval !== undefined && { interval }) };
    assertEquals(startsOf(await network.run(sample(url, options))), expected);
  }
});

Deno.test("sample keeps what failed, and counts what is lost", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", (count) => count === 2 ? undefined : { leap: count === 3 ? 3 : 0 });
  const seen: unknown[] = [];
  const samples = await network.run(sample("192.0.2.1", {
    count: 4,
    interval: "1s",
    timeout: "1.5s",
    network,
    onExchange: (exchange) => seen.push(exchange),
  }));
  assertEquals(reasonsOf(samples), [undefined, "timeout", "unsynchronized", undefined]);
  assertEquals([samples.loss, samples.estimate?.replies, samples.error], [0.25, 2, undefined]);
  assertEquals(seen, [...samples.exchanges]);
  // The third request waits for the second's time to be up.
  assertEquals(startsOf(samples), [0, 1, 2.5, 3.5]);
});

Deno.test("sample doubles its interval after each KoD RATE, and ends at the third", async () => {
  const network = new FakeNetwork();
  for (const host of ["192.0.2.1", "127.0.0.1"]) {
    network.serveNtp(host, (count) => count % 2 === 1 ? {} : kissOfDeath("RATE"));
  }
  const samples = await network.run(sample("192.0.2.1", { count: 20, interval: "1s", network }));
  assertEquals(startsOf(samples), [0, 1, 3, 5, 9, 13]);
  assertEquals([samples.error?.reason, samples.estimate?.replies], ["kiss_o_death", 3]);
  assertMatch(samples.error?.message ?? "", /KoD RATE/);
  // Twice no interval would be none.
  const near = await network.run(sample("127.0.0.1", { count: 20, interval: "0s", network }));
  assertEquals(startsOf(near), [0, 0.002, 0.102, 0.202, 0.402, 0.602]);
});

Deno.test("sample queries no other machine more than once a second", async () => {
  for (const url of ["ntp://192.0.2.1", "ntp://nosuch.invalid", "ntp://[2001:db8::1]"]) {
    for (const interval of ["0s", "999ms"]) {
      await assertRejects(() => sample(url, { interval }), RangeError, "more than once a second");
    }
  }
  const near = await sample(`ntp://localhost:${freePort()}`, { interval: "0s" });
  assertEquals(near.error?.reason, "refused");
});

Deno.test("sample reports what came if nothing usable did, even where its deadline cut it off", async () => {
  const network = new FakeNetwork();
  const garbage = (): Uint8Array => new Uint8Array(9);
  network.serve("192.0.2.1", garbage);
  network.serve("192.0.2.2", ({ count }) => count === 2 ? garbage() : undefined);
  const samples = await network.run(sample("192.0.2.1", { deadline: "200ms", network }));
  assertEquals([samples.error?.reason, samples.loss], ["bogus_reply", 1]);
  const mixed = await network.run(sample("192.0.2.2", { count: 2, network }));
  assertEquals([reasonsOf(mixed), mixed.error?.reason], [
    ["timeout", "bogus_reply"],
    "bogus_reply",
  ]);
  const brief = await network.run(sample("192.0.2.3", { deadline: "1ms", network }));
  assertEquals([brief.exchanges, brief.loss, brief.error?.reason], [[], 1, "timeout"]);
  assertEquals(brief.error?.message, "No reply from ntp://192.0.2.3:123 within 1.000 ms");
  const silent = await network.run(sample("192.0.2.3", { count: 2, timeout: "1.5s", network }));
  assertEquals(silent.error, silent.exchanges[0]?.error);
  assertEquals(silent.error?.message, "No reply from 192.0.2.3:123 within 1.5 s");
});

Deno.test("sample ends at another KoD, and at what more requests would not mend", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", () => kissOfDeath("DENY"));
  network.unusable["2001:db8::1"] = new Error("Network is unreachable");
  for (
    const [url, reason, loss] of [
      ["192.0.2.1", "kiss_o_death", 0],
      ["nosuch.invalid", "unknown_host", 1],
      ["[2001:db8::1]", "unreachable", 1],
      ["127.0.0.1", "refused", 1],
    ] as const
  ) {
    const samples = await network.run(sample(url, { count: 5, network }));
    assertEquals([samples.exchanges.length, samples.error?.reason], [1, reason]);
    assertEquals([samples.loss, samples.estimate], [loss, undefined]);
  }
});

Deno.test("sample goes on after a failure of a server that has replied", async () => {
  const network = new FakeNetwork();
  const { requests } = network.serveNtp("127.0.0.1", (count) => count === 1 ? {} : undefined);
  network.isClosed = () => requests.length > 1;
  const samples = await network.run(sample("127.0.0.1", { count: 4, network }));
  assertEquals(reasonsOf(samples), [undefined, "refused", "refused", "refused"]);
  assertEquals([samples.error, samples.estimate?.replies], [undefined, 1]);
});

Deno.test("sample ends where no name server answers", async () => {
  const network = new FakeNetwork();
  network.resolve = () => Promise.reject(new QueryError("no_name_server", "No answer"));
  const samples = await network.run(sample("time.example", { count: 4, network }));
  assertEquals([reasonsOf(samples), samples.error?.reason], [["no_name_server"], "no_name_server"]);
});

Deno.test("sample has each warning of its replies once, and none without", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", (count) => count === 1 ? {} : { version: 3 });
  const warnings = async (count: number): Promise<readonly string[]> =>
    (await network.run(sample("192.0.2.1", { count, network }))).warnings;
  assertEquals(await warnings(1), []);
  assertEquals(await warnings(3), ["version 3 in the reply, asked with 4"]);
});

Deno.test("sample ends by its deadline or signal with what came by then", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1");
  const cut = await network.run(
    sample("192.0.2.1", { count: 3, interval: "3600s", deadline: "5s", network }),
  );
  assertEquals([cut.exchanges.length, cut.estimate?.replies, cut.error], [1, 1, undefined]);
  assertEquals(network.timers.monotonicMs(), 5000);
  const stop = new AbortController();
  const { signal } = stop;
  const stopped = await network.run(
    sample("192.0.2.1", { interval: "3600s", signal, onExchange: () => stop.abort(), network }),
  );
  assertEquals([stopped.exchanges.length, network.timers.monotonicMs()], [1, 5002]);
  await assertRejects(() => sample("192.0.2.1", { signal, network }), DOMException);
});

Deno.test("sample reports that a clock was stepped meanwhile", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  const { warnings } = await network.run(sample("192.0.2.1", {
    count: 4,
    network,
    onExchange: () => server.aheadSeconds = 60,
  }));
  assertEquals(warnings, ["its offsets contradict each other: a clock was stepped or is unstable"]);
});

Deno.test("sample sends eight requests without a count, and waits 3 s for each reply", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", (count) => count === 2 ? undefined : {});
  const samples = await network.run(sample("192.0.2.1", { network }));
  assertEquals(startsOf(samples), [0, 2, 5, 7, 9, 11, 13, 15]);
  assertEquals(samples.loss, 0.125);
});

Deno.test("sample refuses what it cannot measure", async () => {
  for (const url of ["asctime://127.0.0.1", "daytime://127.0.0.1", "auto://127.0.0.1", "ntp://"]) {
    await assertRejects(() => sample(url), SyntaxError);
  }
  const network = new FakeNetwork();
  network.serveNtp("127.0.0.1");
  const wrong = {
    count: [0, 1001, 1.5],
    interval: ["-1s", "3600.001s"],
    deadline: ["-1s", "86401s"],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const sampled = network.run(sample("ntp://127.0.0.1", { network, [name]: value }));
      await assertRejects(() => sampled, RangeError, `sample.${name} is ${JSON.stringify(value)}`);
    }
  }
  const most = { network, count: 1000, interval: "1h", deadline: "1d" };
  // The last is due as the time is over.
  assertEquals((await network.run(sample("ntp://127.0.0.1", most))).exchanges.length, 24);
});
