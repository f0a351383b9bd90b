import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { exchange, lookUp } from "../../src/client/exchange.ts";
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import type { Request } from "../../src/protocols/protocol.ts";
import { countSockets, FakeNetwork } from "../support/fake_network.ts";
import { name, octets, runExchange, server } from "../support/one_exchange.ts";
import { ntpReply } from "../support/scripted_server.ts";

Deno.test("exchange sends again, from another port, when a request is lost", async () => {
  const network = new FakeNetwork();
  const { requests } = network.serve(
    "time://192.0.2.1",
    ({ count }) => count < 3 ? undefined : octets,
  );
  const reply = await runExchange(network, { timeout: "1.5s", retries: 2 });
  assertEquals([reply.octets, reply.roundTrip.total("milliseconds")], [octets, 2]);
  // The time that is left is shared by the tries that are left.
  assertEquals(requests.map(({ atMs }) => atMs), [0, 500, 1000]);
  assertEquals(new Set(requests.map(({ port }) => port)).size, 3);
});

Deno.test("exchange names the protocol of a port whose server is silent to another", async () => {
  for (
    const [protocol, port, message] of [
      ["asctime", 123, "within 1 s; to query it by NTP: ntp://192.0.2.1"],
      ["time", 123, "within 1 s; to query it by NTP: ntp://192.0.2.1"],
      ["ntp", 123, "within 1 s"],
      ["asctime", 1123, "within 1 s"],
    ] as const
  ) {
    const network = new FakeNetwork();
    network.serve(`${protocol}://192.0.2.1:${port}`, () => undefined);
    const target = `${protocol}://192.0.2.1:${port}` as const;
    const error = await network.run(
      query(target, { timeout: "1s", network }).catch((error) => error),
    );
    assertEquals([error.reason, error.message.endsWith(message)], ["timeout", true], error.message);
  }
});

Deno.test("exchange accepts a late reply to an earlier try", async () => {
  const network = new FakeNetwork();
  const { requests } = network.serve(
    "time://192.0.2.1",
    ({ count }) => count === 1 ? octets : undefined,
    () => [1, 1200],
  );
  const reply = await runExchange(network, { timeout: "2s", retries: 1 });
  assertEquals([requests.length, reply.roundTrip.total("milliseconds")], [2, 1201]);
  assertEquals(reply.receivedAt.since(reply.sentAt).total("milliseconds"), 1201);
});

Deno.test("exchange returns a reply as soon as it has come, after the patience with an address too", async () => {
  const network = new FakeNetwork();
  const { requests } = network.serve("time://192.0.2.1", () => octets, () => [1, 600]);
  const reply = await runExchange(network, { timeout: "2s", retries: 1 });
  assertEquals([requests.length, reply.roundTrip.total("milliseconds")], [1, 601]);
  assertEquals(network.timers.monotonicMs(), 601);
});

Deno.test("exchange waits for a reply to an earlier try when later requests cannot be sent", async () => {
  for (const [answer, result] of [[octets, "01020304"], [undefined, "timeout"]] as const) {
    const network = new FakeNetwork();
    const { requests } = network.serve("time://192.0.2.1", () => answer, () => [1, 1200]);
    const connect = network.connect.bind(network);
    network.connect = (options) =>
      requests.length === 0 ? connect(options) : Promise.reject(new Error("Too many open files"));
    const reply = await runExchange(network, { timeout: "2s", retries: 3 }).catch((error) => error);
    assertEquals([reply.octets?.toHex() ?? reply.reason, requests.length], [result, 1]);
    assertEquals(network.timers.monotonicMs(), answer ? 1201 : 2000);
  }
});

Deno.test("exchange rounds the round trip to the nanosecond", async () => {
  const network = new FakeNetwork();
  network.serve("time://192.0.2.1", () => octets, () => [0.25, 0.0000007]);
  const { roundTrip } = await runExchange(network, {});
  assertEquals(roundTrip.total("nanoseconds"), 250_001);
});

