/** What surrounds a datagram: when it comes, by which clock, what that is worth, and from which port. */
import type { UnixTime } from "../../src/clock/clock.ts";
import { type ClockStatus, UNSYNCHRONIZED } from "../../src/clock/status.ts";
import { later, NOW } from "../support/services.ts";
import type { Random } from "./random.ts";

/** All that a responder receives besides the request. */
export interface Scene {
  /** When the request comes. */
  readonly arrival: UnixTime;
  /** What the clock says after that: the same, later, or earlier if it was set back meanwhile. */
  readonly departure: UnixTime;
  /** How much later that is. */
  readonly elapsedNanoseconds: bigint;
  /** What the clock says of itself. */
  readonly status: ClockStatus;
  /** The port the request comes from. */
  readonly sourcePort: number;
  /** Seeds what a responder thinks is random. */
  readonly entropy: number;
}

const seconds = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds / 1000;

/** Seconds at which an era, a width or a sign changes, and some in between. */
const MOMENTS: readonly number[] = [
  NOW.seconds,
  seconds("2026-11-22T18:00:00Z"),
  seconds("1900-01-01T00:00:00Z"),
  seconds("1899-12-31T23:59:59Z"),
  seconds("1969-12-31T23:59:59Z"),
  0,
  seconds("2036-02-07T06:28:15Z"),
  seconds("2036-02-07T06:28:16Z"),
  seconds("2038-01-19T03:14:08Z"),
  seconds("2106-02-07T06:28:15Z"),
  seconds("2172-03-15T12:56:31Z"), // the end of era 1
  seconds("2172-03-15T12:56:32Z"),
  seconds("9999-12-31T23:59:59Z"),
  seconds("+010000-01-01T00:00:00Z"),
  seconds("0999-12-31T23:59:59Z"),
  seconds("0000-01-01T00:00:00Z"),
  seconds("-000001-12-31T23:59:59Z"),
  8.6e12, // close to the end of Date, in the years 274493 and -270554
  -8.6e12,
];

const SECOND = 1_000_000_000n;

/** What passes between the two readings of the clock, in nanoseconds. */
const ELAPSED: readonly bigint[] = [
  0n,
  1n,
  30_000n,
  1_500_000n,
  999_999_999n,
  -1n,
  -SECOND / 2n,
  -3600n * SECOND,
  -(2n ** 31n) * SECOND, // half an era
  -(2n ** 31n + 1n) * SECOND,
  -(2n ** 32n) * SECOND,
  3600n * SECOND,
  (2n ** 31n) * SECOND,
  (2n ** 32n) * SECOND,
];

const SHARES = [0, 0, 1, 5e8, 999_999_998, 999_999_999];

/** Random surroundings; many are those of an ordinary day. */
export function drawScene(random: Random): Scene {
  const arrival = {
    seconds: random.below(4) === 0
      ? seconds("1900-01-01T00:00:00Z") + random.uint32() + random.below(2) * 2 ** 32
      : random.pick(MOMENTS),
    nanoseconds: random.below(2) === 0 ? random.pick(SHARES) : random.below(1e9),
  };
  const elapsedNanoseconds = random.below(2) === 0 ? 30_000n : random.pick(ELAPSED);
  return {
    arrival,
    departure: later(arrival, elapsedNanoseconds),
    elapsedNanoseconds,
    status: drawStatus(random, arrival.seconds),
    sourcePort: random.below(4) === 0 ? 123 : 1024 + random.below(64_512),
    entropy: random.pick([0, 0xffff_ffff, random.uint32()]),
  };
}

function drawStatus(random: Random, arrivalSeconds: number): ClockStatus {
  return {
    leap: random.pick([0, 0, 0, 1, 2, UNSYNCHRONIZED]),
    stratum: 1 + random.below(15),
    referenceId: random.uint32(),
    rootDelaySeconds: random.pick([0, 0.001, 1.5, 65_535]),
    rootDispersionSeconds: random.pick([0, 0.01, 2, 65_535]),
    dispersionRate: random.pick([0, 1e-6, 15e-6]),
    // Set in the future if the clock has been set back since.
    referenceSeconds: arrivalSeconds - random.pick([0, 1, 1023, 86_400, -1, -86_400]),
    precision: random.pick([-20, -20, -10, -24, -31, -1, 0]),
  };
}
