import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { UnixTime } from "../../src/clock/clock.ts";
import { createSystemClock, systemClock } from "../../src/clock/system_clock.ts";
import { check } from "../support/property.ts";

/** A machine whose clocks go as the test says: everything in nanoseconds. */
class Machine {
  unix: bigint;
  monotonic = 5_000_000_000n;
  exactReadings = 0;

  constructor(unix: bigint) {
    this.unix = unix;
  }

  readonly clock = createSystemClock({
    instant: () => {
      this.exactReadings++;
      return Temporal.Instant.fromEpochNanoseconds(this.unix);
    },
    monotonicMs: () => Number(this.monotonic) / 1e6,
    unixMs: () => Math.floor(Number(this.unix / 1000n) / 1000),
  });

  pass(nanoseconds: bigint): void {
    this.unix += nanoseconds;
    this.monotonic += nanoseconds;
  }

  /** The error of a reading. */
  error(): number {
    const time: UnixTime = { seconds: NaN, nanoseconds: NaN };
    this.clock.read(time);
    assert(Number.isInteger(time.seconds) && Number.isInteger(time.nanoseconds));
    assert(time.nanoseconds >= 0 && time.nanoseconds < 1e9, `${time.nanoseconds}`);
    const said = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
    return Number(said - this.unix);
  }
}

const NOW = 1_795_372_800_123_456_789n;

Deno.test("systemClock reads this machine's time", () => {
  const time: UnixTime = { seconds: NaN, nanoseconds: NaN };
  const before = Date.now();
  systemClock.read(time);
  const after = Date.now();
  const milliseconds = time.seconds * 1000 + time.nanoseconds / 1e6;
  // Half a millisecond: the resolution of Date.now(), by which a set clock is noticed.
  assert(before - 0.55 <= milliseconds && milliseconds < after + 1.55);
});

Deno.test("createSystemClock is right to the nanosecond while time passes evenly", () => {
  const passing = fc.array(fc.bigInt({ min: 1n, max: 250_000_000n }), { minLength: 1 });
  const start = fc.bigInt({ min: -3_000_000_000_000_000_000n, max: 8_000_000_000_000_000_000n });
  check(
    fc.property(start, passing, (start, passing) => {
      const machine = new Machine(start);
      for (const nanoseconds of passing) {
        // A number of milliseconds past 5 s is exact to a nanosecond or so.
        assert(Math.abs(machine.error()) <= 1, `${machine.error()}`);
        machine.pass(nanoseconds);
      }
    }),
    300,
  );
});

Deno.test("createSystemClock is right when it is interrupted between any two readings", () => {
  const machine = new Machine(NOW);
  let [calls, at] = [0, 0];
  const interrupted = <T>(read: () => T): T => {
    if (++calls === at) machine.pass(211_000_000n);
    return read();
  };
  const { unix } = machine;
  const clock = createSystemClock({
    instant: () => interrupted(() => Temporal.Instant.fromEpochNanoseconds(machine.unix)),
    monotonicMs: () => interrupted(() => Number(machine.monotonic) / 1e6),
    unixMs: () => interrupted(() => Math.floor(Number(machine.unix / 1000n) / 1000)),
  });
  const time: UnixTime = { seconds: NaN, nanoseconds: NaN };
  const read = (): bigint => {
    clock.read(time);
    return BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
  };
  for (at = 0; at < 40; at++) {
    calls = 0;
    machine.pass(150_000_000n);
    const before = machine.unix;
    const said = read();
    // The time of some moment while it was read, and the next one is right again.
    assert(said >= before - 1000n && said <= machine.unix + 1000n, `${at}: ${said - before}`);
    const next = read();
    assert(next - machine.unix <= 1000n && machine.unix - next <= 1000n, `${at}`);
  }
  assert(machine.unix > unix);
});

Deno.test("createSystemClock keeps the best of some anchors that took long", () => {
  const machine = new Machine(NOW);
  const tookNs = [4800n, 2400n, 3000n, 9000n];
  let tries = 0;
  const clock = createSystemClock({
    instant: () => {
      const now = Temporal.Instant.fromEpochNanoseconds(machine.unix);
      // The first reading is the one for where there is no anchor.
      if (tries > 0) machine.pass(tookNs[(tries - 1) % tookNs.length] ?? 0n);
      tries++;
      return now;
    },
    monotonicMs: () => Number(machine.monotonic) / 1e6,
    unixMs: () => Math.floor(Number(machine.unix / 1000n) / 1000),
  });
  const time: UnixTime = { seconds: NaN, nanoseconds: NaN };
  for (let i = 0; i < 3; i++) {
    clock.read(time);
    const error = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds) - machine.unix;
    // Half of the shortest: the exact clock was read at its beginning, or nearly so.
    assert(error >= -1201n && error <= -1199n, `${error}`);
    machine.pass(10_000_000n);
  }
  assertEquals(tries, 9);
});

Deno.test("createSystemClock never stays wrong where every reading is interrupted", () => {
  const machine = new Machine(NOW);
  const slow = <T>(read: () => T): T => {
    machine.pass(3_000_000n);
    return read();
  };
  const clock = createSystemClock({
    instant: () => slow(() => Temporal.Instant.fromEpochNanoseconds(machine.unix)),
    monotonicMs: () => slow(() => Number(machine.monotonic) / 1e6),
    unixMs: () => slow(() => Math.floor(Number(machine.unix / 1000n) / 1000)),
  });
  const time: UnixTime = { seconds: NaN, nanoseconds: NaN };
  for (let i = 0; i < 100; i++) {
    const before = machine.unix;
    clock.read(time);
    const said = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
    assert(said >= before && said <= machine.unix, `${i}`);
  }
});

Deno.test("createSystemClock rarely reads the exact clock", () => {
  const machine = new Machine(NOW);
  for (let i = 0; i < 10_000; i++) {
    machine.error();
    machine.pass(10_000n);
  }
  // A tenth of a second of readings, 10 µs apart.
  assert(machine.exactReadings <= 6, `${machine.exactReadings}`);
});

Deno.test("createSystemClock follows a step of the clock at the next reading, either way", () => {
  const steps = [1_200_000n, 2_000_000n, 3_600_000_000_000n, 136n * 31_557_600_000_000_000n];
  for (const step of [...steps, ...steps.map((step) => -step)]) {
    const machine = new Machine(NOW);
    for (const pause of [10n, 999_999n, 40_000_000n]) {
      machine.error();
      machine.pass(pause);
      machine.unix += step;
      assert(Math.abs(machine.error()) <= 1, `step ${step}, off by ${machine.error()} ns`);
    }
  }
});

Deno.test("createSystemClock follows a small step within a tenth of a second", () => {
  for (const step of [20_000n, -20_000n, 400_000n, -400_000n]) {
    const machine = new Machine(NOW);
    machine.error();
    machine.unix += step;
    machine.pass(100_000_000n);
    assert(Math.abs(machine.error()) <= 1, `step ${step}, off by ${machine.error()} ns`);
  }
});

Deno.test("createSystemClock follows a machine that slept", () => {
  const machine = new Machine(NOW);
  machine.error();
  // The monotonic clock stands still in a suspend.
  machine.unix += 60_000_000_000n;
  assert(Math.abs(machine.error()) <= 1);
});

Deno.test("createSystemClock keeps nanoseconds positive before 1970", () => {
  const machine = new Machine(-1n);
  const time: UnixTime = { seconds: NaN, nanoseconds: NaN };
  machine.clock.read(time);
  assertEquals(time, { seconds: -1, nanoseconds: 999_999_999 });
});
