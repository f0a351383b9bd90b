/** The pause before a dead worker is replaced; it doubles each time. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 10_000;

/** A worker that ran this long died of another cause than its predecessor. */
const STEADY_MS = 30_000;

/** The pauses before the successors of one worker start. */
export class RestartPauses {
  #nextMs = FIRST_PAUSE_MS;

  /** The pause after a worker that ran for a time. */
  next(ranMs: number): number {
    const pauseMs = ranMs > STEADY_MS ? FIRST_PAUSE_MS : this.#nextMs;
    this.#nextMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    return pauseMs;
  }
}
