import { assert, assertEquals } from "@std/assert";
import { daytimeFormats } from "../../../src/protocols/daytime/service.ts";
import { protocols } from "../../../src/protocols/registry.ts";
import { passesForRequest } from "../../../src/server/faults/damage.ts";
import type { FaultsOptions } from "../../../src/server/faults/options.ts";
import { makeDraws } from "../../../src/server/faults/schedule.ts";
import { countReplies, faultyPeer, type Peer } from "../../support/reply_chain.ts";
import { answer, builtIn, hex, later, NOW, octetsOf } from "../../support/services.ts";
import { ntpRequest } from "./engine.ts";

const services = [
  ["asctime"],
  ["auto"],
  ...daytimeFormats.map((daytimeFormat) => ["daytime", { daytimeFormat }] as const),
  ["time"],
  ["ntp"],
] as const;

/** Faults that leave a reply that may look like a request, and some that do not, alone and together. */
const faults: readonly FaultsOptions[] = [
  {},
  ...[0, 1, 3].map((value) => ({ mode: { value } })),
  ...[0, 7].map((value) => ({ version: { value } })),
  { mode: 1, version: { value: 1 } },
  { mode: 1, timestamps: 1 },
  { mode: 1, timestamps: { field: "receive" } },
  { mode: 1, kiss: 1 },
  { mode: 1, origin: 1 },
  { stratum: { value: 200 } },
  { timestamps: { field: "all" } },
  { replay: 1 },
  { garbage: 1 },
  ...[1, 2, 4, 48].map((length) => ({ garbage: { length } })),
  ...[1, 8, 9856].map((bits) => ({ corrupt: { bits } })),
  { truncate: 1 },
  ...[1, 2, 4, 5, 24, 25].map((length) => ({ truncate: { length } })),
  { corrupt: 1, truncate: 1, mode: 1 },
];

/** This year, the change of era, and years in which times are letters. */
const times = [NOW.seconds, 2_085_978_496, 2_251_343_105, 4_102_444_800, -59_000_000_000];

const forged = [...["", "\n", "Time request", "Fri", "\xe2\x32"].map(octetsOf), ntpRequest(7)];

Deno.test("two servers with faults send two replies at most to each other", async () => {
  const random = makeDraws(868, "pairs")(0);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const random32 = (): number => Math.floor(random() * 2 ** 32);
  const peer = (options: FaultsOptions): { name: string; peer: Peer } => {
    const [protocol, service] = pick(services);
    const at = { seconds: pick(times), nanoseconds: 1 };
    const responder = builtIn(protocol, { ...service, random32 });
    return {
      name: `${protocol} at ${at.seconds} with ${JSON.stringify(options)}`,
      peer: faultyPeer(protocol, responder, at, options, random32()),
    };
  };
  const counts = new Set<number>();
  for (const first of faults) {
    for (const second of faults) {
      for (let i = 0; i < 12; i++) {
        const [one, other] = [peer(first), peer(second)];
        const octets = pick(forged);
        const count = await countReplies([one.peer, other.peer], octets, 10);
        assert(count <= 2, `${one.name} and ${other.name} after ${octets}: ${count}`);
        counts.add(count);
      }
    }
  }
  assertEquals([...counts].sort(), [0, 1, 2]);
});

Deno.test("copies of a damaged reply get one reply and its copies each, and no more", async () => {
  const options = { duplicate: { copies: 16 }, truncate: { length: 5 } };
  const peer = (seed: number): Peer =>
    faultyPeer("asctime", builtIn("asctime"), NOW, options, seed);
  assertEquals(await countReplies([peer(1), peer(2)], octetsOf(""), 10_000), 17 + 17 * 17);
});

Deno.test("what clients send passes for a request", () => {
  const requests = [
    "",
    "\0",
    "\n",
    "\r\n",
    "x",
    "time?",
    "Time request",
    "what time is it?\n",
    "now",
  ];
  for (const text of requests) assert(passesForRequest(octetsOf(text)), JSON.stringify(text));
  for (const length of [1, 3, 12, 48, 1000]) assert(passesForRequest(new Uint8Array(length)));
  for (const { createRequest } of Object.values(protocols)) {
    assert(passesForRequest(createRequest().octets));
  }
  for (const flags of [0x08, 0x19, 0x1b, 0x21, 0x23, 0xe3]) {
    assert(passesForRequest(Uint8Array.of(flags, ...ntpRequest(1).subarray(1))), `${flags}`);
  }
});

Deno.test("replies, parts of them, and what is neither text nor NTP do not pass for a request", () => {
  for (const [protocol, service] of services) {
    for (const seconds of times) {
      const responder = builtIn(protocol, service);
      const options = { at: { seconds, nanoseconds: 0 }, then: later(NOW, 1n) };
      const octets = answer(responder, protocol === "ntp" ? ntpRequest(7) : octetsOf(""), {
        ...options,
        then: later(options.at, 1_000_000n),
      });
      for (let length = 1; length <= octets.length; length++) {
        const part = octets.subarray(0, length);
        const text = new TextDecoder("latin1").decode(part);
        // An empty line is a request, and so are zeros and letters, which a time may begin with.
        if (text === "\n" || protocol === "time" && /^(\0+|[\t-\r -~]+)$/.test(text)) continue;
        assert(!passesForRequest(part), `${protocol} at ${seconds}: ${JSON.stringify(text)}`);
      }
    }
  }
  const ntp = answer(builtIn("ntp"), ntpRequest(7), { then: later(NOW, 1_000_000n) });
  for (const flags of [0x23, 0x21, 0x08, 0x24, 0x3b, 0x03]) {
    assert(!passesForRequest(Uint8Array.of(flags, ...ntp.subarray(1))), `${flags}`);
  }
  for (const octets of ["ff", "e232", "83".repeat(47), "00000001", "fe".repeat(48), "74696d65"]) {
    assert(!passesForRequest(hex(octets)), octets);
  }
});
