/** Replies that wait, leave out of order, in copies, or from another port. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeNtpPacket } from "../../../src/protocols/mod.ts";
import { serve, type Server } from "../../../mod.ts";
import { Waits } from "../../../src/server/faults/waits.ts";
import { accountedFor, settled } from "../../conformance/transports.ts";
import { collectingLog } from "../../support/collecting_log.ts";
import { UdpClient } from "../../support/udp_client.ts";
import { until } from "../../support/wait.ts";
import { ntpRequest } from "./engine.ts";
import { withFakeTimers } from "./fake_timers.ts";
import { queryOnce } from "../../support/query_once.ts";

const MANY = 10_000;
const slowClient = "127.0.0.2";

/** Sends requests, no more at once than a socket's queue holds. */
async function sendMany(client: UdpClient, server: Server, count: number): Promise<void> {
  for (let sent = 0; sent < count;) {
    for (let i = 0; i < 50 && sent < count; i++, sent++) {
      await client.send(ntpRequest(sent + 1), server.addresses[0]);
    }
    await until(() => server.totals.received >= sent);
  }
}

/** The number of the request that the next reply answers. */
async function nextNumber(client: UdpClient): Promise<number> {
  return Number(decodeNtpPacket((await client.receive()).octets).originTimestamp >> 32n);
}

Deno.test("ten thousand late replies delay no other, and end with the server", async () => {
  const faults = { delay: { time: "1h", clients: slowClient } };
  const server = await serve("ntp://127.0.0.1:0", { faults, rateLimit: "off" });
  using client = new UdpClient(slowClient);
  await sendMany(client, server, MANY);
  for (let i = 0; i < 100; i++) await queryOnce(server.addresses[0]?.url ?? "");
  const { received, answered } = server.totals;
  assertEquals([received, answered, accountedFor(server)], [MANY + 100, 100, 100]);
  await server.shutdown();
  assertEquals(await settled(server, MANY + 100), { answered: 100, stopping: MANY });
});

Deno.test("ten thousand held replies leave after one that is not held", async () => {
  const faults = { reorder: { time: "1h", clients: slowClient } };
  await using server = await serve("ntp://127.0.0.1:0", { faults, rateLimit: "off" });
  using client = new UdpClient(slowClient);
  await sendMany(client, server, MANY);
  assertEquals(server.totals.answered, 0);
  await queryOnce(server.addresses[0]?.url ?? "");
  assertEquals(await settled(server, MANY + 1), { answered: MANY + 1 });
});

Deno.test("a held reply is overtaken by the next one that leaves", async () => {
  const faults = { reorder: { time: "1h", every: 3 }, drop: { every: 4 } };
  await using server = await serve("ntp://127.0.0.1:0", { faults });
  using client = new UdpClient();
  for (let number = 1; number <= 5; number++) {
    await client.send(ntpRequest(number), server.addresses[0]);
    await until(() => server.totals.received === number, 5);
  }
  const numbers = [];
  for (let i = 0; i < 4; i++) numbers.push(await nextNumber(client));
  assertEquals(numbers, [1, 2, 5, 3]);
});

Deno.test("a reply comes in copies, from the queried port or from another", async () => {
  const faults = { duplicate: { copies: 3 }, port: { every: 2 } };
  await using server = await serve("ntp://127.0.0.1:0", { faults });
  const port = server.addresses[0]?.port ?? 0;
  using client = new UdpClient();
  const others = new Set<number>();
  for (const number of [1, 2, 3, 4]) {
    await client.send(ntpRequest(number), server.addresses[0]);
    const first = await client.receive();
    for (let i = 0; i < 3; i++) assertEquals(await client.receive(), first);
    assertEquals(decodeNtpPacket(first.octets).originTimestamp >> 32n, BigInt(number));
    assertEquals(first.from.hostname, "127.0.0.1");
    if (number % 2 === 0) others.add(first.from.port);
    else assertEquals(first.from.port, port);
  }
  assertEquals([others.size, others.has(port)], [1, false]);
  assertEquals(await settled(server, 4), { answered: 4 });
  assertEquals(server.totals.copies, 12);
});

Deno.test("the configured number of bits is flipped, and of octets is left", async () => {
  const frozen = {
    read: (time: { seconds: number; nanoseconds: number }): void => {
      time.seconds = 1_585_948_176;
      time.nanoseconds = 0;
    },
  };
  await using server = await serve("asctime://127.0.0.1:0", { clock: frozen, faults: {} });
  const [address] = server.addresses;
  using client = new UdpClient();
  const whole = await client.ask(new Uint8Array(1), address);
  const wrongBits = (octets: Uint8Array): number =>
    octets.reduce((sum, octet, i) => {
      const wrong = octet ^ (whole[i] ?? 0);
      return sum + [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => wrong >> bit & 1).length;
    }, 0);
  for (const bits of [1, 2, 50, whole.length * 8, whole.length * 8 + 1]) {
    address?.faults?.set({ corrupt: { bits } });
    const octets = await client.ask(new Uint8Array(1), address);
    assertEquals(wrongBits(octets), Math.min(bits, whole.length * 8));
  }
  for (const length of [1, whole.length - 1, whole.length + 1]) {
    address?.faults?.set({ truncate: { length } });
    assertEquals(await client.ask(new Uint8Array(1), address), whole.subarray(0, length));
  }
  address?.faults?.set({ truncate: 1 });
  const lengths = new Set<number>();
  while (lengths.size < whole.length - 1) {
    const { length } = await client.ask(new Uint8Array(1), address);
    assert(length >= 1 && length < whole.length, `${length}`);
    lengths.add(length);
  }
  address?.faults?.set({ garbage: { length: 1232 } });
  assertEquals((await client.ask(new Uint8Array(1), address)).length, 1232);
});

