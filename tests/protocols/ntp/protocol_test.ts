import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { RawReply } from "../../../src/protocols/protocol.ts";
import { validate } from "../../../src/client/query.ts";
import { measureNtp, ntpRequest } from "../../../src/protocols/ntp/protocol.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import type { NtpReply } from "../../../src/protocols/reply.ts";
import {
  decodeNtpPacket,
  encodeNtpPacket,
  type NtpPacket,
} from "../../../src/protocols/ntp/packet.ts";
import { toTimestamp } from "../../../src/protocols/ntp/timestamp.ts";
import { check } from "../../support/property.ts";

const from = { transport: "udp", hostname: "192.0.2.1", port: 123 } as const;

/** The measurement of an exchange whose true times are known, in nanoseconds. */
function measured(
  truth: { start: Temporal.Instant; ahead: bigint; there: bigint; inside: bigint; back: bigint },
  fields: Partial<NtpPacket> = {},
): NtpReply {
  const { start, ahead, there, inside, back } = truth;
  const plus = (nanoseconds: bigint): Temporal.Instant =>
    Temporal.Instant.fromEpochNanoseconds(start.epochNanoseconds + nanoseconds);
  const request = ntpRequest().octets;
  const packet: NtpPacket = {
    leap: 0,
    version: 4,
    mode: 4,
    stratum: 2,
    poll: 6,
    precision: -23,
    rootDelay: 0.01,
    rootDispersion: 0.02,
    referenceId: 0xc0000201,
    referenceTimestamp: toTimestamp(plus(ahead - 60_000_000_000n)),
    originTimestamp: decodeNtpPacket(request).transmitTimestamp,
    receiveTimestamp: toTimestamp(plus(ahead + there)),
    transmitTimestamp: toTimestamp(plus(ahead + there + inside)),
    ...fields,
  };
  const elapsed = there + inside + back;
  const raw: RawReply = {
    url: "ntp://192.0.2.1:123",
    request,
    octets: encodeNtpPacket(packet),
    from,
    sentAt: start,
    receivedAt: plus(elapsed),
    roundTrip: Temporal.Duration.from({ nanoseconds: Number(elapsed) }),
  };
  return measureNtp(raw);
}

const nanoseconds = (duration: Temporal.Duration): number => duration.total("nanoseconds");

Deno.test("measureNtp gives offset and delay by RFC 5905 §8", () => {
  const reply = measured({
    start: Temporal.Instant.from("2026-11-22T18:00:00.123456789Z"),
    ahead: 1_000_000_001n,
    there: 3_000_000n,
    inside: 50_000n,
    back: 1_000_000n,
  });
  // ((T2 - T1) + (T3 - T4)) / 2 is the truth and half the asymmetry.
  assertEquals(nanoseconds(reply.offset), 1_000_000_001 + 1_000_000);
  assertEquals(nanoseconds(reply.delay), 4_000_000);
  assertEquals(reply.serverReceivedAt.toString(), "2026-11-22T18:00:01.12645679Z");
  assertEquals(reply.serverSentAt.toString(), "2026-11-22T18:00:01.12650679Z");
  // δ/2, the server's precision 2^-23 s, this machine's, and 15 ppm of 4 ms.
  const beyond = nanoseconds(reply.errorBound) - 2_000_000 - 119 - 60;
  assert(beyond > 0 && beyond < 1_000_000, `${beyond}`);
  // Half the root delay, the root dispersion and the bound itself.
  const rootDistance = nanoseconds(reply.rootDistance) - nanoseconds(reply.errorBound);
  assert(Math.abs(rootDistance - 25_000_000) < 50_000, `${rootDistance}`);
  validate(reply);
});