Deno.test("exchange ends when its signal aborts, and leaves no socket open", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["192.0.2.1", "192.0.2.2"];
  const { requests } = network.serve("time://192.0.2.1", () => undefined);
  const next = network.serve("time://192.0.2.2", () => undefined);
  const open = countSockets(network);
  // While an address has its turn, between two tries, and at the end.
  const cases = [[name, 2, 100], [server.hostname, 2, 700], [name, 0, 2000]] as const;
  for (const [hostname, retries, atMs] of cases) {
    const stop = new AbortController();
    const reason = new Error("enough");
    const startMs = network.timers.monotonicMs();
    void network.timers.sleep(atMs).then(() => stop.abort(reason));
    const options = { retries, signal: stop.signal };
    const error = await runExchange(network, options, hostname).catch((error) => error);
    assert(error === reason, String(error));
    assertEquals([network.timers.monotonicMs() - startMs, open()], [atMs, 0]);
    assertEquals(next.requests.length, atMs === 2000 ? 1 : 0);
  }
  const [sent, looked] = [requests.length, network.lookups.length];
  const aborted = { signal: AbortSignal.abort(), retries: 0 };
  await assertRejects(() => runExchange(network, aborted, name), DOMException);
  assertEquals([requests.length, network.lookups.length], [sent, looked]);
});

Deno.test("exchange that is aborted after a request could not be sent rejects once", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["192.0.2.1", "192.0.2.2"];
  const connect = network.connect.bind(network);
  network.connect = async (options) => {
    const connection = await connect(options);
    const isFirst = options.hostname === "192.0.2.1";
    if (isFirst) connection.send = () => Promise.reject(new Error("Network is unreachable"));
    return connection;
  };
  const stop = new AbortController();
  void network.timers.sleep(100).then(() => stop.abort(new Error("enough")));
  await assertRejects(() => runExchange(network, { signal: stop.signal }, name), Error, "enough");
});

Deno.test("exchange closes its sockets once it has a reply", async () => {
  const network = new FakeNetwork();
  network.serve("time://192.0.2.1", ({ count }) => count === 3 ? octets : undefined);
  const open = countSockets(network);
  const reply = runExchange(network, { retries: 2 });
  await network.timers.advance(2001);
  assertEquals(open(), 3);
  await reply;
  assertEquals(open(), 0);
});

Deno.test("exchange counts the replies that do not belong to a request, and quotes the last", async () => {
  const network = new FakeNetwork();
  network.serve("time://192.0.2.1", ({ count }) => [new Uint8Array([count]), new Uint8Array(2)]);
  const request = (): Request => ({
    octets: new Uint8Array(1),
    rejection: ([first, ...rest]) => ({
      reason: "bogus_reply",
      message: rest.length > 0 ? "too long" : `number ${first}`,
    }),
  });
  const exchanged = exchange(server, request, { network, retries: 1 });
  const error = await assertRejects(() => network.run(exchanged), QueryError);
  assertEquals([error.reason, error.message], [
    "bogus_reply",
    "No reply from 192.0.2.1:37 that belongs to the request: 4 ignored, the last: too long",
  ]);
});

Deno.test("exchange refuses options that are out of range, and accepts the ends of each", async () => {
  const network = new FakeNetwork();
  const { requests } = network.serve("time://192.0.2.1", () => octets);
  for (const timeout of ["0s", "-1s", "86400.001s"]) {
    const message = `query.timeout is "${timeout}", expected a duration from 1ms to 1d`;
    assertThrows(() => runExchange(network, { timeout }), RangeError, message);
  }
  for (const retries of [-1, 0.5, NaN, 1001]) {
    const message = `query.retries is ${retries}, expected a whole number, 0 to 1000`;
    assertThrows(() => runExchange(network, { retries }), RangeError, message);
  }
  assertEquals(requests.length, 0);
  for (
    const options of [{ timeout: "1d" }, { timeout: "10ms" }, { retries: 0 }, { retries: 1000 }]
  ) {
    assertEquals((await runExchange(network, options)).octets, octets);
  }
});

Deno.test("lookUp without a limit ends all the same", async () => {
  const network = new FakeNetwork();
  network.resolve = () => new Promise(() => {});
  const error = await assertRejects(
    () => network.run(lookUp(name, Infinity, { network })),
    QueryError,
  );
  assertEquals([error.reason, network.timers.monotonicMs()], ["no_name_server", 86_400_000]);
});