Deno.test("the same seed gives a server's clients the same faults", async () => {
  const hits = async (seed: number): Promise<number[]> => {
    const faults = { drop: 0.5 };
    await using server = await serve("ntp://127.0.0.1:0", { faults, seed });
    using client = new UdpClient();
    const requests = 40;
    for (let number = 1; number <= requests; number++) {
      await client.send(ntpRequest(number), server.addresses[0]);
      await until(() => server.totals.received === number, 5);
    }
    const { answered } = await settled(server, requests);
    const numbers: number[] = [];
    for (let i = 0; i < answered; i++) numbers.push(await nextNumber(client));
    return numbers;
  };
  const [first, same, other] = [await hits(1), await hits(1), await hits(2)];
  assertEquals(first, same);
  assert(first.join() !== other.join());
});

/** The names of the waits that are over. */
function record(waits: Readonly<Record<string, Promise<void>>>): () => Promise<string[]> {
  const over: string[] = [];
  for (const [name, wait] of Object.entries(waits)) void wait.then(() => over.push(name));
  return async () => {
    await Promise.resolve();
    return over.splice(0);
  };
}

Deno.test("Waits of one millisecond share a timer, and all of them end with it", async () => {
  await withFakeTimers(async (timers) => {
    const waits = new Waits();
    let over = 0;
    for (let i = 0; i < MANY; i++) void waits.wait(50).then(() => over++);
    void waits.wait(50.5).then(() => over++);
    assertEquals([...timers.values()].map(({ ms }) => ms), [50.75]);
    void waits.wait(51).then(() => over++);
    const [first, second] = [...timers.values()];
    assertEquals(second?.ms, 51.75);
    first?.fire();
    await Promise.resolve();
    assertEquals([over, timers.size], [MANY + 1, 1]);
    // The next one of that millisecond begins anew.
    void waits.wait(50).then(() => over++);
    assertEquals(timers.size, 2);
    for (const { fire } of [...timers.values()]) fire();
    await Promise.resolve();
    assertEquals([over, timers.size], [MANY + 3, 0]);
  });
});

Deno.test("held waits end when another reply has left, or with their time", async () => {
  await withFakeTimers(async (timers) => {
    const waits = new Waits();
    const over = record({
      first: waits.hold(50),
      second: waits.hold(60),
      delayed: waits.wait(60),
    });
    assertEquals([timers.size, await over()], [2, []]);
    waits.left();
    // The timer of the first one has nothing to do any more.
    assertEquals([timers.size, await over()], [1, ["first", "second"]]);
    const late = record({ third: waits.hold(70) });
    for (const { fire } of [...timers.values()]) fire();
    assertEquals([timers.size, await over(), await late()], [0, ["delayed"], ["third"]]);
    waits.left();
    assertEquals([await over(), await late()], [[], []]);
  });
});

Deno.test("Waits that are disposed of have no timers, and none begins or ends after", async () => {
  await withFakeTimers(async (timers) => {
    const waits = new Waits();
    const over = record({ delayed: waits.wait(50), held: waits.hold(3_600_000) });
    assertEquals(timers.size, 2);
    waits[Symbol.dispose]();
    const late = record({ delayed: waits.wait(50), held: waits.hold(50) });
    waits.left();
    assertEquals([timers.size, await over()], [0, []]);
    assertEquals(await late(), ["held"]);
  });
});

Deno.test("serve logs faults and their seed, and why mmsg is unavailable", async () => {
  const log = collectingLog();
  const faults = { drop: 0.3, delay: [{ time: "1s" }, { time: "2s" }] };
  const options = { faults, seed: 42, transport: "auto", log } as const;
  await using server = await serve("asctime://127.0.0.1:0", options);
  await log.flush();
  assertEquals(server.transport, "datagram");
  assert(/Faults on \S+: .*drop.*, delay.* \(seed 42\)\n/.test(log.text()), log.text());
  await assertRejects(
    () => serve("asctime://127.0.0.1:0", { faults: {}, transport: "mmsg" }),
    Deno.errors.NotSupported,
    "Cannot use the mmsg transport: ",
  );
  await assertRejects(
    () => serve("asctime://127.0.0.1:0", { faults: { drop: 2 } }),
    RangeError,
    "faults.drop.probability is 2, expected a number, 0 to 1",
  );
  await using plain = await serve("asctime://127.0.0.1:0");
  assertEquals(plain.addresses[0]?.faults, undefined);
});
