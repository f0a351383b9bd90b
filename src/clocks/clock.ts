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
 * What time it is. A server reads it once when a datagram arrives; protocols
 * that send a transmit time read it again.
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

/**
 * The clock of this machine, read to the millisecond: `Date.now()` costs a
 * seventh of `Temporal.Now.instant()`, and nothing served so far shows more.
 */
export const systemClock: Clock = {
  read(time: UnixTime): void {
    const milliseconds = Date.now();
    time.seconds = Math.floor(milliseconds / 1000);
    time.nanoseconds = (milliseconds - time.seconds * 1000) * 1_000_000;
  },
};
