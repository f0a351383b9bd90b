import type { Clock, UnixTime } from "./clock.ts";

/** The readings that the system clock is made of. */
export interface ClockReadings {
  /** This machine's time, exact and dear: `Temporal.Now.instant()` with its bigint takes 430 ns. */
  readonly instant: () => Temporal.Instant;
  /** Milliseconds of a clock that is never set, but slewed as this machine's is. */
  readonly monotonicMs: () => number;
  /** This machine's time in whole milliseconds since the Unix epoch. */
  readonly unixMs: () => number;
}

/** How long an anchor holds: what two clocks drift apart meanwhile is nothing. */
const ANCHOR_MS = 100;

/**
 * Farther from the middle of the millisecond that `unixMs` names, and the clock
 * was set. Half of that millisecond, and what two clocks are read apart.
 */
const TOLERANCE_MS = 0.55;

/** An anchor that took longer was interrupted: its clocks were not read at one moment. */
const ANCHORED_WITHIN_MS = 0.005;
const ANCHOR_TRIES = 4;

/**
 * This machine's clock to the nanosecond at a third of the price: an exact
 * reading now and then as an anchor, and the monotonic clock from there. A step
 * of the clock of a millisecond or more shows at the next reading, a smaller
 * one within 100 ms.
 */
export function createSystemClock(readings: ClockReadings): Clock {
  const { instant, monotonicMs, unixMs } = readings;
  const anchor: UnixTime = { seconds: 0, nanoseconds: 0 };
  let anchorMs = -Infinity;
  let anchorUnixMs = 0;

  /** Returns how long ago it was dropped. */
  function dropAnchor(): number {
    let now = instant();
    let tookMs = Infinity;
    for (let tries = 0; tookMs > ANCHORED_WITHIN_MS && tries < ANCHOR_TRIES; tries++) {
      const beforeMs = monotonicMs();
      now = instant();
      tookMs = monotonicMs() - beforeMs;
      anchorMs = beforeMs + tookMs / 2;
    }
    anchor.seconds = Math.floor(now.epochMilliseconds / 1000);
    // What is left of the second fits a number: only here a bigint is needed.
    anchor.nanoseconds = Number(now.epochNanoseconds - BigInt(anchor.seconds) * 1_000_000_000n);
    anchorUnixMs = anchor.seconds * 1000 + anchor.nanoseconds / 1e6;
    return monotonicMs() - anchorMs;
  }

  return {
    read(time: UnixTime): void {
      let sinceMs = monotonicMs() - anchorMs;
      const apartMs = unixMs() + 0.5 - (anchorUnixMs + sinceMs);
      const holds = sinceMs < ANCHOR_MS && apartMs < TOLERANCE_MS && apartMs > -TOLERANCE_MS;
      if (!holds) sinceMs = dropAnchor();
      const nanoseconds = anchor.nanoseconds + Math.round(sinceMs * 1e6);
      const carry = Math.floor(nanoseconds / 1e9);
      time.seconds = anchor.seconds + carry;
      time.nanoseconds = nanoseconds - carry * 1e9;
    },
  };
}

/** The clock of this machine, to the nanosecond. */
export const systemClock: Clock = createSystemClock({
  instant: () => Temporal.Now.instant(),
  monotonicMs: () => performance.now(),
  unixMs: () => Date.now(),
});
