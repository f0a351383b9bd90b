import type { Clock } from "../../src/clock/clock.ts";
import { systemClock } from "../../src/clock/system_clock.ts";

/** This machine's clock, ahead by a known and changeable number of seconds. */
export interface SimulatedClock extends Clock {
  aheadSeconds: number;
}

/** A clock whose offset is known. */
export function simulatedClock(aheadSeconds: number): SimulatedClock {
  return {
    aheadSeconds,
    read(time): void {
      systemClock.read(time);
      const nanoseconds = time.nanoseconds + (this.aheadSeconds % 1) * 1e9;
      const carry = Math.floor(nanoseconds / 1e9);
      time.seconds += Math.trunc(this.aheadSeconds) + carry;
      time.nanoseconds = Math.round(nanoseconds - carry * 1e9) % 1e9;
    },
  };
}
