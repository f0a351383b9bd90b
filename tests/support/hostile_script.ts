/** The datagrams of a hostile server and its helpers, and the meaning of each to a client. */
import fc from "fast-check";
import { ntpRequest } from "../../src/protocols/ntp/protocol.ts";
import type { QueryFailure } from "../../src/protocols/failure.ts";
import { decodeNtpPacket, type NtpPacket } from "../../src/protocols/ntp/packet.ts";
import { ntpReply, referenceIdOf } from "./scripted_server.ts";

/** The protocols that have requests of their own. */
export const protocols = ["asctime", "daytime", "time", "ntp"] as const;

/** The end of a query: a description of the time, or a failure. */
export type Verdict = QueryFailure | `time ${string}`;

/** One datagram of a script. */
export interface Move {
  /** Its kind, for the message of a test that fails. */
  readonly name: string;
  /** Its meaning if the queried server sends it; `ignored` leaves the query waiting. */
  readonly means: Verdict | "ignored";
  /** Its octets, once there is a request. */
  octets(request: Uint8Array): Uint8Array;
  /** Its sender: the queried server, that server from another port, or another address. */
  readonly sender: "server" | "otherPort" | "otherAddress";
  /** Its delay in milliseconds. */
  readonly pauseMs: number;
}

/** A query's end by the datagrams that were sent to it, in their order. */
export function verdictOf(script: readonly Move[]): Verdict {
  const received = script.filter(({ sender }) => sender === "server").map(({ means }) => means);
  const decided = received.find((means) => means !== "ignored");
  return decided ?? (received.length > 0 ? "bogus_reply" : "timeout");
}

type Datagram = Pick<Move, "name" | "means" | "octets">;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const sized = (max: number): fc.Arbitrary<number> => fc.nat({ max });

/** Octets that are neither characters nor digits. */
const garbage = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);

const asctimeText: fc.Arbitrary<string> = fc.integer({ min: 10, max: 59 }).map((second) =>
  `Fri Apr  3 21:09:${second} 2020`
);

const badTexts = [
  "",
  "Invalid Date",
  "NaN NaN NaN NaN:NaN:NaN NaN",
  "Sun Feb 30 21:09:36 2020",
  "Thu Jan  1 99:99:99 1970",
  "Fri Apr  3 21:09:36 999999",
  "Fri Apr  3 21:09:36 -999999",
  "Fri Apr  3 21:09:36 1e3",
  "Fri Apr  3 21:09:36 2020\x1b[2J",
  "\x9b31mFri Apr  3 21:09:36 2020",
  "Fri Apr  3 21:09:36 2020 Fri Apr  3 21:09:36 2020",
  "Fri Apr  3 21:09:36",
  "Fri Apr  \u0663 21:09:36 2020",
  "2020-02-30T21:09:36Z",
  "Infinity-04-03T21:09:36Z",
  "0000-00-00T00:00:00Z",
  "1585948176",
];

const notText: fc.Arbitrary<Datagram> = fc.oneof(
  fc.constantFrom(...badTexts).map((text) => ({ name: text, octets: () => encode(text) })),
  sized(1400).map((length) => ({ name: `${length} of garbage`, octets: () => garbage(length) })),
  fc.constant({ name: "NTP", octets: () => ntpReply(ntpRequest().octets) }),
  fc.constant({ name: "Time", octets: () => new Uint8Array([0xe2, 0x32, 0x24, 0x90]) }),
  fc.constant({ name: "echo", octets: (request: Uint8Array) => request }),
).map((datagram) => ({ ...datagram, means: "not_a_time" }));

const goodText: fc.Arbitrary<Datagram> = fc.tuple(
  asctimeText,
  fc.constantFrom("", "\n", "\r\n", "\n\0", "\0".repeat(1000)),
).map(([text, end]) => ({
  name: "good",
  means: `time ${text}`,
  octets: () => encode(text + end),
}));

const goodTime: fc.Arbitrary<Datagram> = fc.nat({ max: 0xffff_ffff }).map((seconds) => {
  // The reading nearest to now, of those that 32 bits of seconds since 1900 leave.
  const readings = [0, 1].map((era) => (seconds + era * 2 ** 32) * 1000 + Date.UTC(1900));
  const [first = 0, second = 0] = readings;
  const nearest = Math.abs(first - Date.now()) < Math.abs(second - Date.now()) ? first : second;
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, seconds);
  return {
    name: "good",
    means: `time ${new Date(nearest).toISOString().replace(".000Z", "Z")}`,
    octets: () => octets,
  };
});

const notSeconds: fc.Arbitrary<Datagram> = fc.oneof(
  sized(1400).filter((length) => length !== 4).map((length) => garbage(length)),
  asctimeText.map(encode),
  fc.constant(new Uint8Array([0xe2, 0x32, 0x24, 0x90, 0, 0, 0])),
  fc.constant(ntpReply(ntpRequest().octets)),
).map((octets) => ({
  name: `${octets.length} octets`,
  means: "not_a_time",
  octets: () => octets,
}));

type Fields = (request: Uint8Array) => Partial<NtpPacket>;