Deno.test("measureNtp's bound contains the true offset, whatever the path and the century", () => {
  const ms = 1_000_000n;
  const way = fc.bigInt({ min: 0n, max: 2000n * ms });
  // From 2027, as a clock before this program was made is read otherwise.
  const start = fc.bigInt({ min: 1_800_000_000n, max: 6_000_000_000n })
    .map((seconds) => seconds * 1_000_000_000n);
  // A clock may be 68 years wrong and still learn it.
  const ahead = fc.bigInt({ min: -2_000_000_000_000_000_000n, max: 2_000_000_000_000_000_000n });
  check(fc.property(start, ahead, way, way, way, (start, ahead, there, inside, back) => {
    const instant = Temporal.Instant.fromEpochNanoseconds(start);
    const reply = measured({ start: instant, ahead, there, inside, back });
    const asymmetry = there - back;
    const offset = BigInt(nanoseconds(reply.offset.round("microseconds"))) -
      (ahead + asymmetry / 2n);
    assert(offset >= -1000n && offset <= 1000n, `${offset}`);
    const bound = BigInt(Math.ceil(nanoseconds(reply.errorBound)));
    assert(bound >= (asymmetry < 0n ? -asymmetry : asymmetry) / 2n, `${bound}`);
  }));
});

Deno.test("measureNtp is right across the change of era in 2036", () => {
  const start = Temporal.Instant.from("2036-02-07T06:28:15.999Z");
  const way = { there: 500_000n, inside: 1_000_000n, back: 500_000n };
  for (const ahead of [0n, 2_000_000n, -2_000_000n]) {
    const reply = measured({ start, ahead, ...way });
    assertEquals(nanoseconds(reply.offset), Number(ahead));
    assertEquals(nanoseconds(reply.delay), 1_000_000);
    assertEquals(
      reply.serverSentAt.epochNanoseconds - start.epochNanoseconds,
      ahead + 1_500_000n,
    );
    validate(reply);
  }
});

const start = Temporal.Instant.from("2026-11-22T18:00:00Z");
const truth = { start, ahead: 0n, there: 1_000_000n, inside: 10_000n, back: 1_000_000n };

Deno.test("measureNtp never gives a delay below the precision of both clocks", () => {
  const reply = measured({ ...truth, there: 0n, inside: 0n, back: 0n });
  assert(nanoseconds(reply.delay) >= 2 ** -23 * 1e9);
});

Deno.test("measureNtp warns of what is odd but no reason to refuse", () => {
  const day = 86_400_000_000_000n;
  const warnings = (fields: Partial<NtpPacket>): readonly string[] =>
    measured(truth, fields).warnings;
  assertEquals(warnings({}), []);
  assertEquals(warnings({ version: 3 }), ["version 3 in the reply, asked with 4"]);
  const later = toTimestamp(start.add({ seconds: 1 }));
  assertEquals(warnings({ referenceTimestamp: later }).length, 1);
  assertEquals(warnings({ referenceTimestamp: 0n }), ["its reference timestamp is zero"]);
  const old = Temporal.Instant.fromEpochNanoseconds(start.epochNanoseconds - 2n * day);
  assertEquals(warnings({ referenceTimestamp: toTimestamp(old) }), [
    "its clock was last set 2 d 0 h 0 min ago",
  ]);
});

Deno.test("validate names why a reply is not fit to trust", () => {
  const table: [fields: Partial<NtpPacket>, reason: string, message: string][] = [
    [{ stratum: 0, leap: 3, referenceId: 0x52415445 }, "kiss_o_death", "(KoD RATE)"],
    [{ stratum: 0, leap: 0, referenceId: 0x44454e59 }, "kiss_o_death", "denies service"],
    [{ stratum: 0, leap: 3, referenceId: 0x1b5b324a }, "kiss_o_death", "0x1b5b324a"],
    [{ stratum: 0, leap: 3, referenceId: 0 }, "unsynchronized", "leap 3"],
    [{ stratum: 0, leap: 0, referenceId: 0 }, "unsynchronized", "stratum 0"],
    [{ stratum: 0, leap: 3, referenceId: 0x494e4954 }, "unsynchronized", "(leap 3, INIT)"],
    [{ stratum: 2, leap: 3 }, "unsynchronized", "leap 3"],
    [{ stratum: 16, leap: 0 }, "unsynchronized", "stratum 16"],
    [{ stratum: 255, leap: 0 }, "unsynchronized", "stratum 255"],
    [{ receiveTimestamp: 0n }, "unusable", "zero"],
    [{ transmitTimestamp: 0n }, "unusable", "zero"],
    [{ rootDispersion: 16 }, "unusable", "16.01 s"],
    [{ rootDelay: 40 }, "unusable", "error bound"],
    [{ rootDispersion: 4 }, "unusable", "root distance"],
    [{ precision: 127 }, "unusable", "root distance"],
    [{ stratum: 0, leap: 3, referenceId: 0x52415445, precision: 127 }, "kiss_o_death", "RATE"],
  ];
  for (const [fields, reason, message] of table) {
    const reply = measured(truth, fields);
    const error = assertThrows(() => validate(reply), QueryError, message);
    assertEquals(error.reason, reason, message);
  }
  for (const stratum of [1, 15]) validate(measured(truth, { stratum }));
});

