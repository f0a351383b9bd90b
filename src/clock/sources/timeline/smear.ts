/** Leap seconds in served time: their ends, and smears, which spread them over hours so that no clock steps. */
import { DAY_NS, SECOND_NS } from "../../../text/duration.ts";
import type { LeapSecond } from "./leap_seconds.ts";

/** The share of the leap second that is smeared after a share of the window, both 0 to 1. */
const smearCurves = {
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

export function isOver(leap: LeapSecond, smear: Smear | undefined, servedNs: bigint): boolean {
  const endNs = endOf(leap, smear);
  // A smear is served up to the end of its window, inclusive.
  return smear === undefined ? endNs <= servedNs : endNs < servedNs;
}

/** The end of a leap second, in served time without it. */
export function endOf({ kind, midnightNs }: LeapSecond, smear: Smear | undefined): bigint {
  if (smear !== undefined) return startOf(midnightNs, smear) + smear.windowNs;
  // The second before midnight is skipped, or the last one is repeated after it.
  return kind === "delete" ? midnightNs - SECOND_NS : midnightNs;
}

export function startOf(midnightNs: bigint, { windowNs, isCentred }: Smear): bigint {
  return isCentred ? midnightNs - windowNs / 2n : midnightNs;
}

export function changeBy({ kind }: LeapSecond): bigint {
  return kind === "insert" ? -SECOND_NS : SECOND_NS;
}

/** How far a smear has moved served time, at a served time without it. */
export function smearedBy(
  leap: LeapSecond | undefined,
  smear: Smear | undefined,
  baseNs: bigint,
): bigint {
  if (leap === undefined || smear === undefined) return 0n;
  const sinceNs = baseNs - startOf(leap.midnightNs, smear);
  const share = Math.min(Math.max(Number(sinceNs) / Number(smear.windowNs), 0), 1);
  return BigInt(Math.round(smearCurves[smear.shape](share) * Number(changeBy(leap))));
}
