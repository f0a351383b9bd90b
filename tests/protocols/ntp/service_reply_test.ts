import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { UnixTime } from "../../../src/clock/clock.ts";
import type { ClockStatus } from "../../../src/clock/status.ts";
import { decodeNtpPacket, type NtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { ntpResponder } from "../../../src/protocols/ntp/service.ts";
import { difference, toInstant, toNanoseconds } from "../../../src/protocols/ntp/timestamp.ts";
import { check } from "../../support/property.ts";
import { answer, hex, later, NOW, STATUS, UNSYNCHRONIZED_STATUS } from "../../support/services.ts";

const SECOND = 1_000_000_000n;
const ERA = SECOND << 32n;

/** The packet that a client receives. */
function replyTo(
  { status = {}, random = [0], at = NOW, then = at }: {
    readonly status?: Partial<ClockStatus>;
    /** The random numbers, one after the other, again and again. */
    readonly random?: readonly number[];
    readonly at?: Readonly<UnixTime>;
    readonly then?: Readonly<UnixTime>;
  },
): NtpPacket {
  let drawn = 0;
  const responder = ntpResponder({
    random32: () => random[drawn++ % random.length] ?? 0,
  });
  const request = new Uint8Array(48);
  request[0] = 0x23;
  const reply = answer(responder, request, {
    at,
    then,
    status: { ...STATUS, ...status },
  });
  return decodeNtpPacket(reply);
}

function unix(iso: string): UnixTime {
  const [whole = "", fraction = ""] = iso.replace("Z", "").split(".");
  return {
    seconds: Temporal.Instant.from(`${whole}Z`).epochMilliseconds / 1000,
    nanoseconds: Number(fraction.padEnd(9, "0")),
  };
}

const moments: Readonly<UnixTime>[] = [
  NOW,
  unix("2020-04-03T21:09:36Z"),
  unix("2036-02-07T06:28:15.9Z"),
  unix("2036-02-07T06:28:15.999999999Z"),
  unix("2036-02-07T06:28:16Z"),
  unix("2036-02-07T06:28:16.000000001Z"),
  unix("2036-02-07T06:28:17Z"),
  unix("2104-02-26T09:42:24Z"),
  unix("2172-03-15T12:56:31.999999999Z"),
  unix("1969-12-31T23:59:59.5Z"),
  unix("1900-01-01T00:00:00Z"),
  unix("1899-12-31T23:59:59.999999999Z"),
];

Deno.test("transmit is the smallest step after receive when the clock stands or steps back", () => {
  const steps = [
    0n,
    -1n,
    -1_000_000n,
    -3600n * SECOND,
    -ERA / 2n,
    -ERA * 7n / 10n,
    -ERA,
    -2n * ERA,
  ];
  const randoms = [[0], [0xffff_ffff], [0xffff_ffff, 0], [0, 0xffff_ffff]];
  for (const at of moments) {
    for (const step of steps) {
      for (const random of randoms) {
        for (const precision of [-31, -20, -10, 0]) {
          const then = later(at, step);
          const packet = replyTo({ at, then, random, status: { precision } });
          const { receiveTimestamp, transmitTimestamp } = packet;
          const row = `${JSON.stringify(at)} ${step} ${random} ${precision}`;
          assert(receiveTimestamp !== 0n && transmitTimestamp !== 0n, row);
          const units = difference(transmitTimestamp, receiveTimestamp);
          assert(units > 0n, row);
          // Only the random bits below the precision may show as time passing.
          if (step < -2n * SECOND || random.length === 1 || random[0] !== 0) {
            assert(units <= 2n, `${row}: ${units}`);
          }
        }
      }
    }
  }
});

Deno.test("receive and transmit are the clock's two readings when it moves on", () => {
  for (const at of moments) {
    for (const step of [1n, 3n, 1000n, 999_999_999n, SECOND, 3600n * SECOND]) {
      const then = later(at, step);
      const packet = replyTo({ at, then, status: { precision: -31 } });
      const pivot = Temporal.Instant.fromEpochMilliseconds(at.seconds * 1000);
      const [receive, transmit] = [at, then].map(({ seconds, nanoseconds }) =>
        BigInt(seconds) * SECOND + BigInt(nanoseconds)
      );
      const told = (timestamp: bigint): bigint => toInstant(timestamp, pivot).epochNanoseconds;
      // One random bit, which is zero, may take a nanosecond.
      assert((receive ?? 0n) - told(packet.receiveTimestamp) <= 1n);
      assert((transmit ?? 0n) - told(packet.transmitTimestamp) <= 1n);
      const passed = toNanoseconds(difference(packet.transmitTimestamp, packet.receiveTimestamp));
      assert(passed >= step - 1n && passed <= step + 1n, `${JSON.stringify(at)} ${step} ${passed}`);
    }
  }
});

Deno.test("the wire shows the era's change, digit by digit", () => {
  const table: [iso: string, receive: bigint, transmit: bigint][] = [
    ["2036-02-07T06:28:15.9Z", 0xffffffff_e6666000n, 0xffffffff_e6666001n],
    ["2036-02-07T06:28:16Z", 0x00000000_00000001n, 0x00000000_00000002n],
    ["2036-02-07T06:28:17Z", 0x00000001_00000000n, 0x00000001_00000001n],
  ];
  for (const [iso, receiveTimestamp, transmitTimestamp] of table) {
    const packet = replyTo({ at: unix(iso) });
    assertEquals(
      [packet.receiveTimestamp, packet.transmitTimestamp],
      [receiveTimestamp, transmitTimestamp],
      iso,
    );
  }
  const last = replyTo({
    at: unix("2036-02-07T06:28:15.999999999Z"),
    random: [0xffff_ffff],
    status: { precision: 0 },
  });
  assertEquals([last.receiveTimestamp, last.transmitTimestamp], [(1n << 64n) - 1n, 1n]);
});

Deno.test("random bits are in the fraction below the precision, all of them, and nowhere else", () => {
  for (
    const [precision, bits] of [[-10, 22n], [-20, 12n], [-30, 2n], [-32, 0n], [0, 32n]] as const
  ) {
    const seen = { receive: [~0n, 0n], transmit: [~0n, 0n] } as Record<string, [bigint, bigint]>;
    const note = (name: string, value: bigint): void => {
      const [always, ever] = seen[name] ?? [0n, 0n];
      seen[name] = [always & value, ever | value];
    };
    for (let i = 0; i < 500; i++) {
      // A clock that moves on by 2 s: transmit is then never stepped past receive. All bits of its fraction are
      // ones, so that each may become a zero.
      const random = [Math.imul(i, 0x9e37_79b9), Math.imul(i, 0x85eb_ca6b)];
      const then = { seconds: NOW.seconds + 2, nanoseconds: 999_999_999 };
      const packet = replyTo({ random, then, status: { precision } });
      assert(packet.transmitTimestamp >> 32n === BigInt(then.seconds + 2_208_988_800));
      note("receive", packet.receiveTimestamp);
      note("transmit", packet.transmitTimestamp);
      assertEquals(packet.referenceTimestamp & 0xffff_ffffn, 0n);
    }
    for (const [always, ever] of Object.values(seen)) {
      assertEquals((always ^ ever).toString(2), ((1n << bits) - 1n).toString(2), `${precision}`);
    }
  }
});

Deno.test("receive and transmit draw their random bits apart", () => {
  const { receiveTimestamp, transmitTimestamp } = replyTo({
    random: [1, 0x8000_0000],
    then: { seconds: NOW.seconds + 2, nanoseconds: 999_999_999 },
    status: { precision: -30 },
  });
  // The upper half of four values.
  assertEquals([receiveTimestamp & 3n, transmitTimestamp & 3n], [1n, 2n]);
});

Deno.test("root dispersion grows by 15 ppm from the reference time on, and never shrinks below", () => {
  const table: [ageSeconds: number, dispersion: number][] = [
    [0, 0.5 + 15e-6],
    [-1000, 0.5],
    [999, 0.5 + 0.015],
    [86_399, 0.5 + 1.296],
    [1e9, 15_000.5 + 15e-6],
    [1e13, 65_536],
  ];
  for (const [age, dispersion] of table) {
    const told = replyTo({ status: { referenceSeconds: NOW.seconds - age } }).rootDispersion;
    assert(told >= Math.min(dispersion, 65_535.99) && told < dispersion + 2 / 65_536, `${age}`);
  }
});

Deno.test("reference is never after receive or transmit, and never zero", () => {
  const ages = [0, 1, 99, 100_000, -1, -3600, -(2 ** 31), 2 ** 31 - 2];
  for (const at of moments) {
    for (const age of ages) {
      const status = { referenceSeconds: at.seconds - age };
      for (const then of [at, later(at, -3600n * SECOND), later(at, 5n)]) {
        const packet = replyTo({ at, then, status, random: [0] });
        const row = `${JSON.stringify(at)} ${age}`;
        assert(packet.referenceTimestamp !== 0n, row);
        assert(difference(packet.receiveTimestamp, packet.referenceTimestamp) >= 0n, row);
        assert(difference(packet.transmitTimestamp, packet.referenceTimestamp) > 0n, row);
      }
    }
  }
  const { referenceTimestamp } = replyTo({ status: { referenceSeconds: -2_208_988_800 } });
  assertEquals(referenceTimestamp, 1n);
});

Deno.test("not synchronised is leap 3, stratum 0 and no reference id, with the time all the same", () => {
  const packet = replyTo({ status: UNSYNCHRONIZED_STATUS });
  const { leap, stratum, referenceId, receiveTimestamp, rootDispersion } = packet;
  assertEquals([leap, stratum, referenceId], [3, 0, 0]);
  assertEquals(receiveTimestamp >> 32n, 0xe2322490n);
  assert(rootDispersion >= 0.5);
});

Deno.test("each fact of the status has its field, read anew for each reply", () => {
  const responder = ntpResponder({ random32: () => 0 });
  const request = new Uint8Array(48).fill(0);
  request[0] = 0x1b;
  const facts: [Partial<ClockStatus>, at: number, octets: string][] = [
    [{ leap: 0 }, 0, "1c"],
    [{ leap: 2 }, 0, "9c"],
    [{ leap: 3 }, 0, "dc00"],
    [{ stratum: 1 }, 1, "01"],
    [{ stratum: 15 }, 1, "0f"],
    [{ precision: -7 }, 3, "f9"],
    [{ rootDelaySeconds: 1e-6 }, 4, "00000001"],
    [{ rootDelaySeconds: 1e6 }, 4, "ffffffff"],
    [{ rootDispersionSeconds: 1e6 }, 8, "ffffffff"],
    [{ referenceId: 0x4c4f434c }, 12, "4c4f434c"],
    [{ referenceSeconds: 0 }, 16, "83aa7e8000000000"],
  ];
  for (const [fact, at, octets] of facts) {
    const reply = answer(responder, request, { status: { ...STATUS, ...fact } });
    const expected = hex(octets);
    assertEquals(reply.slice(at, at + expected.length), expected, JSON.stringify(fact));
  }
});

Deno.test("a reply's times are in order, whatever the clock", () => {
  const time = fc.record({
    seconds: fc.integer({ min: -5e9, max: 2e10 }),
    nanoseconds: fc.nat(999_999_999),
  });
  const step = fc.bigInt({ min: -3n * ERA, max: 3n * ERA });
  const precision = fc.integer({ min: -32, max: 0 });
  check(
    fc.property(time, step, precision, fc.nat(0xffff_ffff), (at, step, precision, random) => {
      const packet = replyTo({
        at,
        then: later(at, step),
        random: [random],
        status: { precision },
      });
      assert(packet.receiveTimestamp !== 0n && packet.transmitTimestamp !== 0n);
      assert(difference(packet.transmitTimestamp, packet.receiveTimestamp) > 0n);
    }),
    5000,
  );
});
