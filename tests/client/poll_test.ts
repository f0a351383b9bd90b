import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkInterval, isLocal, poll, type PollOptions } from "../../src/client/poll.ts";
import { parseEndpoint } from "../../src/protocols/endpoint.ts";
import { countSockets, FakeNetwork, kissOfDeath } from "../support/fake_network.ts";

const name = "time.example";

/** Polls until it ends: of each exchange its server, when it was sent, and what came. */
function pollAll(
  network: FakeNetwork,
  urls: readonly string[],
  options: Partial<PollOptions>,
): Promise<unknown[][]> {
  const endpoints = urls.map((url) => parseEndpoint(url, "ntp"));
  const polls = poll(endpoints, { network, timeout: 1, ...options });
  return network.run(Array.fromAsync(polls, ({ index, sentMs, measured: { reply, error } }) => [
    index,
    sentMs,
    error?.reason ?? reply?.from.hostname,
  ]));
}

Deno.test("poll keeps to the address of a name that has replied", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["192.0.2.1", "192.0.2.2"];
  const server = network.serveNtp("192.0.2.2", (count) => count === 3 ? undefined : {});
  assertEquals(await pollAll(network, [name], { count: 4 }), [
    // The first address is silent for 250 ms, then the second gets its turn.
    [0, 0, "192.0.2.2"],
    [0, 2000, "192.0.2.2"],
    [0, 4000, "timeout"],
    [0, 6000, "192.0.2.2"],
  ]);
  assertEquals(server.requests.map(({ atMs }) => atMs), [250, 2000, 4000, 6000]);
  assertEquals(network.lookups.filter((host) => host === name).length, 1);
  assertEquals(new Set(server.requests.map(({ port }) => port)).size, 4);
});

Deno.test("poll looks a name up once, within the whole time, and keeps the answer", async () => {
  for (const addresses of [["192.0.2.1"], ["192.0.2.2", "192.0.2.3"]]) {
    const network = new FakeNetwork();
    network.serveNtp("192.0.2.1");
    let lookups = 0;
    network.resolve = async () => {
      lookups++;
      await network.timers.sleep(5000);
      return addresses;
    };
    const outcome = addresses.length === 1 ? "192.0.2.1" : "timeout";
    assertEquals(await pollAll(network, [name], { count: 4, deadline: 30 }), [
      ...[5000, 7000, 9000, 11_000].map((atMs) => [0, atMs, outcome]),
    ]);
    assertEquals(lookups, 1);
    // It has no longer than the whole time.
    const startMs = network.timers.monotonicMs();
    const late = await pollAll(network, [name], { count: 4, deadline: 4 });
    assertEquals(late, [[0, startMs + 4000, "no_name_server"]]);
  }
});

Deno.test("poll of what runs long looks a name up again once its addresses are silent", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["192.0.2.1"];
  network.serveNtp("192.0.2.1", (count) => count < 3 ? {} : undefined);
  network.serveNtp("192.0.2.2");
  const exchanges = pollAll(network, [name], { count: 9, renewsAddresses: true });
  await network.timers.advance(5000);
  // The old address is kept while no name server answers.
  delete network.hosts[name];
  await network.timers.advance(4500);
  network.hosts[name] = ["192.0.2.2"];
  const outcomes = (await exchanges).map(([, , outcome]) => outcome);
  assertEquals(outcomes, [
    ...["192.0.2.1", "192.0.2.1", "timeout", "timeout", "timeout", "timeout"],
    ...["192.0.2.2", "192.0.2.2", "192.0.2.2"],
  ]);
  assertEquals(network.lookups, [name, name, name]);
});

Deno.test("poll keeps to an address that replies while its name is looked up again", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", (count) => count < 4 ? undefined : {});
  network.resolve = async () => {
    if (network.lookups.push(name) === 1) return ["192.0.2.1"];
    await network.timers.sleep(3000);
    return ["192.0.2.2"];
  };
  const exchanges = await pollAll(network, [name], { count: 6, renewsAddresses: true });
  assertEquals(exchanges.map(([, , outcome]) => outcome), [
    ...["timeout", "timeout", "timeout", "192.0.2.1", "192.0.2.1", "192.0.2.1"],
  ]);
  assertEquals(network.lookups.length, 2);
});

