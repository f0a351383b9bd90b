/** Smears: leap seconds spread over hours, so that no clock steps. */

/** The share of the leap second that is smeared after a share of the window, both 0 to 1. */
export const smearCurves = {
  linear: (share: number) => share,
  cosine: (share: number) => (1 - Math.cos(Math.PI * share)) / 2,
  quadratic: (share: number) => share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) * (1 - share),
} as const;

export interface Smear {
  readonly shape: keyof typeof smearCurves;
  readonly windowNs: bigint;
  /** Whether the leap second is in the middle of the window rather than at its beginning. */
  readonly isCentred: boolean;
}

const HOUR_NS = 3_600_000_000_000n;
const DAY_NS = 24n * HOUR_NS;
const NOON_TO_NOON = { windowNs: DAY_NS, isCentred: true } as const;

/** Documented by chrony for a smoothed leap second; Meta has the same seventeen hours. */
const AFTER_THE_LEAP = { windowNs: 62_500_000_000_000n, isCentred: false } as const;

/** The shapes, and the smears that large operators have published, by name. */
export const smears: Readonly<Record<string, Smear>> = {
  linear: { shape: "linear", ...NOON_TO_NOON },
  cosine: { shape: "cosine", ...NOON_TO_NOON },
  quadratic: { shape: "quadratic", ...NOON_TO_NOON },
  google: { shape: "linear", ...NOON_TO_NOON },
  aws: { shape: "linear", ...NOON_TO_NOON },
  meta: { shape: "quadratic", ...AFTER_THE_LEAP },
  chrony: { shape: "quadratic", ...AFTER_THE_LEAP },
};
