/** Every fault as a client of the network sees it. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { FaultsOptions } from "../../../src/server/mod.ts";
import {
  type NtpReply,
  parseKeys,
  query,
  QueryError,
  serve,
  type Server,
  type SymmetricKeys,
  validate,
} from "../../../mod.ts";
import { settled } from "../../conformance/transports.ts";
import { impatientNetwork } from "../../support/ending_network.ts";
import { simulatedClock } from "../../support/simulated_clock.ts";
import { UdpClient } from "../../support/udp_client.ts";
import { ntpRequest } from "./engine.ts";

/** Far more than a reply needs, on a busy machine too. */
const patience = { timeout: "20s", retries: 0 };

/** What a query and validate() make of a reply; only where none is expected the wait for it is short. */
async function verdictOf(
  url: string,
  expected: string,
  keys?: SymmetricKeys,
): Promise<string> {
  try {
    const timeout = expected === "timeout" ? "500ms" : patience.timeout;
    const reply = await query(url, { ...patience, timeout, keys, network: impatientNetwork() });
    if (reply.protocol === "ntp") validate(reply);
    return "good";
  } catch (error) {
    if (error instanceof QueryError) return error.reason;
    throw error;
  }
}

function serveNtp(faults: FaultsOptions): Promise<Server> {
  return serve("ntp://127.0.0.1:0", { faults, seed: 868, status: { source: "fixed" } });
}

function askNtp({ addresses }: Server): Promise<NtpReply> {
  return query(`ntp://127.0.0.1:${addresses[0]?.port}`, patience);
}

Deno.test("each fault leads an NTP client to its own verdict", async () => {
  const cases: readonly (readonly [FaultsOptions, string])[] = [
    [{}, "good"],
    [{ duplicate: 1 }, "good"],
    [{ reorder: { time: "10ms" } }, "good"],
    [{ refid: { value: "FAKE" } }, "good"],
    [{ leapbits: { value: "insert" } }, "good"],
    [{ timestamps: { field: "reference", value: "late" } }, "good"],
    [{ drop: 1 }, "timeout"],
    [{ delay: { time: "1h" } }, "timeout"],
    [{ delay: { time: "1h", path: "request" } }, "timeout"],
    [{ port: 1 }, "timeout"],
    [{ truncate: 1 }, "bogus_reply"],
    [{ garbage: 1 }, "bogus_reply"],
    [{ origin: 1 }, "bogus_reply"],
    [{ version: 1 }, "bogus_reply"],
    [{ mode: 1 }, "bogus_reply"],
    [{ corrupt: { bits: 9856 } }, "bogus_reply"],
    [{ kiss: 1 }, "kiss_o_death"],
    [{ kiss: { code: "DENY" } }, "kiss_o_death"],
    [{ kiss: { code: "INIT" } }, "unsynchronized"],
    [{ stratum: 1 }, "unsynchronized"],
    [{ leapbits: 1 }, "unsynchronized"],
    [{ unsynchronized: 1 }, "unsynchronized"],
    [{ distance: { dispersion: "4s" } }, "unusable"],
    [{ distance: { delay: "40s" } }, "unusable"],
    [{ timestamps: 1 }, "unusable"],
    [{ timestamps: { field: "receive" } }, "unusable"],
    [{ timestamps: { field: "all" } }, "unusable"],
    [{ timestamps: { value: "early" } }, "unusable"],
    [{ timestamps: { value: "late" } }, "unusable"],
    [{ timestamps: { field: "receive", value: "late" } }, "unusable"],
  ];
  const sum = { kisses: 0, copies: 0, faults: 0 };
  const verdicts = await Promise.all(cases.map(async ([faults, expected]) => {
    await using server = await serveNtp({});
    const [address] = server.addresses;
    address?.faults?.set(faults);
    const verdict = await verdictOf(address?.url ?? "", expected);
    sum.kisses += server.totals.kisses;
    sum.copies += server.totals.copies;
    sum.faults += server.totals.refused.fault;
    return [faults, verdict] as const;
  }));
  assertEquals(verdicts, cases);
  assertEquals(sum, { kisses: 3, copies: 1, faults: 1 });
});

Deno.test("a forged field has the requested value", async () => {
  await using server = await serveNtp({
    stratum: { value: 3 },
    refid: { value: "192.0.2.7" },
    leapbits: { value: "delete" },
    version: { value: 2 },
    distance: { delay: "500ms", dispersion: "250ms" },
  });
  const { stratum, referenceId, leap, packet } = await askNtp(server);
  assertEquals([stratum, referenceId, leap], [3, "192.0.2.7", "delete"]);
  assertEquals([packet.version, packet.rootDelay, packet.rootDispersion], [2, 0.5, 0.25]);
  server.addresses[0]?.faults?.set({ kiss: { code: "RSTR" } });
  const kiss = await askNtp(server);
  assertThrows(() => validate(kiss), QueryError, "restricts service (KoD RSTR)");
});

