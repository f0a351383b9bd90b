import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ProbeOutcome } from "../../../src/client/export/metrics.ts";
import { Probes, type ProbesOptions } from "../../../src/client/export/probes.ts";
import { parseTarget } from "../../../src/protocols/endpoint.ts";
import { parseNetworks } from "../../../src/text/ip_words.ts";
import { FakeNetwork, kissOfDeath } from "../../support/fake_network.ts";
import { HttpError } from "../../../src/http/message.ts";

type Probe = (url: string, samples?: number, timeoutSeconds?: number) => Promise<ProbeOutcome>;

interface Probed {
  readonly network: FakeNetwork;
  readonly start: Probe;
  /** The same, while time passes. */
  readonly probe: Probe;
}

function begin(options: Partial<ProbesOptions> = {}): Probed {
  const network = new FakeNetwork();
  const probes = new Probes({ network, ...options });
  const start: Probe = (url, samples = 1, timeoutSeconds = 5) =>
    probes.probe({ target: parseTarget(url, "ntp"), samples, timeoutSeconds });
  const probe: Probe = (...request) => network.run(start(...request));
  return { network, start, probe };
}

Deno.test("a probe measures a target, with as many requests as it is to send", async () => {
  const { network, probe } = begin();
  const server = network.serveNtp("192.0.2.1");
  server.aheadSeconds = 2;
  const { failure, durationSeconds, figures } = await probe("192.0.2.1", 3);
  assertEquals([failure, figures.isUp, figures.url], [undefined, true, "ntp://192.0.2.1:123"]);
  assertEquals(figures.estimate?.offset.total("seconds"), 2);
  assertEquals(figures.estimate?.replies, 3);
  // Requests to another machine are a second apart.
  assertEquals(server.requests.map(({ atMs }) => atMs), [0, 1000, 2000]);
  assertEquals(durationSeconds, 2.002);
});

Deno.test("a probe that fails says why, and takes no longer than it may", async () => {
  const { network, probe } = begin();
  network.serveNtp("192.0.2.1", () => undefined);
  network.serveNtp("192.0.2.2", () => ({ leap: 3, stratum: 16 }));
  const table: [url: string, seconds: number, failure: string, duration: number][] = [
    ["192.0.2.1", 2.5, "timeout", 2.5],
    ["192.0.2.2", 2.5, "unsynchronized", 0.002],
    ["127.0.0.1:9", 2.5, "refused", 0.25],
    ["time.example", 2.5, "unknown_host", 0],
  ];
  for (const [url, seconds, expected, duration] of table) {
    const { failure, durationSeconds, figures } = await probe(url, 1, seconds);
    assertEquals([failure, durationSeconds, figures.isUp], [expected, duration, false], url);
    assertEquals([figures.lastReply, figures.estimate], [0, undefined], url);
  }
});

Deno.test("a lost request does not use up the time of the others", async () => {
  const { network, probe } = begin();
  network.serveNtp("192.0.2.1", (count) => count === 1 ? undefined : {});
  const { failure, durationSeconds, figures } = await probe("192.0.2.1", 4, 6);
  assertEquals([failure, figures.estimate?.replies], [undefined, 3]);
  // 1.5 s for the lost one, then a second each.
  assertEquals(durationSeconds, 3.502);
});

Deno.test("every address of a target must be within the networks, and no other is queried", async () => {
  const targets = ["192.0.2.0/24", "2001:db8::/32"].flatMap(parseNetworks);
  const { network, start, probe } = begin({ targets });
  const good = network.serveNtp("192.0.2.1");
  const bad = network.serveNtp("127.0.0.1");
  Object.assign(network.hosts, {
    "good.example": ["2001:db8::1", "192.0.2.1"],
    "mixed.example": ["192.0.2.1", "127.0.0.1"],
    "bad.example": ["10.0.0.1"],
  });
  const refused = async (url: string): Promise<string> => {
    const error = await assertRejects(() => network.run(start(url)), HttpError);
    assertEquals(error.status, 403, url);
    return error.message;
  };
  for (const url of ["mixed.example", "bad.example", "127.0.0.1", "[::1]", "198.51.100.1"]) {
    const message = await refused(url);
    assert(
      message.endsWith("is in none of the networks that /probe may query: see --targets"),
      message,
    );
  }
  assertEquals([good.requests.length, bad.requests.length], [0, 0]);

  // The name has another address as soon as it has been checked.
  const resolve = network.resolve.bind(network);
  network.resolve = (hostname) => {
    const addresses = resolve(hostname);
    network.hosts["good.example"] = ["127.0.0.1"];
    return addresses;
  };
  assertEquals((await probe("good.example")).failure, undefined);
  assertEquals([good.requests.length, bad.requests.length], [1, 0]);
  assertEquals(network.lookups.filter((name) => name === "good.example").length, 1);
});

Deno.test("no group of machines is a target, even where all networks are", async () => {
  const { network, start } = begin();
  for (const url of ["239.0.0.1", "255.255.255.255", "0.0.0.0", "[ff02::101%eth0]", "[::]"]) {
    const error = await assertRejects(() => network.run(start(url)), HttpError, "", url);
    assertEquals(error.status, 403, url);
  }
});

Deno.test("64 targets are measured at once, and one more has to wait", async () => {
  const { network, start, probe } = begin();
  const running = Array.from({ length: 64 }, (_, i) => start(`192.0.2.${i}`, 1, 3));
  await network.timers.advance(0);
  const error = await assertRejects(() => start("192.0.2.200"), HttpError);
  assertEquals([error.status, error.headers["retry-after"]], [503, "1"]);
  // One that is measured already is no further one.
  const again = start("192.0.2.1");
  const outcomes = await network.run(Promise.all([...running, again]));
  assertEquals(new Set(outcomes.map(({ failure }) => failure)), new Set(["timeout"]));
  assertEquals(outcomes[64], outcomes[1]);
  assertEquals((await probe("192.0.2.200", 1, 3)).failure, "timeout");
});

Deno.test("a target gets no request within its polite interval, and fewer after a KoD", async () => {
  const { network, probe } = begin();
  const table: [url: string, code: string | undefined, queriedAfterMs: number][] = [
    ["192.0.2.1", undefined, 1000],
    ["192.0.2.2", "RATE", 2000],
    ["192.0.2.3", "DENY", 1_024_000],
    ["127.0.0.1", undefined, 100],
  ];
  for (const [url, code, ms] of table) {
    const server = network.serveNtp(url, () => code === undefined ? {} : kissOfDeath(code));
    const first = await probe(url);
    assertEquals(first.failure, code === undefined ? undefined : "kiss_o_death", url);
    await network.timers.advance(ms - 1);
    assertEquals(await probe(url), first, url);
    assertEquals(server.requests.length, 1, url);
    await network.timers.advance(1);
    await probe(url);
    assertEquals(server.requests.length, 2, url);
  }
});

Deno.test("each further KoD RATE doubles the interval of a target", async () => {
  const { network, probe } = begin();
  const server = network.serveNtp("192.0.2.1", () => kissOfDeath("RATE"));
  for (let i = 0; i < 20_000; i++) {
    await probe("192.0.2.1");
    await network.timers.advance(100);
    if (server.requests.length === 5) break;
  }
  const times = server.requests.map(({ atMs }) => atMs);
  const gaps = times.slice(1).map((ms, i) => Math.floor((ms - (times[i] as number)) / 1000));
  assertEquals(gaps, [2, 4, 8, 16]);
});
