/** Simulated clocks, seen by clients: the same on every transport. */
import { assert, assertEquals } from "@std/assert";
import { query, serve, type Server } from "../../mod.ts";
import { noiseNs } from "../../src/clock/noise.ts";
import { eachWay, type Way } from "./transports.ts";

function urlOf(server: Server, protocol: string): string {
  const [address] = server.addresses;
  return `${protocol}://127.0.0.1:${address?.port}`;
}

/** How far a server's time is from an instant, in seconds, and the bound of that. */
async function apart(url: string, from: () => Temporal.Instant): Promise<[number, number]> {
  const reply = await query(url as `ntp://${string}`);
  const expected = from().epochNanoseconds - reply.receivedAt.epochNanoseconds;
  const error = reply.offset.total("seconds") - Number(expected) / 1e9;
  return [error, reply.errorBound.total("seconds")];
}

async function assertServed(server: Server, from: () => Temporal.Instant): Promise<void> {
  const [error, bound] = await apart(urlOf(server, "ntp"), from);
  // A reading of this machine's clock beside the exchange costs a moment too.
  assert(Math.abs(error) <= bound + 0.2, `${error} s, bound ${bound} s`);
}

const now = (): Temporal.Instant => Temporal.Now.instant();
/** By how much two clocks of this machine may differ. */
const TOLERANCE_NS = 1_500_000;
const auto = "auto://127.0.0.1:0";

function start(way: Way, clock: Record<string, unknown>, url = auto): Promise<Server> {
  return serve(url, { ...way, clock, utc: true });
}

(await eachWay("every protocol serves the simulated time", async (way) => {
  const urls = ["auto", "daytime", "time", "ntp"].map((scheme) => `${scheme}://127.0.0.1:0`);
  const clock = { time: "2030-05-06T07:08:09Z", rate: 0 };
  await using server = await serve(urls, { ...way, clock, utc: true });
  const [auto, daytime, time, ntp] = server.addresses;
  assertEquals((await query(auto?.url ?? "")).text, "Mon May  6 07:08:09 2030");
  assertEquals((await query(daytime?.url ?? "")).text.trim(), "Mon May  6 07:08:09 2030");
  assertEquals((await query(time?.url ?? "")).text, "2030-05-06T07:08:09Z");
  const reply = await query(`ntp://127.0.0.1:${ntp?.port}`);
  assertEquals(reply.serverReceivedAt.toString({ smallestUnit: "second" }), "2030-05-06T07:08:09Z");
})).forEach((test) => Deno.test(test));

(await eachWay("offset, start, step and date are served exactly", async (way) => {
  for (const [offset, shift] of [["+1h30m", 5400], ["-2d", -172_800]] as const) {
    await using server = await start(way, { offset });
    await assertServed(server, () => now().add({ seconds: shift }));
    server.clock.step("PT1H");
    await assertServed(server, () => now().add({ seconds: shift + 3600 }));
    server.clock.reset();
    await assertServed(server, () => now().add({ seconds: shift }));
  }
  const begun = now();
  await using server = await start(way, { time: "2036-02-07T06:28:10Z", rate: "2x" });
  const [served, at] = [server.clock.now(), now()];
  const sinceStart = served.since(Temporal.Instant.from("2036-02-07T06:28:10Z"));
  const most = at.since(begun).total("seconds") * 2;
  assert(sinceStart.sign >= 0 && sinceStart.total("seconds") <= most, `${sinceStart} of ${most} s`);
  await assertServed(server, () => served.add(now().since(at)).add(now().since(at)));
})).forEach((test) => Deno.test(test));

(await eachWay("a listener has a clock of its own by its URL", async (way) => {
  await using server = await serve(
    ["ntp://127.0.0.1:0?offset=+1h", "ntp://127.0.0.1:0", "ntp://127.0.0.1:0?offset=-1h&freeze"],
    { ...way, clock: { offset: "+1d" } },
  );
  const shifts = [3600, 86_400, -3600];
  for (const [i, { url }] of server.addresses.entries()) {
    const [error] = await apart(url, () => now().add({ seconds: shifts[i] ?? 0 }));
    assert(Math.abs(error) < 2, `${url}: ${error}`);
    assert(!url.includes("?"), url);
  }
})).forEach((test) => Deno.test(test));

(await eachWay("a clock is changed while it runs, on every thread at once", async (way) => {
  await using server = await start(way, {});
  await assertServed(server, now);
  server.clock.set({ time: "2090-01-01T00:00:00Z", freeze: true });
  for (let i = 0; i < 16; i++) {
    // Each from another port, so that every thread is asked.
    const { serverReceivedAt } = await query(`ntp://127.0.0.1:${server.addresses[0]?.port}`);
    assertEquals(serverReceivedAt.epochMilliseconds, Date.UTC(2090, 0, 1));
  }
  assertEquals(server.clock.now().toString(), "2090-01-01T00:00:00Z");
  server.clock.set({ rate: 1, offset: "-10s" });
  await assertServed(server, () => now().subtract({ seconds: 10 }));
})).forEach((test) => Deno.test(test));