Deno.test("a delay is on its own path", async () => {
  const delay = { time: "100ms" };
  // Timers are right to a millisecond.
  const leastMs = 98;
  await using server = await serveNtp({ delay });
  const since = (a: Temporal.Instant, b: Temporal.Instant): number =>
    a.since(b).total("milliseconds");
  const late = await askNtp(server);
  assert(since(late.receivedAt, late.serverSentAt) > leastMs);
  server.addresses[0]?.faults?.set({ delay: { ...delay, path: "request" } });
  const early = await askNtp(server);
  assert(since(early.serverReceivedAt, early.sentAt) > leastMs);
  server.addresses[0]?.faults?.set({ delay: [delay, { ...delay, path: "request" }] });
  assert((await askNtp(server)).roundTrip.total("milliseconds") > 2 * leastMs);
});

Deno.test("plain protocols have their own faults, and ignore those of NTP", async () => {
  const cases: readonly (readonly [FaultsOptions, string, string, string])[] = [
    [{ drop: 1 }, "timeout", "timeout", "timeout"],
    [{ port: 1 }, "timeout", "timeout", "timeout"],
    [{ truncate: { length: 3 } }, "not_a_time", "not_a_time", "not_a_time"],
    [{ garbage: { length: 7 } }, "not_a_time", "not_a_time", "not_a_time"],
    [{ duplicate: 1, kiss: 1, stratum: 1, origin: 1, timestamps: 1 }, "good", "good", "good"],
  ];
  const services = ["asctime://127.0.0.1:0", "daytime://127.0.0.1:0", "time://127.0.0.1:0"];
  await Promise.all(cases.map(async ([faults, ...expected]) => {
    await using server = await serve(services, { faults, seed: 1 });
    const verdicts = await Promise.all(
      server.addresses.map(({ url }, i) => verdictOf(url, expected[i] ?? "")),
    );
    assertEquals(verdicts, expected, JSON.stringify(faults));
  }));
});

Deno.test("an old reply is replayed to its own protocol", async () => {
  const [clock, faults] = [simulatedClock(0), { replay: { after: 2 } }];
  await using server = await serve("auto://127.0.0.1:0", { clock, faults });
  const [address] = server.addresses;
  const [text, ntp] = [`asctime://127.0.0.1:${address?.port}`, `ntp://127.0.0.1:${address?.port}`];
  const first = await query(text, patience);
  assertEquals(await verdictOf(ntp, "good"), "good");
  clock.aheadSeconds = 60;
  assertEquals((await query(text, patience)).text, first.text);
  assertEquals(await verdictOf(ntp, "bogus_reply"), "bogus_reply");
});

Deno.test("a refused client has no fault, and a dropped reply hides no refusal", async () => {
  await using server = await serve("ntp://127.0.0.1:0", {
    faults: { drop: { every: 2 }, duplicate: 1 },
    access: { deny: ["127.0.0.2"] },
  });
  const [address] = server.addresses;
  using friend = new UdpClient();
  using stranger = new UdpClient("127.0.0.2");
  await stranger.send(ntpRequest(1), address);
  await friend.ask(ntpRequest(1), address);
  await friend.send(new Uint8Array(7), address);
  await settled(server, 3);
  await friend.ask(ntpRequest(2), address);
  await friend.send(ntpRequest(3), address);
  assertEquals(await settled(server, 5), { answered: 2, denied: 1, malformed: 1, fault: 1 });
  assertEquals(server.totals.copies, 2);
});

Deno.test("a wrong reply has a right MAC where its request has one, unless it is damaged or replayed", async () => {
  const keys = parseKeys("7 AES128 HEX:000102030405060708090a0b0c0d0e0f\n8 SHA512 x");
  const cases: readonly (readonly [FaultsOptions, string])[] = [
    [{}, "good"],
    [{ stratum: { value: 16 } }, "unsynchronized"],
    [{ kiss: { code: "RATE" } }, "kiss_o_death"],
    [{ timestamps: { value: "zero", field: "transmit" } }, "unusable"],
    [{ origin: 1 }, "bogus_reply"],
    [{ mode: { value: 5 } }, "bogus_reply"],
    [{ version: { value: 3 } }, "good"],
    [{ corrupt: { bits: 300 } }, "bogus_reply"],
    [{ truncate: { length: 48 } }, "not_authentic"],
    [{ stratum: { value: 3 }, truncate: { length: 60 } }, "not_authentic"],
  ];
  for (const [faults, expected] of cases) {
    await using server = await serve("ntp://127.0.0.1:0", { faults, seed: 868, keys });
    for (const id of [7, 8]) {
      const verdict = await verdictOf(`${server.url}?key=${id}`, expected, keys);
      assertEquals(verdict, expected, `${JSON.stringify(faults)} ${id}`);
    }
  }
  // A crypto-NAK that a fault makes another KoD gets no MAC from it.
  await using server = await serve("ntp://127.0.0.1:0", {
    faults: { kiss: { code: "DENY" } },
    keys,
  });
  const others = parseKeys("7 AES128 HEX:ff0102030405060708090a0b0c0d0e0f");
  assertEquals(await verdictOf(`${server.url}?key=7`, "not_authentic", others), "not_authentic");
});