Deno.test("poll looks a name up again until that succeeds", async () => {
  const network = new FakeNetwork();
  const exchanges = pollAll(network, [name], { count: 3, timeout: 60 });
  network.serveNtp("192.0.2.1");
  await network.timers.advance(3000);
  network.hosts[name] = ["192.0.2.1"];
  assertEquals(await exchanges, [
    [0, 0, "unknown_host"],
    [0, 2000, "unknown_host"],
    [0, 4000, "192.0.2.1"],
  ]);
});

Deno.test("poll knows that a name is of this machine once its address is known", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["127.0.0.1"];
  network.serveNtp("127.0.0.1");
  const sent = (await pollAll(network, [name], { count: 3 })).map(([, atMs]) => atMs);
  assertEquals(sent, [0, 100, 200]);
});

Deno.test("poll queries no other machine more than once a second", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["192.0.2.1"];
  network.serveNtp("192.0.2.1");
  for (const interval of [0.5, () => 0.5, () => 0]) {
    const startMs = network.timers.monotonicMs();
    const sent = (await pollAll(network, [name], { count: 3, interval })).map(([, atMs]) => atMs);
    assertEquals(sent, [startMs, startMs + 1000, startMs + 2000]);
  }
});

Deno.test("poll has one exchange per server under way, which none of the others waits for", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", () => undefined);
  network.serveNtp("192.0.2.2");
  const options = { timeout: 5, interval: 1, deadline: 6 };
  assertEquals(await pollAll(network, ["192.0.2.1", "192.0.2.2"], options), [
    ...[20, 1020, 2020, 3020, 4020].map((atMs) => [1, atMs, "192.0.2.2"]),
    [0, 0, "timeout"],
    // The silent one's next request is cut off by the deadline, and left out.
    [1, 5020, "192.0.2.2"],
  ]);
  assertEquals(network.timers.monotonicMs(), 6000);
});

Deno.test("poll sends nothing while its consumer does not look", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  const events = poll([parseEndpoint("ntp://192.0.2.1")], { network, timeout: 1 });
  await network.run(events.next());
  await network.timers.advance(60_000);
  assertEquals(server.requests.length, 1);
  // What was missed is not made up for.
  await network.run(events.next());
  await network.run(events.next());
  assertEquals(server.requests.map(({ atMs }) => atMs), [0, 60_002, 62_002]);
  await events.return();
});

Deno.test("poll gets the next interval from a function, and doubles it after each KoD RATE", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1", (count) => count > 3 ? kissOfDeath("RATE") : {});
  await pollAll(network, ["192.0.2.1"], { count: 16, interval: (sent) => 2 ** (3 + sent) });
  const seconds = server.requests.map(({ atMs }) => atMs / 1000);
  const intervals = seconds.slice(1).map((at, i) => at - (seconds[i] ?? 0));
  // No KoD makes it longer than 1024 s.
  assertEquals(
    intervals,
    [16, 32, 64, 256, 1024, 1024, 1024, 2048, 4096, 8192, 16384].concat(
      [32768, 65536, 131072, 262144],
    ),
  );
});

Deno.test("poll obeys each kiss-o'-death, and reports the interval to the next request", async () => {
  const codes = ["", "RATE", "", "RATE", "DENY", ""];
  for (
    const [host, interval, expected] of [
      // When each request leaves, and the seconds from it to the next; none after DENY.
      ["192.0.2.1", 5, [[0, 5], [5, 10], [15, 10], [25, 20], [45, undefined]]],
      ["192.0.2.1", undefined, [[0, 2], [2, 4], [6, 4], [10, 8], [18, undefined]]],
      // Twice no interval would be none: half of the usual one is doubled.
      ["127.0.0.1", 0, [[0, 0], [0.002, 0.1], [0.102, 0.1], [0.202, 0.2], [0.402, undefined]]],
    ] as const
  ) {
    const network = new FakeNetwork();
    network.serveNtp(host, (count) => {
      const code = codes[count - 1];
      return code ? kissOfDeath(code) : {};
    });
    const polls = poll([parseEndpoint(host, "ntp")], { network, timeout: 1, interval });
    const seen = Array.fromAsync(polls, ({ sentMs, interval }) => [sentMs / 1000, interval]);
    assertEquals(await network.run(seen), expected.map((each) => [...each]));
  }
});

