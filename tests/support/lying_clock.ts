import type { Clock } from "../../src/clock/clock.ts";
import { systemClock } from "../../src/clock/system_clock.ts";

/** This machine's clock, but so many seconds ahead; it may be told to lie differently later. */
export interface LyingClock extends Clock {
  aheadSeconds: number;
}

/** A clock with a known truth. */
export function lyingClock(aheadSeconds: number): LyingClock {
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
