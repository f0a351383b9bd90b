import { FREQUENCY_TOLERANCE } from "../clock/status.ts";
import { delayOf, type MeasuredReply } from "./query.ts";
import { fromSeconds, toSeconds } from "../text/duration.ts";
import {
  computeJitter,
  type FrequencyError,
  median,
  type OffsetPoint,
  slopeRange,
} from "./statistics.ts";

/** The estimate from the replies of one server that can be trusted. */
export interface Estimate {
  /** The reply with the least delay, which the network has disturbed least. */
  readonly best: MeasuredReply;
  /** The offset of the best reply: positive if the server is ahead of this machine's clock. */
  readonly offset: Temporal.Duration;
  /**
   * The error bound of `offset`, either way, at the end of the measurement, if the server is right: the
   * best reply's bound, and 15 ppm of the time since (PHI of RFC 5905), for the drift of the clocks.
   */
  readonly errorBound: Temporal.Duration;
  /** The median of all offsets. */
  readonly medianOffset: Temporal.Duration;
  /** The root mean square of the other offsets' differences from the best (RFC 5905 §10); absent with one reply. */
  readonly jitter?: Temporal.Duration;
  /** The least delay, there and back. */
  readonly minDelay: Temporal.Duration;
  /** The largest delay, there and back. */
  readonly maxDelay: Temporal.Duration;
  /**
   * The error bound against the server's reference: its own figures and the delay. Time servers send
   * no such figures, so that theirs is `errorBound`.
   */
  readonly rootDistance: Temporal.Duration;
  /**
   * How much faster the server's clock runs than this machine's; present once the measurement took long
   * enough for a bound of 500 ppm.
   */
  readonly frequency?: FrequencyError;
  /** Whether all offsets fit two clocks that run evenly; false if one was stepped meanwhile. */
  readonly isSteady: boolean;
  /** The number of replies. */
  readonly replies: number;
}

/** A reply, and when its request was sent, on a clock that is never set. */
export interface TimedReply {
  readonly reply: MeasuredReply;
  readonly startedAfter: Temporal.Duration;
}

/** RFC 5905 §11.3 corrects clocks by no more: a wider bound would be of no use. */
const MAX_BOUND_PPM = 500;

/** `replies` are trusted, in the order of time; `endedAfter` is on the clock of `startedAfter`. */
export function estimate(
  replies: readonly TimedReply[],
  endedAfter: Temporal.Duration,
): Estimate | undefined {
  const delays = replies.map(({ reply }) => toSeconds(delayOf(reply)));
  const least = replies[delays.indexOf(Math.min(...delays))];
  if (!least) return undefined;
  const best = least.reply;
  // Offsets may be decades; their differences from the best keep their nanoseconds as numbers.
  const points = replies.map(({ reply, startedAfter }): OffsetPoint => ({
    atSeconds: toSeconds(startedAfter),
    offsetSeconds: toSeconds(reply.offset.subtract(best.offset)),
    boundSeconds: toSeconds(reply.errorBound),
  }));
  const offsets = points.map(({ offsetSeconds }) => offsetSeconds);
  const age = fromSeconds(FREQUENCY_TOLERANCE * toSeconds(endedAfter.subtract(least.startedAfter)));
  const { low, high } = slopeRange(points);
  const boundPpm = (high - low) / 2 * 1e6;
  const errorBound = best.errorBound.add(age);
  return {
    best,
    offset: best.offset,
    errorBound,
    medianOffset: best.offset.add(fromSeconds(median(offsets))),
    ...(offsets.length > 1 && { jitter: fromSeconds(computeJitter(offsets, delays)) }),
    minDelay: delayOf(best),
    maxDelay: fromSeconds(Math.max(...delays)),
    rootDistance: best.protocol === "ntp" ? best.rootDistance.add(age) : errorBound,
    ...(boundPpm >= 0 && boundPpm <= MAX_BOUND_PPM && {
      frequency: { ppm: (high + low) / 2 * 1e6, boundPpm },
    }),
    isSteady: low <= high,
    replies: replies.length,
  };
}
