/** The status of a served clock at one look, in the words of JSON and metrics. */
import type { UnixTime } from "../../../clock/clock.ts";
import type { ClockStatus } from "../../../clock/status.ts";

/** The served time and its status, of one reading. */
export interface Look {
  readonly time: Readonly<UnixTime>;
  readonly status: ClockStatus;
}

/** The leap indicators, in the order of their numbers. */
export const leapWords = ["none", "insert", "delete", "unsynchronized"] as const;

/** The root dispersion now, and the root distance (RFC 5905 §11.2), in seconds. */
export function rootDistance(
  { time, status }: Look,
): { readonly dispersion: number; readonly distance: number } {
  const ageSeconds = Math.max(time.seconds - status.referenceSeconds, 0);
  const dispersion = status.rootDispersionSeconds + ageSeconds * status.dispersionRate;
  return { dispersion, distance: status.rootDelaySeconds / 2 + dispersion };
}
