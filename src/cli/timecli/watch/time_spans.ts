/** The scales of the time axis of `timecli watch`. */

/** A scale of the time axis, in seconds. */
export interface TimeSpan {
  /** From its left end to now. */
  readonly seconds: number;
  /** From one tick to the next. */
  readonly tick: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Those to choose from. */
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

/** Grown to that, a scale stays as it is: what is older is rarely what somebody looks for. */
const GROWN_SECONDS = MINUTE;

/** A plot of fewer exchanges shows little. */
const EXCHANGES_TO_SEE = 30;

/**
 * Which of them to begin with: as long as it has been watching, up to a minute, and longer where the
 * requests are rare.
 *
 * @param elapsedSeconds How long it has been watching
 * @param asked How often the server was asked meanwhile
 */
export function spanFor(elapsedSeconds: number, asked: number): number {
  const interval = elapsedSeconds / Math.max(1, asked);
  const most = Math.max(GROWN_SECONDS, EXCHANGES_TO_SEE * interval);
  const wanted = Math.min(elapsedSeconds, most);
  const index = timeSpans.findIndex(({ seconds }) => seconds >= wanted);
  return index === -1 ? timeSpans.length - 1 : index;
}
