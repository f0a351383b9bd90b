/**
 * A point in time for the path of every datagram: whole seconds since the
 * Unix epoch and the nanoseconds past that second, 0 to 999,999,999.
 *
 * It is mutable so that one object can be read into again and again.
 */
export interface UnixTime {
  /** Whole seconds since 1970-01-01T00:00:00Z; negative before it. */
  seconds: number;
  /** Nanoseconds past that second, 0 to 999,999,999. */
  nanoseconds: number;
}

/**
 * What time it is. A server reads it once when a datagram arrives; NTP reads it
 * again when the reply leaves.
 *
 * @example A clock that stands still
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
  /** Writes the time it is now into `time`. Never throws. */
  read(time: UnixTime): void;
}

/** As many readings as show the smallest step of a clock that is read by compiled code. */
const PRECISION_READINGS = 10_000;

/** How long it waits for a first step: a clock of whole milliseconds makes five. */
const FIRST_STEP_MS = 5;

/** Coarser than a second is no clock to serve; finer than 2^-31 s cannot be told. */
const COARSEST = 0;
const FINEST = -31;

/**
 * The precision of a clock as NTP counts it (RFC 5905 §7.3): the smallest step
 * seen between readings, as a power of two of seconds, rounded up.
 *
 * @param clock The clock
 * @param readings How many it takes at least; with fewer the result may be coarser, never too fine
 */
export function measurePrecision(clock: Clock, readings: number = PRECISION_READINGS): number {
  const before: UnixTime = { seconds: 0, nanoseconds: 0 };
  const after: UnixTime = { seconds: 0, nanoseconds: 0 };
  let smallest = Infinity;
  clock.read(before);
  const deadline = performance.now() + FIRST_STEP_MS;
  for (let i = 0; i < readings || isStill(smallest, deadline); i++) {
    clock.read(after);
    const step = (after.seconds - before.seconds) + (after.nanoseconds - before.nanoseconds) / 1e9;
    if (step > 0) smallest = Math.min(smallest, step);
    before.seconds = after.seconds;
    before.nanoseconds = after.nanoseconds;
  }
  const exponent = Math.ceil(Math.log2(smallest));
  return Math.min(Math.max(exponent, FINEST), COARSEST);
}

function isStill(smallestStep: number, deadline: number): boolean {
  return smallestStep === Infinity && performance.now() < deadline;
}
