import { assert, assertEquals } from "@std/assert";
import { decodeNtpPacket } from "../../../src/protocols/ntp/packet.ts";
import type { Protocol } from "../../../src/protocols/registry.ts";
import type { FaultsOptions } from "../../../src/server/faults/options.ts";
import { type Answer, REPLY_CAPACITY } from "../../../src/protocols/responder.ts";
import { Faults } from "../../../src/server/faults/faults.ts";
import { passesForRequest } from "../../../src/server/faults/damage.ts";
import { withFaults } from "../../../src/server/faults/with_faults.ts";
import type { Exchange } from "../../../src/transports/exchange.ts";
import { faultyPeer } from "../../support/reply_chain.ts";
import { answer, builtIn, exchangeOf, finishAt, NOW, octetsOf } from "../../support/services.ts";
import { Engine, ntpRequest, sourceOf } from "./engine.ts";
import { withFakeTimers } from "./fake_timers.ts";

/** Asks a server with faults several times: its replies, undefined for none, and how many KoDs it counted. */
async function askAll(
  faults: FaultsOptions,
  requests: readonly Uint8Array[],
  protocol: Protocol = "ntp",
): Promise<{ replies: (Uint8Array | undefined)[]; kisses: number }> {
  let kisses = 0;
  const peer = faultyPeer(protocol, builtIn(protocol), NOW, faults, 868, () => kisses++);
  const replies = [];
  for (const request of requests) replies.push((await peer(request))[0]);
  return { replies, kisses };
}

const request = ntpRequest(7);
const whole = answer(builtIn("ntp"), request);

Deno.test("early and late timestamps are an hour off, in the requested fields alone", async () => {
  const fields = ["reference", "receive", "transmit"] as const;
  const times = (octets: Uint8Array | undefined): bigint[] => {
    const packet = decodeNtpPacket(octets ?? new Uint8Array());
    return [packet.referenceTimestamp, packet.receiveTimestamp, packet.transmitTimestamp];
  };
  for (const [value, hours] of [["early", -1n], ["late", 1n]] as const) {
    for (const field of [...fields, "all"] as const) {
      const { replies: [reply] } = await askAll({ timestamps: { value, field } }, [request]);
      const expected = times(whole).map((time, i) =>
        field === "all" || field === fields[i] ? time + hours * (3600n << 32n) : time
      );
      assertEquals(times(reply), expected, `${value} ${field}`);
      // Nothing else is changed.
      for (const at of [0, 8, 24]) {
        const end = at === 24 ? 32 : at + 8;
        assertEquals(reply?.subarray(at, end), whole.subarray(at, end), `${value} ${field}`);
      }
    }
  }
});

Deno.test("a KoD is counted if it leaves as one", async () => {
  const cases: readonly (readonly [FaultsOptions, kisses: number])[] = [
    [{ kiss: 1 }, 3],
    [{ kiss: { after: 1 } }, 2],
    [{ kiss: 1, replay: { after: 2 } }, 2],
    [{ kiss: 1, replay: 1 }, 1],
    [{ kiss: 1, garbage: { every: 2 } }, 2],
    [{ kiss: 1, drop: { every: 3 } }, 2],
    [{ kiss: 1, stratum: 1, origin: 1, truncate: { length: 20 } }, 3],
  ];
  for (const [faults, expected] of cases) {
    const { kisses } = await askAll(faults, [request, request, request]);
    assertEquals(kisses, expected, JSON.stringify(faults));
  }
  const text = octetsOf("Time request");
  assertEquals((await askAll({ kiss: 1 }, [text, request, text], "auto")).kisses, 1);
});