Deno.test("exchange measures the round trip by the clock that is never set", async () => {
  for (const aheadMs of [3_600_000, -3_600_000, 1, -3]) {
    const network = new FakeNetwork();
    network.isStamped = true;
    network.serve("time://192.0.2.1", () => {
      network.timers.aheadMs += aheadMs;
      return octets;
    });
    const { sentAt, receivedAt, roundTrip } = await runExchange(network, {});
    assertEquals(receivedAt.since(sentAt).total("milliseconds"), 2, `${aheadMs}`);
    assertEquals(roundTrip.total("milliseconds"), 2, `${aheadMs}`);
  }
});

Deno.test("exchange takes the kernel's timestamp of the arrival", async () => {
  for (const isStamped of [true, false]) {
    const network = new FakeNetwork();
    network.isStamped = isStamped;
    network.serve("time://192.0.2.1", () => octets);
    const { timers } = network;
    const monotonicMs = timers.monotonicMs.bind(timers);
    // The program is woken 7 ms after the arrival.
    timers.monotonicMs = () => monotonicMs() + (monotonicMs() >= 2 ? 7 : 0);
    const { sentAt, receivedAt, roundTrip } = await runExchange(network, {});
    const milliseconds = isStamped ? 2 : 9;
    assertEquals(receivedAt.since(sentAt).total("milliseconds"), milliseconds);
    assertEquals(roundTrip.total("milliseconds"), milliseconds);
  }
});

Deno.test("a client that is held up between any two readings of a clock measures within its bound", async () => {
  for (const isStamped of [true, false]) {
    let readings = 0;
    for (let held = 0; held <= readings; held++) {
      readings = 0;
      const network = new FakeNetwork();
      network.isStamped = isStamped;
      const { timers } = network;
      const [now, monotonicMs] = [timers.now.bind(timers), timers.monotonicMs.bind(timers)];
      const holdUp = (): void => {
        if (readings++ === held) timers.holdUp(5);
      };
      timers.now = () => (holdUp(), now());
      timers.monotonicMs = () => (holdUp(), monotonicMs());
      network.serve("ntp://192.0.2.1", ({ octets }) => ntpReply(octets, {}, now()));
      const reply = await network.run(query("ntp://192.0.2.1", { network }));
      const [offset, bound] = [reply.offset.abs(), reply.errorBound];
      const isBounded = Temporal.Duration.compare(offset, bound) <= 0;
      assert(isBounded, `${isStamped} ${held}: ${offset} ± ${bound}`);
    }
    assert(readings > 5, `${readings}`);
  }
});

Deno.test("exchange gives up at its deadline", async () => {
  for (
    const [options, count, seconds] of [
      [{}, 3, 3],
      [{ timeout: "200ms", retries: 3 }, 4, 0.2],
      [{ timeout: "100ms", retries: 0 }, 1, 0.1],
    ] as const
  ) {
    const network = new FakeNetwork();
    const { requests } = network.serve("time://192.0.2.1", () => undefined);
    const error = await assertRejects(() => runExchange(network, options), QueryError);
    assertEquals(error.reason, "timeout");
    assertEquals(error.message, `No reply from 192.0.2.1:37 within ${seconds} s`);
    assertEquals([requests.length, network.timers.monotonicMs()], [count, seconds * 1000]);
  }
});

Deno.test("exchange limits the look-up of a name, too", async () => {
  const network = new FakeNetwork();
  network.resolve = () => network.timers.sleep(60_000).then(() => []);
  const error = await assertRejects(
    () => runExchange(network, { timeout: "5s" }, name),
    QueryError,
  );
  assertEquals(error.reason, "no_name_server");
  assertEquals(error.message, "No name server answered for time.example in time");
  assertEquals(network.timers.monotonicMs(), 5000);
});

Deno.test("query of ntp ignores a true reply to an earlier query, or to another try", async () => {
  const network = new FakeNetwork();
  const kept: Uint8Array[] = [];
  network.serve("ntp://192.0.2.1", ({ octets, count }) => {
    const before = [...kept];
    kept.push(ntpReply(octets, { stratum: count }, network.timers.now()));
    return count === 1 || count === 4 ? [...kept] : before;
  });
  const ask = (retries: number): Promise<{ stratum: number }> =>
    network.run(query("ntp://192.0.2.1", { network, retries }));
  assertEquals((await ask(0)).stratum, 1);
  // Its second try is sent the reply to its first, and both that to the query before.
  const error = await assertRejects(() => ask(1), QueryError, ": 3 ignored");
  assertEquals(error.reason, "bogus_reply");
  assertEquals((await ask(0)).stratum, 4);
});
