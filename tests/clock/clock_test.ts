import { assert, assertEquals } from "@std/assert";
import { type Clock, measurePrecision } from "../../src/clock/clock.ts";
import { systemClock } from "../../src/clock/system_clock.ts";

/** A clock that goes on by these steps, in nanoseconds, one after the other and again. */
function stepping(...steps: number[]): Clock {
  let readings = 0;
  let nanoseconds = 999_000_000;
  let seconds = 1_585_948_176;
  return {
    read(time): void {
      nanoseconds += steps[readings++ % steps.length] ?? 0;
      seconds += Math.floor(nanoseconds / 1e9);
      nanoseconds -= Math.floor(nanoseconds / 1e9) * 1e9;
      Object.assign(time, { seconds, nanoseconds });
    },
  };
}

Deno.test("measurePrecision finds the smallest step ahead, as a power of two rounded up", () => {
  const table: [steps: number[], precision: number][] = [
    [[1], -29],
    [[2], -28],
    [[100], -23],
    [[1000], -19],
    [[0, 0, 1000, 0], -19],
    [[5000, 1000, 70_000], -19],
    // After the first of them begins another second.
    [[0, 5_000_000, 1000], -19],
    [[1_000_000], -9],
    [[976_562], -10],
    [[0, 0, 0, 0, 1_000_000], -9],
    [[10_000_000], -6],
    [[500_000_000], -1],
    [[1_000_000_000], 0],
    [[2_000_000_000], 0],
    // A step back says nothing of the precision.
    [[-5, 1000], -19],
    [[0], 0],
    [[-1000], 0],
  ];
  for (const [steps, precision] of table) {
    assertEquals(measurePrecision(stepping(...steps)), precision, `${steps}`);
  }
});

Deno.test("measurePrecision waits until a clock of whole milliseconds has moved", () => {
  const { now } = performance;
  let milliseconds = 0;
  try {
    // A hundred readings take no time at all on this machine; ten more take a while.
    let readings = 0;
    performance.now = () => milliseconds;
    const clock: Clock = {
      read(time): void {
        if (++readings > 100 && readings % 10 === 0) milliseconds++;
        time.seconds = 0;
        time.nanoseconds = milliseconds * 1e6;
      },
    };
    assertEquals(measurePrecision(clock), -9);
    assert(milliseconds <= 2);
  } finally {
    performance.now = now;
  }
});

Deno.test("measurePrecision of the system's clock is finer than a millisecond", () => {
  const precision = measurePrecision(systemClock);
  assert(precision >= -31 && precision < -10, `${precision}`);
});