Deno.test("a replay is of the first reply since the faults were set, of the same kind", () => {
  const { faults } = new Engine({ replay: 1 });
  const [first, second, text] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
  assertEquals(faults.recall(first, true), undefined);
  assertEquals(faults.recall(second, true), Uint8Array.of(1));
  assertEquals(faults.recall(text, false), undefined);
  // It is a copy: the place of a reply is used again.
  first[0] = 9;
  assertEquals(faults.recall(second, true), Uint8Array.of(1));
  assertEquals(faults.recall(second, false), Uint8Array.of(3));
  faults.set(faults.options);
  assertEquals(faults.recall(second, true), undefined);
  assertEquals(faults.recall(first, true), Uint8Array.of(2));
});

/** What a fault changes in a whole reply: octets, by where they begin. */
type Changes = Readonly<Record<number, readonly number[]>>;

Deno.test("a fault of NTP changes its own field to the requested value, and nothing else", async () => {
  const hour = 3600;
  const reference = new DataView(whole.buffer).getUint32(16);
  const bytes = (value: number): number[] => [24, 16, 8, 0].map((shift) => value >>> shift & 255);
  const cases: readonly (readonly [FaultsOptions, Changes])[] = [
    [{ stratum: 1 }, { 1: [16] }],
    [{ stratum: { value: 0 } }, { 1: [0] }],
    [{ leapbits: 1 }, { 0: [0xe4] }],
    [{ leapbits: { value: "none" } }, { 0: [0x24] }],
    [{ leapbits: { value: "insert" } }, { 0: [0x64] }],
    [{ leapbits: { value: "delete" } }, { 0: [0xa4] }],
    [{ refid: { value: "GPS" } }, { 12: [0x47, 0x50, 0x53, 0] }],
    [{ refid: { value: "192.0.2.77" } }, { 12: [192, 0, 2, 77] }],
    [{ distance: { dispersion: "1500ms" } }, { 8: [0, 1, 0x80, 0] }],
    [{ distance: { delay: "2500ms" } }, { 4: [0, 2, 0x80, 0] }],
    [{ distance: { delay: "1s", dispersion: "0s" } }, { 4: [0, 1, 0, 0, 0, 0, 0, 0] }],
    [{ timestamps: 1 }, { 40: Array(8).fill(0) }],
    [{ timestamps: { field: "receive" } }, { 32: Array(8).fill(0) }],
    [{ timestamps: { field: "all" } }, { 16: Array(8).fill(0), 32: Array(16).fill(0) }],
    [{ timestamps: { field: "reference", value: "late" } }, { 16: bytes(reference + hour) }],
    [{ version: 1 }, { 0: [0x7c] }],
    [{ version: { value: 3 } }, { 0: [0x5c] }],
    [{ mode: 1 }, { 0: [0x63] }],
    [{ mode: { value: 5 } }, { 0: [0x65] }],
    [{ unsynchronized: 1 }, { 0: [0xe4, 0], 12: [0, 0, 0, 0] }],
    [{ stratum: 1, mode: 1 }, { 0: [0x63, 16] }],
  ];
  for (const [faults, changes] of cases) {
    const expected = whole.slice();
    for (const [at, octets] of Object.entries(changes)) expected.set(octets, Number(at));
    const { replies: [reply] } = await askAll(faults, [request]);
    assertEquals(reply, expected, JSON.stringify(faults));
    // Of text there is nothing to falsify, however long it is.
    for (const protocol of ["asctime", "time", "auto"] as const) {
      const text = answer(builtIn(protocol), octetsOf("Time request"));
      const { replies: [plain] } = await askAll(faults, [octetsOf("Time request")], protocol);
      assertEquals(plain, text, JSON.stringify(faults));
    }
  }
  for (
    const [code, letters] of [[undefined, "RATE"], ["DENY", "DENY"], ["X", "X\0\0\0"]] as const
  ) {
    const faults = { kiss: code === undefined ? 1 : { code } };
    const { replies: [kod] } = await askAll(faults, [request]);
    assertEquals([kod?.[0], kod?.[1], kod?.subarray(12, 16)], [0xe4, 0, octetsOf(letters)]);
  }
});

