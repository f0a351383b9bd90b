/** Whether a server sends usable times, or has ceased to. */
import type { QueryError } from "../protocols/failure.ts";

/** The server has sent no time fit to trust for several requests in a row. */
export interface OutageStart {
  /** Which kind of event it is. */
  readonly type: "gone";
  /** What was wrong with the last of them. */
  readonly error: QueryError;
}

/** A server that was gone sends the time again. */
export interface OutageEnd {
  /** Which kind of event it is. */
  readonly type: "back";
  /** Since the first request that failed. */
  readonly after: Temporal.Duration;
}

/** A single lost datagram is loss, which UDP always has a little of; so many in a row are an outage. */
const FAILURES_OF_AN_OUTAGE = 3;

/** Tells an outage once, however many causes it has meanwhile: a port closes, then a machine goes down. */
export class OutageDetector {
  #failures = 0;
  #sinceMs = 0;

  /**
   * Takes what became of the next request; a kiss is neither, as it tells of itself.
   *
   * @param error What was wrong, if anything was
   * @param monotonicMs When that was known, by a clock that is not set
   * @returns The beginning or the end of an outage, if it is one
   */
  next(error: QueryError | undefined, monotonicMs: number): OutageStart | OutageEnd | undefined {
    if (error?.reason === "kiss-o-death") return undefined;
    if (error) {
      if (this.#failures++ === 0) this.#sinceMs = monotonicMs;
      return this.#failures === FAILURES_OF_AN_OUTAGE ? { type: "gone", error } : undefined;
    }
    const wasGone = this.#failures >= FAILURES_OF_AN_OUTAGE;
    this.#failures = 0;
    if (!wasGone) return undefined;
    const milliseconds = Math.round(monotonicMs - this.#sinceMs);
    return { type: "back", after: Temporal.Duration.from({ milliseconds }) };
  }
}
