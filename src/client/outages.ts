import type { QueryError } from "../protocols/failure.ts";

/** The server has sent no time that can be trusted for several requests in a row. */
export interface OutageStart {
  /** Which kind of event it is. */
  readonly type: "gone";
  /** Why the last of them failed. */
  readonly error: QueryError;
}

/** A server sends the time again after an outage. */
export interface OutageEnd {
  /** Which kind of event it is. */
  readonly type: "back";
  /** The time since the first request that failed. */
  readonly after: Temporal.Duration;
}

/** UDP always loses a few datagrams; this many failures in a row are an outage. */
const MIN_FAILURES = 3;

/** Reports an outage once, whatever its cause becomes: a port closes, then the machine goes down. */
export class OutageDetector {
  #failures = 0;
  #sinceMs = NaN;

  /** Counts the next exchange; a kiss-o'-death is neither a failure nor a success. */
  next(error: QueryError | undefined, monotonicMs: number): OutageStart | OutageEnd | undefined {
    if (error?.reason === "kiss_o_death") return undefined;
    if (error) {
      if (this.#failures++ === 0) this.#sinceMs = monotonicMs;
      return this.#failures === MIN_FAILURES ? { type: "gone", error } : undefined;
    }
    const wasGone = this.#failures >= MIN_FAILURES;
    this.#failures = 0;
    if (!wasGone) return undefined;
    const milliseconds = Math.round(monotonicMs - this.#sinceMs);
    return { type: "back", after: Temporal.Duration.from({ milliseconds }) };
  }
}
