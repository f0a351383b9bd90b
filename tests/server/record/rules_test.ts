import { assert, assertEquals, assertMatch } from "@std/assert";
import { decodeNtpPacket, type NtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { ClientPast } from "../../../src/server/record/client_past.ts";
import { findingRules, findingsOf } from "../../../src/server/record/rules.ts";

/** A request that breaks no rule, but for what is given. */
interface Event {
  readonly atMs: number;
  readonly port?: number;
  readonly packet?: Partial<NtpPacket>;
  /** The reply: the time, a KoD with this code, or none. */
  readonly reply?: "time" | "RATE" | "DENY" | "RSTR" | "none";
}

const CLOCK = 0xe000_0000n << 32n;

const blank: NtpPacket = { ...decodeNtpPacket(new Uint8Array(48)), version: 4, mode: 3 };

/** The receive and transmit timestamps of the reply to the n-th request, counted from 0. */
const replyTimes = (n: number) => ({
  receiveTimestamp: CLOCK + BigInt(2 * n + 1),
  transmitTimestamp: CLOCK + BigInt(2 * n + 2),
});

/** The rules that each request breaks, and what is said of the last one. */
function check(events: readonly Event[]): { rules: string[][]; texts: string[] } {
  const past = new ClientPast();
  let texts: string[] = [];
  const rules = events.map(({ atMs, port, packet, reply = "time" }, n) => {
    const request = {
      atMs,
      port: port ?? 40_000 + n * n * 37,
      clocks: [CLOCK],
      packet: { ...blank, transmitTimestamp: BigInt(n + 1) << 24n, ...packet },
    };
    const findings = findingsOf(request, past);
    texts = findings.map(({ text }) => text);
    past.add(request);
    past.settle({
      atMs: atMs + 10,
      ...reply !== "none" && { reply: { ...blank, ...replyTimes(n) } },
      ...reply !== "none" && reply !== "time" && { code: reply },
    });
    return findings.map(({ rule }) => rule);
  });
  return { rules, texts };
}

/** Requests at intervals of seconds, the first one at 0. */
function at(intervals: readonly number[], each: Partial<Event> = {}): Event[] {
  let atMs = 0;
  return [{ atMs, ...each }, ...intervals.map((s) => ({ atMs: atMs += s * 1000, ...each }))];
}

const last = (events: readonly Event[], change: Partial<Event>): Event[] =>
  events.map((event, i) => i === events.length - 1 ? { ...event, ...change } : event);

const first = (events: readonly Event[], change: Partial<Event>): Event[] =>
  events.map((event, i) => i === 0 ? { ...event, ...change } : event);

Deno.test("a client that polls as it should breaks no rule", () => {
  const client = at([16, 64, 15, 1024, 64]);
  assertEquals(check(client).rules, client.map(() => []));
  // The timestamps of replies, in basic and in interleaved mode, and none.
  const origins = [0n, replyTimes(0).transmitTimestamp, replyTimes(1).receiveTimestamp, 0n];
  const events = at([64, 64, 64]).map((event, i) => ({
    ...event,
    // Of an interleaved request alone (RFC 9769 §2).
    packet: {
      originTimestamp: origins[i] ?? 0n,
      receiveTimestamp: i === 2 ? 9n : 0n,
      precision: 32,
      poll: 6,
    },
  }));
  assertEquals(check(events).rules, events.map(() => []));
});

const twenty = at(Array(19).fill(0.01));

const cases: readonly (readonly [string, readonly Event[], string[], RegExp | undefined])[] = [
  [
    "RATE, then sooner",
    first(at([0.91]), { reply: "RATE" }),
    ["after_rate", "fast_poll"],
    /^asked again 0\.9 s after a KoD RATE$/,
  ],
  ["RATE, then as before", at([64, 64]).map((e, i) => i === 1 ? { ...e, reply: "RATE" } : e), [
    "after_rate",
  ], /^asked again 64 s after a KoD RATE; the interval before it was 64 s$/],
  [
    "RATE, then later",
    at([64, 66]).map((e, i) => i === 1 ? { ...e, reply: "RATE" } : e),
    [],
    undefined,
  ],
  ["RATE at first, then a poll interval later", first(at([16]), { reply: "RATE" }), [], undefined],
  [
    "DENY, then later",
    first(at([100]), { reply: "DENY" }),
    ["after_deny"],
    /^asked again 100 s after a KoD DENY$/,
  ],
  [
    "RSTR, then twice",
    first(at([100, 100]), { reply: "RSTR" }),
    ["after_deny"],
    /^asked again 200 s after a KoD RSTR$/,
  ],
  ["a second later", at([1]), ["fast_poll"], /^asked again after 1 s: .*16 s/],
  ["just too early", at([14.999]), ["in_burst"], /^asked again after 15 s: request 2 of a burst/],
  ["just late enough", at([15]), [], undefined],
  ["a burst of eight", at(Array(7).fill(2)), ["in_burst"], /request 8 of a burst/],
  ["the ninth of a burst", at(Array(8).fill(2)), ["fast_poll"], /^asked again after 2 s/],
  ["a burst of twenty", twenty, ["burst"], /^sent 20 requests within 0\.19 s: /],
  ["after a burst", [...twenty, { atMs: 60_000 }], [], undefined],
  [
    "no reply to three",
    at([64, 64, 64], { reply: "none" }),
    ["no_backoff"],
    /^its interval has not grown after 3 requests without a reply: 64 s$/,
  ],
  ["no reply to two", at([64, 64], { reply: "none" }), [], undefined],
  ["no reply, and longer intervals", at([64, 64, 66], { reply: "none" }), [], undefined],
  ["no reply, at the longest interval", at([1024, 1024, 1024], { reply: "none" }), [], undefined],
  [
    "an earlier transmit timestamp",
    last(at([64, 64]), { packet: { transmitTimestamp: 1n << 24n } }),
    ["reused_timestamp"],
    /^sent the transmit timestamp of an earlier request/,
  ],
  [
    "no transmit timestamp",
    at([64], { packet: { transmitTimestamp: 0n } }),
    ["zero_timestamp"],
    /^sent no transmit timestamp/,
  ],
  [
    "an origin at first",
    [{ atMs: 0, packet: { originTimestamp: 5n } }],
    ["first_origin"],
    /^its first request/,
  ],
  [
    "an origin twice",
    at([64, 64], {}).map((e, i) =>
      i === 0 ? e : { ...e, packet: { originTimestamp: replyTimes(0).transmitTimestamp } }
    ),
    ["reused_origin"],
    /^sent the origin timestamp of its request before/,
  ],
  [
    "an origin twice, as there was no reply",
    at([64, 66], {}).map((e, i) =>
      i === 0 ? e : {
        ...e,
        reply: "none" as const,
        packet: { originTimestamp: replyTimes(0).transmitTimestamp },
      }
    ),
    [],
    undefined,
  ],
  [
    "an origin of no reply",
    last(at([64]), { packet: { originTimestamp: 5n } }),
    ["unknown_origin"],
    /^its origin timestamp is in none/,
  ],
  ["port 123", at([64], { port: 123 }), ["service_port"], /^sent from port 123/],
  ["a port again", at([64], { port: 5000 }), ["fixed_port"], /^sent from port 5000 again/],
  ["ports of a counter", at([64, 64, 64]).map((e, i) => ({ ...e, port: 5000 + 2 * i })), [
    "predictable_port",
  ], /^sent from ports 5000, 5002, 5004 and 5006/],
  [
    "ports far apart",
    at([64, 64, 64]).map((e, i) => ({ ...e, port: 5000 + 17 * i })),
    [],
    undefined,
  ],
  ["version 1", [{ atMs: 0, packet: { version: 1 } }], ["old_version"], /^speaks NTP version 1/],
  [
    "a symmetric peer on its port",
    at([64], { port: 123, packet: { mode: 1, stratum: 2, leap: 3 } }),
    ["symmetric_mode"],
    /^sent mode 1/,
  ],
  [
    "its clock, 59 minutes slow",
    [{ atMs: 0, packet: { transmitTimestamp: CLOCK - (3540n << 32n) } }],
    ["discloses_clock"],
    /^its transmit timestamp is the time of its clock/,
  ],
  [
    "another time than its clock's",
    [{ atMs: 0, packet: { transmitTimestamp: CLOCK + (3600n << 32n) } }],
    [],
    undefined,
  ],
  [
    "fields",
    [{
      atMs: 0,
      packet: {
        leap: 3,
        precision: -20,
        rootDelay: 1,
        rootDispersion: 1,
        referenceId: 1,
        referenceTimestamp: 1n,
        receiveTimestamp: 1n,
        stratum: 1,
      },
    }],
    ["discloses_fields"],
    /: leap, stratum, precision, root_delay, root_dispersion, reference_id, reference_timestamp, receive_timestamp$/,
  ],
];

for (const [name, events, expected, text] of cases) {
  Deno.test(`findingsOf a client: ${name}`, () => {
    const { rules, texts } = check(events);
    assertEquals(rules.at(-1), expected);
    if (text !== undefined) assertMatch(texts[0] ?? "", text);
  });
}

Deno.test("every rule is broken by one of the cases, and names its source", () => {
  const broken = new Set(cases.flatMap(([, , rules]) => rules));
  assertEquals([...broken].sort(), findingRules.map(({ rule }) => rule).sort());
  for (const { source } of findingRules) assertMatch(source, /^RFC \d+ §/);
});

Deno.test("a client's past is bounded", () => {
  const past = new ClientPast();
  for (let n = 0; n < 1000; n++) {
    past.add({ atMs: n, port: n, clocks: [], packet: blank });
    past.settle({ atMs: n, reply: blank });
  }
  const sizes = [past.ports, past.transmits, past.replyReceives, past.replyTransmits].map((
    { length },
  ) => length);
  assert(sizes.every((size) => size === 16), `${sizes}`);
});
