import { assertEquals } from "@std/assert";
import { computeMeasurement } from "../../../src/protocols/ntp/measurement.ts";
import type { NtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { toTimestamp } from "../../../src/protocols/ntp/timestamp.ts";

const T1 = Temporal.Instant.from("2026-11-22T18:00:00Z");

/** An exchange whose four times are whole milliseconds after T1, which timestamps round by at most 1 ns. */
function measure(
  [t2Ms, t3Ms, t4Ms]: readonly [number, number, number],
  fields: Partial<NtpPacket> = {},
): Record<string, number> {
  const at = (milliseconds: number): Temporal.Instant => T1.add({ milliseconds });
  const packet = {
    precision: -10,
    rootDelay: 0,
    rootDispersion: 0,
    receiveTimestamp: toTimestamp(at(t2Ms)),
    transmitTimestamp: toTimestamp(at(t3Ms)),
    ...fields,
  } as NtpPacket;
  const measured = computeMeasurement({ sentAt: T1, receivedAt: at(t4Ms), packet }, -9);
  return Object.fromEntries(Object.entries(measured).map(([name, ns]) => [name, Number(ns)]));
}

// 2^-9 s and 2^-10 s.
const [LOCAL, REMOTE] = [1_953_125, 976_563];

Deno.test("computeMeasurement makes every step of RFC 5905 §8", () => {
  assertEquals(measure([1250, 1500, 2000], { rootDelay: 0.5, rootDispersion: 0.25 }), {
    outward: 1_250_000_000,
    inward: -500_000_000,
    offset: 375_000_000,
    elapsed: 2_000_000_000,
    processing: 250_000_000,
    measuredDelay: 1_750_000_000,
    remotePrecision: REMOTE,
    localPrecision: LOCAL,
    delay: 1_750_000_000,
    drift: 30_000,
    errorBound: 875_000_000 + LOCAL + REMOTE + 30_000,
    rootDelay: 500_000_000,
    rootDispersion: 250_000_000,
    rootDistance: 1_125_000_000 + 250_000_000 + LOCAL + REMOTE + 30_000,
  });
});

Deno.test("computeMeasurement takes no delay below both precisions, and no negative drift", () => {
  const bound = Math.floor((LOCAL + REMOTE) / 2) + LOCAL + REMOTE;
  for (const [times, measuredDelay] of [[[0, 0, 0], 0], [[0, 0, -1000], -1_000_000_000]] as const) {
    const { delay, drift, errorBound, ...rest } = measure(times);
    assertEquals(rest.measuredDelay, measuredDelay);
    assertEquals({ delay, drift, errorBound }, {
      delay: LOCAL + REMOTE,
      drift: 0,
      errorBound: bound,
    });
  }
});

Deno.test("computeMeasurement has 5 ms as the least root delay and delay together", () => {
  const dispersion = LOCAL + REMOTE;
  // MINDISP of RFC 5905 §7.2; both precisions are the delay of an exchange that takes no time.
  assertEquals(measure([0, 0, 0]).rootDistance, 2_500_000 + dispersion);
  assertEquals(
    measure([0, 0, 0], { rootDelay: 2 ** -8 }).rootDistance,
    Math.floor((3_906_250 + dispersion) / 2) + dispersion,
  );
});

Deno.test("computeMeasurement limits the precision of a server to that of one era", () => {
  assertEquals(measure([0, 0, 0], { precision: 32 }).remotePrecision, 2 ** 32 * 1e9);
  assertEquals(measure([0, 0, 0], { precision: 127 }).remotePrecision, 2 ** 32 * 1e9);
  assertEquals(measure([0, 0, 0], { precision: -127 }).remotePrecision, 0);
});
