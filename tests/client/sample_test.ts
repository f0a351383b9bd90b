import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { sample, type Samples } from "../../src/client/sample.ts";
import { toSeconds } from "../../src/text/duration.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";
import { serve } from "../../src/server/serve.ts";

/** Kiss codes as they are sent: "RATE" and "DENY". */
const [RATE, DENY] = [0x52415445, 0x44454e59];

function assertHolds({ estimate, error }: Samples, truthSeconds: number): void {
  if (!estimate) throw error;
  const { offset, errorBound } = estimate;
  const miss = Math.abs(toSeconds(offset) - truthSeconds);
  assert(miss <= toSeconds(errorBound), `${offset} ± ${errorBound} is not ${truthSeconds} s`);
}

Deno.test("sample's bound holds what a lying clock is known to say", async () => {
  for (const truth of [0, 0.25, -3600.5, 1e9 + 0.125]) {
    await using server = await serve("ntp://127.0.0.1:0", { clock: simulatedClock(truth) });
    const url = server.addresses[0]?.url ?? "";
    const samples = await sample(url, { count: 5, interval: 0 });
    assertHolds(samples, truth);
    assertEquals([samples.url, samples.loss, samples.estimate?.replies], [url, 0, 5]);
    assertEquals([samples.exchanges.length, samples.error], [5, undefined]);
  }
});

Deno.test("sample measures a Time server, too", async () => {
  await using server = await serve("time://127.0.0.1:0", { clock: simulatedClock(100) });
  const samples = await sample(server.addresses[0]?.url ?? "", { count: 3, interval: 0 });
  assertHolds(samples, 100);
  assertEquals(samples.estimate?.rootDistance, samples.estimate?.errorBound);
});

Deno.test("sample keeps what failed, and counts what is lost", async () => {
  await using server = scriptedServer((socket, from, count, octets) => {
    if (count === 2) return;
    return socket.send(ntpReply(octets, count === 3 ? { leap: 3 } : {}), from);
  }, "ntp");
  const told: unknown[] = [];
  const samples = await sample(server.url, {
    count: 4,
    interval: 0.01,
    timeout: 1,
    onExchange: (exchange) => told.push(exchange),
  });
  const reasons = samples.exchanges.map(({ error }) => error?.reason);
  assertEquals(reasons, [undefined, "timeout", "unsynchronized", undefined]);
  assertEquals([samples.loss, samples.estimate?.replies, samples.error], [0.25, 2, undefined]);
  assertEquals(told, [...samples.exchanges]);
  const starts = samples.exchanges.map(({ startedAfter }) => toSeconds(startedAfter));
  assertEquals(starts, starts.toSorted((a, b) => a - b));
});

Deno.test("sample asks half as often after each kiss RATE, and not after the third", async () => {
  await using server = scriptedServer((socket, from, count, octets) =>
    socket.send(
      count % 2 === 1
        ? ntpReply(octets)
        : ntpReply(octets, { stratum: 0, referenceId: RATE, leap: 3 }),
      from,
    ), "ntp");
  const { exchanges, error, estimate } = await sample(server.url, { count: 20, interval: 0.05 });
  assertEquals([exchanges.length, server.requests.length], [6, 6]);
  assertEquals([error?.reason, estimate?.replies], ["kiss-o-death", 3]);
  assertMatch(error?.message ?? "", /asks for fewer requests/);
  const starts = exchanges.map(({ startedAfter }) => toSeconds(startedAfter));
  for (const [i, least] of [0.05, 0.1, 0.1, 0.2, 0.2].entries()) {
    // Timers may be a millisecond early.
    assert((starts[i + 1] ?? 0) - (starts[i] ?? 0) >= least - 0.002, starts.join());
  }
});

Deno.test("sample obeys a kiss RATE without an interval, too", async () => {
  await using server = scriptedServer(
    (socket, from, _count, octets) =>
      socket.send(ntpReply(octets, { stratum: 0, referenceId: RATE, leap: 3 }), from),
    "ntp",
  );
  const { exchanges } = await sample(server.url, { count: 20, interval: 0 });
  const [first = 0, second = 0, third = 0] = exchanges.map(({ startedAfter }) =>
    toSeconds(startedAfter)
  );
  assertEquals(exchanges.length, 3);
  assert(second - first >= 0.098 && third - second >= 0.198, `${first} ${second} ${third}`);
});

