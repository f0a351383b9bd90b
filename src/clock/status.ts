/** The synchronisation status of a clock, which an NTP server reports beside the time (RFC 5905 §7.3). */
export interface ClockStatus {
  /** Announced leap second: 0 none, 1 insertion, 2 deletion; 3 when the clock is not synchronised. */
  readonly leap: number;
  /** Distance from a reference clock in servers, 1 to 15. */
  readonly stratum: number;
  /** The source of the time, as 32 bits (RFC 5905 §7.3). */
  readonly referenceId: number;
  /** Round-trip delay to the reference clock, in seconds. */
  readonly rootDelaySeconds: number;
  /** Error bound at the reference time, in seconds. */
  readonly rootDispersionSeconds: number;
  /** How fast that grows from there, in seconds per second. */
  readonly dispersionRate: number;
  /** When the clock was last set or corrected, in seconds since the Unix epoch. */
  readonly referenceSeconds: number;
  /** The smallest step of the clock, as a power of two of seconds. */
  readonly precision: number;
}

/** The drift of a clock that may go unnoticed: PHI of RFC 5905 §7.2, 15 ppm. */
export const FREQUENCY_TOLERANCE = 15e-6;

/** The leap indicator of each kind of leap second (RFC 5905 §7.3). */
export const leapIndicators = { none: 0, insert: 1, delete: 2 } as const;

export const UNSYNCHRONIZED = 3;

/**
 * A cautious guess for a clock that is kept right by unknown means: farther from a reference than most real
 * servers (RFC 5905 allows 15), named 127.127.1.1 as other servers name their own clock, and 10 ms off at best.
 */
export const UNKNOWN_CLOCK = {
  leap: 0,
  stratum: 10,
  referenceId: 0x7f7f0101,
  rootDelaySeconds: 0,
  rootDispersionSeconds: 0.01,
  dispersionRate: FREQUENCY_TOLERANCE,
} as const;

/** The status of a clock of which nothing is known yet. */
export const UNKNOWN_STATUS: ClockStatus = {
  ...UNKNOWN_CLOCK,
  leap: UNSYNCHRONIZED,
  referenceSeconds: 0,
  precision: 0,
};
