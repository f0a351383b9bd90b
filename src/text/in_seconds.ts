/** Durations as numbers, for arithmetic that the measurements' own precision outweighs. */

/** A duration in seconds. */
export function toSeconds(duration: Temporal.Duration): number {
  return duration.total("seconds");
}

/** A duration of so many seconds, to the nanosecond. */
export function fromSeconds(seconds: number): Temporal.Duration {
  const whole = Math.trunc(seconds);
  return Temporal.Duration.from({
    seconds: whole,
    nanoseconds: Math.round((seconds - whole) * 1e9) || 0,
  });
}