Deno.test("sample asks no other machine more than once a second", async () => {
  for (const url of ["ntp://192.0.2.1", "ntp://nosuch.invalid", "ntp://[2001:db8::1]"]) {
    for (const interval of [0, 0.999]) {
      await assertRejects(() => sample(url, { interval }), RangeError, "more than once a second");
    }
  }
  const { error } = await sample("ntp://nosuch.invalid", { interval: 1 });
  assertEquals(error?.reason, "unknown-host");
  const near = await sample(`ntp://localhost:${freePort()}`, { interval: 0 });
  assertEquals(near.error?.reason, "refused");
});

Deno.test("sample says what came if nothing usable did, even where its deadline cut it off", async () => {
  await using garbage = scriptedServer(
    (socket, from) => socket.send(new Uint8Array(9), from),
    "ntp",
  );
  const samples = await sample(garbage.url, { deadline: 0.2 });
  assertEquals([samples.error?.reason, samples.loss], ["bogus-reply", 1]);
  await using mixed = scriptedServer(
    (socket, from, count) => count === 2 ? socket.send(new Uint8Array(9), from) : undefined,
    "ntp",
  );
  const { error } = await sample(mixed.url, { count: 2, interval: 0, timeout: 0.1 });
  assertEquals(error?.reason, "bogus-reply");
  await using silent = scriptedServer(() => {}, "ntp");
  const brief = await sample(silent.url, { deadline: 0.001 });
  assertMatch(brief.error?.message ?? "", /^No reply from ntp:\S+ within 1\.000 ms$/);
});

Deno.test("sample ends at another kiss, and at what more requests would not mend", async () => {
  await using server = scriptedServer(
    (socket, from, _count, octets) =>
      socket.send(ntpReply(octets, { stratum: 0, referenceId: DENY, leap: 3 }), from),
    "ntp",
  );
  const denied = await sample(server.url, { count: 5 });
  assertEquals([denied.exchanges.length, denied.error?.reason], [1, "kiss-o-death"]);
  assertEquals([denied.loss, denied.estimate], [0, undefined]);
  const unknown = await sample("ntp://nosuch.invalid", { count: 5 });
  assertEquals([unknown.exchanges.length, unknown.error?.reason], [1, "unknown-host"]);
  assertEquals(unknown.loss, 1);
});

Deno.test("sample ends by its deadline or signal with what came by then", async () => {
  await using server = await serve("ntp://127.0.0.1:0");
  const url = server.addresses[0]?.url ?? "";
  const cut = await sample(url, { count: 3, interval: 3600, deadline: 1 });
  assertEquals([cut.exchanges.length, cut.estimate?.replies, cut.error], [1, 1, undefined]);
  const stop = new AbortController();
  const { signal } = stop;
  const stopped = await sample(url, { interval: 3600, signal, onExchange: () => stop.abort() });
  assertEquals(stopped.exchanges.length, 1);
  await assertRejects(() => sample(url, { signal }), DOMException);
  await using silent = scriptedServer(() => {}, "ntp");
  const nothing = await sample(silent.url, { deadline: 0.05 });
  assertEquals([nothing.exchanges, nothing.error?.reason], [[], "timeout"]);
});

Deno.test("sample says that a clock was stepped meanwhile", async () => {
  const clock = simulatedClock(0);
  await using server = await serve("ntp://127.0.0.1:0", { clock });
  const { warnings } = await sample(server.addresses[0]?.url ?? "", {
    count: 4,
    interval: 0,
    onExchange: () => clock.aheadSeconds = 60,
  });
  assertEquals(warnings, ["its offsets contradict each other: a clock was stepped meanwhile"]);
});

Deno.test("sample refuses what it cannot measure", async () => {
  for (const url of ["asctime://127.0.0.1", "daytime://127.0.0.1", "auto://127.0.0.1", "ntp://"]) {
    await assertRejects(() => sample(url), SyntaxError);
  }
  for (
    const options of [{ count: 0 }, { count: 1001 }, { count: 1.5 }, { interval: -1 }, {
      deadline: NaN,
    }]
  ) {
    await assertRejects(() => sample("ntp://127.0.0.1", options), RangeError);
  }
});