/** Replies that belong to the request, with what they mean. */
const ownReply: fc.Arbitrary<[means: Verdict, fields: Fields]> = fc.oneof(
  fc.integer({ min: 1, max: 15 }).map((stratum): [Verdict, Fields] => [
    `time of stratum ${stratum}`,
    () => ({ stratum }),
  ]),
  fc.tuple(
    fc.constantFrom("RATE", "DENY", "RSTR", "NTSN", "XYZ\0", "\x1b[2J", "\xff\xff\xff\xff"),
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom(-20, 127),
  ).map(([code, leap, precision]): [Verdict, Fields] => [
    "kiss_o_death",
    () => ({ stratum: 0, leap, precision, referenceId: referenceIdOf(code), receiveTimestamp: 0n }),
  ]),
  fc.constantFrom("INIT", "STEP", "\0\0\0\0").map((code): [Verdict, Fields] => [
    "unsynchronized",
    () => ({ stratum: 0, leap: 3, referenceId: referenceIdOf(code) }),
  ]),
  fc.integer({ min: 16, max: 255 }).map((stratum): [Verdict, Fields] => [
    "unsynchronized",
    () => ({ stratum }),
  ]),
  fc.constant<[Verdict, Fields]>(["unsynchronized", () => ({ leap: 3 })]),
  fc.constantFrom<Partial<NtpPacket>>(
    { receiveTimestamp: 0n },
    { transmitTimestamp: 0n },
    { receiveTimestamp: 0n, transmitTimestamp: 0n },
    { receiveTimestamp: 1n << 63n, transmitTimestamp: (1n << 63n) - (1n << 8n) },
    { receiveTimestamp: 1n, transmitTimestamp: 1n << 40n },
    { precision: 2 },
    { precision: 127 },
    { rootDelay: 65_535 },
    { rootDispersion: 16 },
  ).map((fields): [Verdict, Fields] => ["unusable", () => fields]),
);

const ownNtp: fc.Arbitrary<Datagram> = fc.tuple(ownReply, fc.nat({ max: 300 })).map(
  ([[means, fields], words]) => ({
    name: "own",
    means,
    octets: (request) => {
      const reply = ntpReply(request, fields(request));
      // Extension fields and a MAC are whole words, and not looked at.
      return new Uint8Array([...reply, ...garbage(words * 4)]);
    },
  }),
);

const foreignFields: fc.Arbitrary<Fields> = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 5, 6, 7).map((mode): Fields => () => ({ mode })),
  fc.constantFrom(0, 5, 6, 7).map((version): Fields => () => ({ version })),
  fc.bigInt({ min: 0n, max: 63n }).map((bit): Fields => (request) => ({
    originTimestamp: decodeNtpPacket(request).transmitTimestamp ^ (1n << bit),
  })),
  fc.constant<Fields>((request) => ({
    originTimestamp: 0n,
    receiveTimestamp: decodeNtpPacket(request).transmitTimestamp,
  })),
);

/** Datagrams that an NTP client ignores, forged kiss-o'-death packets among them. */
const foreignNtp: fc.Arbitrary<Datagram> = fc.oneof(
  fc.tuple(ownReply, foreignFields).map(([[name, own], fields]) => ({
    name: `foreign ${name}`,
    octets: (request: Uint8Array) => ntpReply(request, { ...own(request), ...fields(request) }),
  })),
  ownReply.map(([name, fields]) => ({
    name: `replayed ${name}`,
    octets: () => ntpReply(older, fields(older)),
  })),
  fc.nat({ max: 47 }).map((length) => ({
    name: `cut to ${length}`,
    octets: (request: Uint8Array) => ntpReply(request).subarray(0, length),
  })),
  fc.nat({ max: 1000 }).filter((excess) => excess % 4 !== 0).map((excess) => ({
    name: `longer by ${excess}`,
    octets: (request: Uint8Array) => new Uint8Array([...ntpReply(request), ...garbage(excess)]),
  })),
  notText,
).map((datagram) => ({ ...datagram, means: "ignored" }));

const older = ntpRequest().octets;

const datagrams: Readonly<Record<(typeof protocols)[number], fc.Arbitrary<Datagram>>> = {
  asctime: fc.oneof(goodText, notText),
  daytime: fc.oneof(goodText, notText),
  time: fc.oneof(goodTime, notSeconds),
  ntp: fc.oneof({ weight: 1, arbitrary: ownNtp }, { weight: 4, arbitrary: foreignNtp }),
};

/** Any script of hostile moves against one query, with or without something good in it. */
export function scriptArbitrary(
  protocol: (typeof protocols)[number],
): fc.Arbitrary<readonly Move[]> {
  const move = fc.record({
    datagram: datagrams[protocol],
    sender: fc.oneof(
      { weight: protocol === "ntp" ? 3 : 1, arbitrary: fc.constant("server" as const) },
      { weight: 2, arbitrary: fc.constantFrom("otherPort" as const, "otherAddress" as const) },
    ),
    copies: fc.constantFrom(1, 1, 1, 2, 5),
    pauseMs: fc.constantFrom(0, 0, 0, 2),
  }).map(({ datagram, copies, ...how }): Move[] => Array(copies).fill({ ...datagram, ...how }));
  return fc.array(move, { maxLength: 10 }).map((moves) => moves.flat());
}
