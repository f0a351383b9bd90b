import type { Clock, UnixTime } from "../../clock/clock.ts";

/** The share of the quickest batch that counts: a later batch may be quicker still. */
const CERTAIN_SHARE = 0.5;

/** In smaller batches the cost of the system call itself hides the time of each reply. */
const MIN_BATCH = 16;

/** The most that is counted on, whatever was measured: a lower bound may always be lower. */
const MAX_LEAD_NS = 10_000;

/** The number of batches that a minimum is taken over. */
const WINDOW_BATCHES = 64;

/**
 * The least time between the departures of one reply of a batch and the next.
 *
 * One system call sends many replies, and their transmit times are written before it. A server may report
 * a time slightly too early, but never one that is still to come: OpenNTPD reads that as a negative delay
 * and leaves the server alone for an hour. So the bound comes from the quickest of many batches, never
 * from an average, which a single interrupted batch would raise; and it is 0 until there were that many.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #began: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #ended: UnixTime = { seconds: 0, nanoseconds: 0 };
  /** Of the last whole window, for each reply. */
  #quickestBeforeNs = 0;
  /** Of the window under way. */
  #quickestNs = Infinity;
  #batches = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The bound, in nanoseconds. */
  get leadNs(): number {
    const quickestNs = Math.min(this.#quickestBeforeNs, this.#quickestNs);
    return Math.min(quickestNs * CERTAIN_SHARE, MAX_LEAD_NS) | 0;
  }

  /** Marks that a batch is about to be finished and sent. */
  begin(count: number): void {
    if (count >= MIN_BATCH) this.#clock.read(this.#began);
  }

  /** Measures a batch that one system call has sent. */
  sent(count: number): void {
    if (count < MIN_BATCH) return;
    this.#clock.read(this.#ended);
    const [began, ended] = [this.#began, this.#ended];
    const elapsedNs = (ended.seconds - began.seconds) * 1e9 +
      (ended.nanoseconds - began.nanoseconds);
    // A clock that was stepped back meanwhile makes the bound smaller, which does no harm.
    this.#quickestNs = Math.min(this.#quickestNs, Math.max(elapsedNs, 0) / count);
    if (++this.#batches < WINDOW_BATCHES) return;
    this.#quickestBeforeNs = this.#quickestNs;
    this.#quickestNs = Infinity;
    this.#batches = 0;
  }
}