Deno.test("random faults change their own octets, to others for each request", async () => {
  const requests = Array.from({ length: 20 }, (_, i) => ntpRequest(i + 1));
  const cases: readonly (readonly [FaultsOptions, from: number, to: number])[] = [
    [{ origin: 1 }, 24, 32],
    [{ timestamps: { value: "random", field: "receive" } }, 32, 40],
    [{ timestamps: { value: "random", field: "all" } }, 32, 48],
    [{ garbage: 1 }, 0, 48],
  ];
  for (const [faults, from, to] of cases) {
    const { replies } = await askAll(faults, requests);
    const seen = new Set<number>();
    for (const [i, reply] of replies.entries()) {
      const honest = answer(builtIn("ntp"), requests[i] ?? request);
      assertEquals(reply?.length, 48);
      reply?.subarray(from, to).forEach((octet) => seen.add(octet));
      if (from > 0) assertEquals(reply?.subarray(0, 16), honest.subarray(0, 16));
      if (from > 24) assertEquals(reply?.subarray(24, 32), honest.subarray(24, 32));
      if (to < 48) assertEquals(reply?.subarray(40), honest.subarray(40));
    }
    // Of 160 random octets or more, all parts of the range: 118 different ones are to be expected.
    assert(seen.size > 90, `${JSON.stringify(faults)}: ${seen.size}`);
    assert([...seen].some((octet) => octet < 16) && [...seen].some((octet) => octet > 239));
  }
});

Deno.test("truncate leaves the beginning, of any length if none is given", async () => {
  const { replies: [cut] } = await askAll({ truncate: { length: 20 } }, [request]);
  assertEquals(cut, whole.subarray(0, 20));
  const { replies: [longer] } = await askAll({ truncate: { length: 49 } }, [request]);
  assertEquals(longer, whole);
  const { replies } = await askAll({ truncate: 1 }, Array(1000).fill(request));
  const lengths = new Set(replies.map((reply) => reply?.length));
  assertEquals([lengths.size, lengths.has(undefined), lengths.has(48)], [47, false, false]);
});

Deno.test("delays of requests add up before the arrival, those of replies after the departure", async () => {
  await withFakeTimers(async (timers) => {
    const steps: string[] = [];
    const responder = builtIn("ntp");
    const options = {
      delay: [
        { time: "10s", path: "request" },
        { time: "20s", path: "request" },
        { time: "3s" },
        { time: "4s", path: "reply" },
      ],
      reorder: { time: "5s" },
    } as const;
    const respond = withFaults(new Faults(options, 868, () => 0), {
      protocol: "ntp",
      stamp: () => void steps.push("stamp"),
      respond(exchange): Answer | Promise<Answer> {
        steps.push("respond");
        return responder.respond(exchange);
      },
      finish(exchange): void {
        steps.push("finish");
        finishAt(responder, exchange, NOW);
      },
    });
    const exchange: Exchange = {
      ...exchangeOf(request, new Uint8Array(REPLY_CAPACITY)),
      isText: false,
      isKod: false,
      arrival: { ...NOW },
      source: sourceOf("192.0.2.1"),
    };
    let length: number | undefined;
    void Promise.resolve(respond(exchange)).then((value) => length = value);
    while (length === undefined) {
      for (let turn = 0; turn < 9; turn++) await Promise.resolve();
      const [timer] = [...timers.values()];
      if (timer === undefined) break;
      steps.push(`${Math.round(timer.ms / 1000)} s`);
      timer.fire();
      for (let turn = 0; turn < 9; turn++) await Promise.resolve();
    }
    assertEquals(steps, ["30 s", "stamp", "respond", "finish", "7 s", "5 s"]);
    assertEquals([length, exchange.reply.subarray(0, 48)], [48, whole]);
  });
});