(await eachWay("a leap second is announced until it is over, in every protocol", async (way) => {
  const urls = ["daytime://127.0.0.1:0", "ntp://127.0.0.1:0"];
  await using server = await serve(urls, { ...way, daytimeFormat: "nist" });
  const [daytime, ntp] = server.addresses.map(({ port }) => port);
  const texts: string[] = [];
  const packets: string[] = [];
  const ask = async (): Promise<void> => {
    const { text } = await query(`daytime://127.0.0.1:${daytime}`);
    // Date, time, DST code and the leap second of the month.
    texts.push(text.slice(6, 28));
    const { leap, serverSentAt } = await query(`ntp://127.0.0.1:${ntp}`);
    packets.push(`${leap} ${serverSentAt.toString({ smallestUnit: "second" })}`);
  };
  /** The time that is served, and between which moments of a clock that is never set. */
  const look = async (): Promise<[servedMs: number, fromMs: number, toMs: number]> => {
    const fromMs = performance.now();
    const { serverSentAt } = await query(`ntp://127.0.0.1:${ntp}`);
    return [Number(serverSentAt.epochNanoseconds) / 1e6, fromMs, performance.now()];
  };
  await ask();
  server.clock.set({ time: "2028-12-31T23:59:58Z", leap: "insert@2028-12-31", rate: 5 });
  const [beforeMs, ...before] = await look();
  while (server.clock.now().epochMilliseconds < Date.UTC(2029, 0, 1)) await ask();
  const [afterMs, ...after] = await look();
  // The last second of the year comes twice: time gains a second less than at its rate.
  const gainedMs = afterMs - beforeMs + 1000;
  const [leastMs, mostMs] = [5 * (after[0] - before[1]) - 5, 5 * (after[1] - before[0]) + 5];
  assert(gainedMs >= leastMs && gainedMs <= mostMs, `${leastMs} ${gainedMs} ${mostMs}`);
  // The first exchange came before, and the last may be one past midnight.
  const during = (seen: string[]): string[] => [...new Set(seen.slice(1, -1))];
  assertEquals(during(texts), ["28-12-31 23:59:58 00 1", "28-12-31 23:59:59 00 1"]);
  assertEquals(during(packets), ["insert 2028-12-31T23:59:58Z", "insert 2028-12-31T23:59:59Z"]);
  assertEquals((await query(`ntp://127.0.0.1:${ntp}`)).leap, "none");
})).forEach((test) => Deno.test(test));

(await eachWay("a smear announces no leap second, and reports itself", async (way) => {
  await using server = await start(way, {
    time: "2029-01-01T00:00:00Z",
    leap: "insert@2028-12-31",
    smear: "google",
  });
  const reply = await query(`ntp://127.0.0.1:${server.addresses[0]?.port}`);
  assertEquals(reply.leap, "none");
  assert(reply.referenceId.startsWith("254."), reply.referenceId);
})).forEach((test) => Deno.test(test));

(await eachWay("noise is that of its seed and deviation at each moment", async (way) => {
  await using server = await start(way, {});
  const url = `ntp://127.0.0.1:${server.addresses[0]?.port}` as const;
  const seed = 7;
  await query(url);
  server.clock.set({ noise: "1s", seed: 0 });
  const earliestNs = now().epochNanoseconds;
  server.clock.set({ noise: "500ms", seed });
  const uncertainNs = Number(now().epochNanoseconds - earliestNs) + TOLERANCE_NS;
  // Over some of its values, which change 64 times a second.
  const seen = new Map<number, number>();
  for (let i = 0; i < 2000 && seen.size < 12; i++) {
    const { sentAt, receivedAt, serverReceivedAt } = await query(url);
    const [sentNs, receivedNs, servedNs] = [sentAt, receivedAt, serverReceivedAt].map((at) =>
      Number(at.epochNanoseconds - earliestNs)
    ) as [number, number, number];
    // There is a moment of the exchange whose noise it is.
    const matches: [tick: number, milliseconds: number][] = [];
    for (let atNs = sentNs - uncertainNs; atNs < receivedNs + uncertainNs; atNs += 100_000) {
      const seconds = Math.floor(atNs / 1e9);
      const noise = noiseNs(5e8, seed, { seconds, nanoseconds: Math.round(atNs - seconds * 1e9) });
      if (Math.abs(servedNs - noise - atNs) > uncertainNs + 100_000) continue;
      matches.push([Math.floor(atNs / 15_625_000), noise / 1e6]);
    }
    assert(matches.length > 0, `${servedNs} ns, ${sentNs} to ${receivedNs}`);
    for (const [tick, milliseconds] of matches.slice(0, 1)) seen.set(tick, milliseconds);
  }
  const values = [...seen.values()];
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const spread = Math.hypot(...values.map((each) => each - mean)) / Math.sqrt(values.length);
  assertEquals(values.length, 12);
  // The jitter has 300 ms; twelve values of this seed in a row have 128 to 608.
  assert(spread > 100 && spread < 800, `${spread} ms`);
})).forEach((test) => Deno.test(test));

(await eachWay("noise is the same on every thread", async (way) => {
  await using server = await start(way, { time: "2030-01-01", rate: 0, noise: "500ms", seed: 7 });
  const url = `ntp://127.0.0.1:${server.addresses[0]?.port}` as const;
  let compared = 0;
  // Each from another port, so that every thread is asked; where the noise has changed meanwhile, again.
  for (let i = 0; i < 400 && compared < 16; i++) {
    const before = server.clock.now();
    const { serverReceivedAt } = await query(url);
    // Of one jitter, what moves is next to nothing.
    if (!isNear(before, server.clock.now())) continue;
    assert(isNear(before, serverReceivedAt), `${before} ${serverReceivedAt}`);
    compared++;
  }
  assertEquals(compared, 16);
})).forEach((test) => Deno.test(test));

function isNear(a: Temporal.Instant, b: Temporal.Instant): boolean {
  return Math.abs(a.since(b).total("milliseconds")) < 2;
}
