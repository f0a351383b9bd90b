/**
 * A point in time on the hot path: whole seconds since the Unix epoch and the nanoseconds past that second.
 *
 * It is mutable so that one object can be reused for every reading.
 */
export interface UnixTime {
  /** Whole seconds since 1970-01-01T00:00:00Z; negative before it. */
  seconds: number;
  /** Nanoseconds past that second, 0 to 999,999,999. */
  nanoseconds: number;
}

/**
 * A clock. A server reads it when a datagram arrives, and for NTP again when the
 * reply leaves.
 *
 * @example A stopped clock
 * ```ts
 * import { type Clock, serve } from "@timesrv/timesrv";
 *
 * const frozen: Clock = {
 *   read(time) {
 *     time.seconds = 1_585_948_176;
 *     time.nanoseconds = 0;
 *   },
 * };
 * await using server = await serve("asctime://127.0.0.1:0", { clock: frozen });
 * ```
 */
export interface Clock {
  /** Writes the present time into `time`. Never throws. */
  read(time: UnixTime): void;
}

/** Reads a clock into a time of its own, which the hot path does without. */
export function readTime(clock: Clock): UnixTime {
  const time = { seconds: 0, nanoseconds: 0 };
  clock.read(time);
  return time;
}

/**
 * These take some 50 µs, before V8 compiles their loop. Ten thousand would show a step of 0.1 instead of 0.4 µs,
 * for a fifth of the CPU time and a tenth of the memory of a start (docs/performance.md).
 */
const PRECISION_READINGS = 100;

/** The longest wait for a first step: a clock of whole milliseconds makes five meanwhile. */
const FIRST_STEP_MS = 5;

/** No clock coarser than a second is worth serving; NTP cannot express a step finer than 2^-31 s. */
const MAX_PRECISION = 0;
const MIN_PRECISION = -31;

/**
 * Measures the precision of a clock (RFC 5905 §7.3): the smallest step between readings, as a power of two
 * of seconds, rounded up. It may be coarser than what a running server reads, never too fine.
 */
export function measurePrecision(clock: Clock): number {
  const before: UnixTime = { seconds: 0, nanoseconds: 0 };
  const after: UnixTime = { seconds: 0, nanoseconds: 0 };
  let smallest = Infinity;
  clock.read(before);
  const deadline = performance.now() + FIRST_STEP_MS;
  for (let i = 0; i < PRECISION_READINGS || isStill(smallest, deadline); i++) {
    clock.read(after);
    const step = (after.seconds - before.seconds) + (after.nanoseconds - before.nanoseconds) / 1e9;
    if (step > 0) smallest = Math.min(smallest, step);
    before.seconds = after.seconds;
    before.nanoseconds = after.nanoseconds;
  }
  const exponent = Math.ceil(Math.log2(smallest));
  return Math.min(Math.max(exponent, MIN_PRECISION), MAX_PRECISION);
}

function isStill(smallestStep: number, deadline: number): boolean {
  return smallestStep === Infinity && performance.now() < deadline;
}
