import type { Clock, UnixTime } from "./clock.ts";

/** The readings that the system clock is made of. */
export interface ClockReadings {
  /** This machine's time, exact but slow: `Temporal.Now.instant()` with its bigint takes 430 ns. */
  readonly instant: () => Temporal.Instant;
  /** Milliseconds of a clock that is slewed like this machine's, but never set. */
  readonly monotonicMs: () => number;
  /** This machine's time in whole milliseconds since the Unix epoch. */
  readonly unixMs: () => number;
}

/** How long an anchor holds: the two clocks drift apart by nothing meanwhile. */
const ANCHOR_MS = 100;

/**
 * If the anchored time is farther than this from the middle of the millisecond that `unixMs` names,
 * the clock was set: half of that millisecond, and the time between reading two clocks.
 */
const TOLERANCE_MS = 0.55;

/**
 * An anchor is two clocks read at one moment. If that takes longer, it was interrupted: by anything up to
 * the whole time slice of another program, by which the clock would be wrong as long as the anchor holds.
 */
const MAX_ANCHORING_MS = 0.005;

/** An anchor that takes this long is not worth another try. */
const GOOD_ANCHORING_MS = 0.001;
const ANCHOR_TRIES = 8;

/**
 * Creates a clock of this machine's time to the nanosecond, at a third of the cost: an exact
 * reading now and then as an anchor, and the monotonic clock from there. A step
 * of a millisecond or more shows at the next reading, a smaller one within 100 ms.
 */
export function createSystemClock(readings: ClockReadings): Clock {
  const { instant, monotonicMs, unixMs } = readings;
  const anchor: UnixTime = { seconds: 0, nanoseconds: 0 };
  let anchorMs = -Infinity;
  let anchorUnixMs = 0;

  /** Reads a new anchor, the best of some tries; where every try is interrupted, none but an exact time. */
  function readAnchor(): void {
    anchorMs = -Infinity;
    let now = instant();
    let bestMs = MAX_ANCHORING_MS;
    for (let tries = 0; bestMs > GOOD_ANCHORING_MS && tries < ANCHOR_TRIES; tries++) {
      const beforeMs = monotonicMs();
      const then = instant();
      const tookMs = monotonicMs() - beforeMs;
      if (tookMs <= bestMs) {
        bestMs = tookMs;
        now = then;
        anchorMs = beforeMs + tookMs / 2;
      } else if (anchorMs === -Infinity) now = then;
    }
    anchor.seconds = Math.floor(now.epochMilliseconds / 1000);
    // The rest of the second fits a number: a bigint is needed only here.
    anchor.nanoseconds = Number(now.epochNanoseconds - BigInt(anchor.seconds) * 1_000_000_000n);
    anchorUnixMs = anchor.seconds * 1000 + anchor.nanoseconds / 1e6;
  }

  return {
    read(time: UnixTime): void {
      let sinceMs = monotonicMs() - anchorMs;
      const apartMs = unixMs() + 0.5 - (anchorUnixMs + sinceMs);
      const holds = sinceMs < ANCHOR_MS && Math.abs(apartMs) < TOLERANCE_MS;
      // Without an anchor, the exact reading is the time; it costs more, and the next one tries again.
      if (!holds) {
        readAnchor();
        sinceMs = anchorMs === -Infinity ? 0 : monotonicMs() - anchorMs;
      }
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
