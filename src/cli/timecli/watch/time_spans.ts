/** A scale of the time axis of `timecli watch`, in seconds. */
export interface TimeSpan {
  /** The length of the axis, which ends now. */
  readonly seconds: number;
  readonly tick: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** All scales, the shortest first. */
export const timeSpans: readonly [TimeSpan, ...TimeSpan[]] = [
  { seconds: 15, tick: 5 },
  { seconds: 30, tick: 10 },
  { seconds: MINUTE, tick: 15 },
  { seconds: 5 * MINUTE, tick: MINUTE },
  { seconds: 15 * MINUTE, tick: 3 * MINUTE },
  { seconds: HOUR, tick: 15 * MINUTE },
  { seconds: 6 * HOUR, tick: 2 * HOUR },
  { seconds: 24 * HOUR, tick: 6 * HOUR },
];

/** A scale grows up to this one by itself. */
const MAX_GROWN_SECONDS = MINUTE;

/** A plot of fewer exchanges shows little. */
const MIN_EXCHANGES = 30;

/**
 * Chooses the index of the scale until the user does: the time elapsed, up to a minute, or more where
 * requests are rare.
 */
export function chooseSpan(elapsedSeconds: number, sent: number): number {
  const interval = elapsedSeconds / Math.max(1, sent);
  const wanted = Math.min(elapsedSeconds, Math.max(MAX_GROWN_SECONDS, MIN_EXCHANGES * interval));
  const index = timeSpans.findIndex(({ seconds }) => seconds >= wanted);
  return index === -1 ? timeSpans.length - 1 : index;
}