Deno.test("measureNtp reports which replies have no time, and warns of none of their times", () => {
  const seconds = (count: number): bigint => toTimestamp(start.add({ seconds: count }));
  const table: [fields: Partial<NtpPacket>, hasTime: boolean][] = [
    [{}, true],
    [{ leap: 3 }, true],
    [{ stratum: 16 }, true],
    [{ rootDispersion: 20 }, true],
    [{ stratum: 0, leap: 3, referenceId: 0x52415445 }, false],
    [{ stratum: 0, referenceId: 0 }, false],
    [{ transmitTimestamp: 0n }, false],
    [{ receiveTimestamp: 0n }, false],
    [{ receiveTimestamp: seconds(1), transmitTimestamp: seconds(0) }, false],
    [{ receiveTimestamp: seconds(0), transmitTimestamp: seconds(1) }, false],
  ];
  for (const [fields, hasTime] of table) {
    const reply = measured(truth, { referenceTimestamp: toTimestamp(start), ...fields });
    assertEquals([reply.hasTime, reply.text !== ""], [hasTime, hasTime]);
    if (!hasTime) {
      assertEquals(reply.warnings, []);
      assertThrows(() => validate(reply), QueryError);
    }
  }
});

Deno.test("validate refuses a reply whose timestamps contradict the exchange", () => {
  const at = (ns: bigint): bigint =>
    toTimestamp(Temporal.Instant.fromEpochNanoseconds(start.epochNanoseconds + ns));
  const table: [receive: bigint, transmit: bigint, message: string][] = [
    [5_000_000n, 4_000_000n, "left before its request arrived"],
    [0n, 1_000_000_000n, "longer than the whole exchange"],
  ];
  for (const [receive, transmit, message] of table) {
    const stamps = { receiveTimestamp: at(receive), transmitTimestamp: at(transmit) };
    assertThrows(() => validate(measured(truth, stamps)), QueryError, message);
  }
  const slow = measured({ ...truth, inside: 5_000_000_000n });
  assertThrows(() => validate(slow), QueryError, "more than 4 s");
});

Deno.test("validate puts up with the ticks of a coarse server, and with no more", () => {
  // A clock of 64 ticks a second that ticked between the two readings.
  const at = (ns: bigint): bigint =>
    toTimestamp(Temporal.Instant.fromEpochNanoseconds(start.epochNanoseconds + ns));
  const ticked = { receiveTimestamp: at(0n), transmitTimestamp: at(15_625_000n) };
  validate(measured(truth, { ...ticked, precision: -6 }));
  const finer = measured(truth, { ...ticked, precision: -10 });
  assertThrows(() => validate(finer), QueryError, "longer than the whole exchange");
});

Deno.test("validate accepts root distances up to its option", () => {
  const reply = measured(truth, { rootDispersion: 2 });
  validate(reply);
  assertThrows(() => validate(reply, { maxRootDistance: "1.5s" }), QueryError, "above 1.5 s");
});

Deno.test("ntpRequest reveals nothing but an unpredictable cookie", () => {
  const requests = Array.from({ length: 100 }, () => ntpRequest().octets);
  for (const octets of requests) {
    assertEquals(octets.length, 48);
    assertEquals(octets[0], 0x23);
    assert(octets.subarray(1, 40).every((octet) => octet === 0));
  }
  assertEquals(new Set(requests.map((octets) => octets.subarray(40).join())).size, 100);
});