Deno.test("every corrupted reply has the requested number of wrong bits, and none is dropped", async () => {
  const text = octetsOf("Time request");
  const good = answer(builtIn("asctime"), text);
  for (const bits of [1, 2, 8]) {
    const { replies } = await askAll({ corrupt: { bits } }, Array(500).fill(text), "asctime");
    const places = new Set<number>();
    for (const reply of replies) {
      let wrong = 0;
      reply?.forEach((octet, i) => {
        const difference = octet ^ (good[i] as number);
        for (let bit = 0; bit < 8; bit++) {
          if (!(difference >> bit & 1)) continue;
          wrong++;
          places.add(8 * i + bit);
        }
      });
      assertEquals([reply?.length, wrong], [good.length, bits]);
    }
    // Of 192 bits, those alone are spared that leave a request: flips of the space behind the day's name.
    assert(places.size > 170, `${bits}: ${places.size}`);
  }
});

Deno.test("garbage of any length leaves, and never as a request", async () => {
  for (
    const [protocol, length] of [["asctime", 1], ["asctime", 2], ["ntp", 48], ["auto", 52]] as const
  ) {
    const requests = Array(500).fill(protocol === "ntp" ? request : octetsOf(""));
    const { replies } = await askAll({ garbage: { length } }, requests, protocol);
    for (const reply of replies) {
      assertEquals(reply?.length, length);
      assert(!passesForRequest(reply ?? new Uint8Array()), `${reply}`);
    }
  }
});

Deno.test("what may be a damaged reply is answered by a whole one, other faults included", async () => {
  const damaged = octetsOf("Fri Apr  3 21:0");
  const good = answer(builtIn("asctime"), octetsOf(""));
  const damage = [{ garbage: 1 }, { corrupt: 1 }, { truncate: 1 }] as const;
  for (const faults of damage) {
    assertEquals((await askAll(faults, [damaged], "asctime")).replies, [good]);
    assertEquals((await askAll({ ...faults, drop: 1 }, [damaged], "asctime")).replies, [undefined]);
  }
  // A reply whose mode alone was changed is a request otherwise.
  const request = whole.with(0, 0x23);
  const wholeReply = answer(builtIn("ntp"), request);
  for (const faults of [...damage, { mode: 1 }, { version: 1 }, { version: { value: 0 } }]) {
    assertEquals((await askAll(faults, [request])).replies, [wholeReply], JSON.stringify(faults));
  }
  assertEquals((await askAll({ stratum: 1 }, [request])).replies, [wholeReply.with(1, 16)]);
  // An empty line is all that it leaves, and that would be a request.
  const { replies } = await askAll({ truncate: { length: 1 } }, [octetsOf("x")], "daytime");
  assertEquals(replies, [octetsOf("F")]);
  const nist = builtIn("daytime", { daytimeFormat: "nist" });
  const peer = faultyPeer("daytime", nist, NOW, { truncate: { length: 1 } }, 868);
  assertEquals(await peer(octetsOf("x")), []);
});

Deno.test("faults of one kind add up: copies, and delays that vary evenly without a distribution", async () => {
  const faults = { duplicate: [{ copies: 2 }, { copies: 3 }, 1] } as unknown as FaultsOptions;
  const peer = faultyPeer("ntp", builtIn("ntp"), NOW, faults, 868);
  assertEquals((await peer(request)).length, 1 + 2 + 3 + 1);
  await withFakeTimers(async (timers) => {
    const delayed = { delay: [{ time: "5s", jitter: "1s" }, { time: "3s" }] };
    const slow = faultyPeer("ntp", builtIn("ntp"), NOW, delayed, 868);
    for (let i = 0; i < 200; i++) void slow(ntpRequest(i));
    for (let turn = 0; turn < 9; turn++) await Promise.resolve();
    const seconds = [...timers.values()].map(({ ms }) => ms / 1000);
    const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
    assert(least >= 7 && least < 7.1 && most > 8.9 && most < 9.002, `${least} to ${most}`);
    for (const { fire } of [...timers.values()]) fire();
  });
});
