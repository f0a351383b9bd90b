/** One exchange with an upstream server. Times are seconds of the base clock since a common start. */
export interface Sample {
  /** The middle of the exchange. */
  readonly at: number;
  /** The server's clock minus the base clock, in seconds. */
  readonly offset: number;
  /** The round-trip delay in seconds, above 0. */
  readonly delay: number;
  /** The precision of both clocks and the drift during the exchange, in seconds. */
  readonly dispersion: number;
  /** The server's root delay and root dispersion, in seconds. */
  readonly rootDelay: number;
  readonly rootDispersion: number;
}

/** The phase noise of any oscillator: seconds per root of a second. */
const PHASE_NOISE = 3e-9;

/** No timestamp is better: seconds. */
export const STAMP_NOISE = 0.2e-6;

/** What an oscillator whose frequency wanders moves by in a time, beyond its frequency: as a variance. */
export function wanderVariance(wander: number, seconds: number): number {
  return wander ** 2 * seconds ** 3 / 3 + PHASE_NOISE ** 2 * seconds;
}