Deno.test("poll throws what is no failure of a server, and ends the other exchanges", async () => {
  const network = new FakeNetwork();
  const silent = network.serveNtp("192.0.2.1", () => undefined);
  network.resolve = (hostname) => {
    network.lookups.push(hostname);
    if (hostname === name) throw new Deno.errors.NotCapable("Requires net access");
    return Promise.resolve([hostname]);
  };
  await assertRejects(
    () => pollAll(network, ["192.0.2.1", name], { timeout: 60 }),
    Deno.errors.NotCapable,
  );
  assertEquals([silent.requests.length, network.timers.monotonicMs()], [1, 20]);
  assertEquals(network.lookups.filter((hostname) => hostname === name).length, 1);
});

Deno.test("poll ends when its signal aborts, with nothing under way", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1");
  network.serveNtp("192.0.2.2", () => undefined);
  const open = countSockets(network);
  const stop = new AbortController();
  const urls = ["192.0.2.1", "192.0.2.2"];
  const polled = pollAll(network, urls, { timeout: 60, signal: stop.signal });
  await network.timers.advance(5000);
  assertEquals(open(), 1);
  stop.abort();
  assertEquals(await polled, [0, 2000, 4000].map((atMs) => [0, atMs, "192.0.2.1"]));
  assertEquals([open(), network.timers.monotonicMs()], [0, 5000]);
  assertEquals(await pollAll(network, urls, { signal: stop.signal }), []);
});

Deno.test("poll that is left early has nothing under way", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1");
  const silent = network.serveNtp("192.0.2.2", () => undefined);
  const open = countSockets(network);
  const endpoints = ["192.0.2.2", "192.0.2.1"].map((url) => parseEndpoint(url, "ntp"));
  const events = poll(endpoints, { network, timeout: 60 });
  assertEquals((await network.run(events.next())).value?.index, 1);
  assertEquals(open(), 1);
  // By the moment at which it has returned, not some turns later.
  assertEquals(await network.run(events.return().then(open)), 0);
  assertEquals([silent.requests.length, network.timers.monotonicMs()], [1, 22]);
});

Deno.test("a short interval is for loopback alone", () => {
  for (
    const [hostname, expected] of [
      ["localhost", true],
      ["127.0.0.1", true],
      ["127.1.2.3", true],
      ["::1", true],
      ["192.0.2.1", false],
      ["localhost.example", false],
    ] as const
  ) {
    const endpoint = { protocol: "ntp", hostname, port: 123 } as const;
    assertEquals(isLocal(endpoint), expected, hostname);
    for (const interval of [undefined, 1, 5]) checkInterval(endpoint, interval);
    if (expected) checkInterval(endpoint, 0);
    else {
      assertThrows(
        () => checkInterval(endpoint, 0.999),
        RangeError,
        `Cannot query ${hostname} every 0.999 s: ` +
          "only a loopback address is queried more than once a second",
      );
    }
  }
});

Deno.test("poll gives up a look-up that takes all of its time", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  network.resolve = () => network.timers.sleep(5000).then(() => ["192.0.2.1"]);
  assertEquals(await pollAll(network, [name], { deadline: 5 }), []);
  assertEquals([server.requests.length, network.timers.monotonicMs()], [0, 5000]);
});

Deno.test("poll sends nothing once its time is over, though it was held up until then", async () => {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1");
  const endpoints = [parseEndpoint("ntp://192.0.2.1")];
  const events = poll(endpoints, { network, timeout: 1, deadline: 5, interval: 2 });
  await network.run(events.next());
  // The next one is due at 2 s.
  network.timers.holdUp(4998);
  const { done } = await network.run(events.next());
  assertEquals([done, server.requests.length, network.timers.monotonicMs()], [true, 1, 5000]);
});
