import type { UnixTime } from "../../clocks/clock.ts";
import type { RealtimeClock } from "./clock.ts";

/**
 * The weight of the newest batch in an average, as a share of one: what took longer than ever was mostly
 * held up by something else, and what did not shows what it takes.
 */
const WEIGHT_IF_LONGER = 1 / 8;
const WEIGHT_IF_SHORTER = 1 / 2;

/** A batch counts for this many times what was expected at most: mostly it was interrupted. */
const MOST = 2;

/** What an answer of the first batch counts for at most. */
const FIRST_MOST_NS = 100_000;

/** How long things take, on average. */
class Durations {
  /** To make an answer. */
  makeNs = 0;
  /** From the last look at the clock, for an answer's transmit time, until all are made. */
  tailNs = 0;
  /** To send an answer. */
  sendNs = 0;
}

/**
 * How long answers take to be made and sent, learned from one batch for the next.
 *
 * A reply that carries its transmit time is written before those ahead of it are sent, and one system
 * call sends many. Without looking ahead, the last of 64 would leave 0.1 ms after the time it tells.
 */
export class Pace {
  readonly #clock: Pick<RealtimeClock, "read" | "last">;
  /** One that comes alone mostly finds the thread asleep, and takes longer. */
  readonly #alone = new Durations();
  readonly #together = new Durations();
  #durations = this.#together;
  readonly #began: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #looked: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #made: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #sent: UnixTime = { seconds: 0, nanoseconds: 0 };

  constructor(clock: Pick<RealtimeClock, "read" | "last">) {
    this.#clock = clock;
  }

  /** Marks that the first answer of a batch is about to be made. */
  begin(count: number): void {
    this.#durations = count === 1 ? this.#alone : this.#together;
    this.#clock.read(this.#began);
  }

  /** In how many nanoseconds an answer leaves that has so many ahead of it, and so many yet to be made behind it. */
  leadNs(ahead: number, behind: number): number {
    const { makeNs, tailNs, sendNs } = this.#durations;
    // It leaves somewhere between the beginning and the end of its sending.
    return (ahead + 0.5) * sendNs + behind * makeNs + tailNs | 0;
  }

  /** Marks that the answers are made, and about to be sent. */
  made(): void {
    this.#clock.last(this.#looked);
    this.#clock.read(this.#made);
  }

  /** Learns from a batch that was just sent. */
  sent(count: number): void {
    this.#clock.read(this.#sent);
    const durations = this.#durations;
    durations.makeNs = learned(durations.makeNs, between(this.#began, this.#made) / count);
    durations.tailNs = learned(durations.tailNs, between(this.#looked, this.#made));
    durations.sendNs = learned(durations.sendNs, between(this.#made, this.#sent) / count);
  }
}

function between(from: UnixTime, to: UnixTime): number {
  return (to.seconds - from.seconds) * 1e9 + (to.nanoseconds - from.nanoseconds);
}

function learned(knownNs: number, seenNs: number): number {
  // The clock was stepped meanwhile.
  if (seenNs < 0) return knownNs;
  if (knownNs === 0) return Math.min(seenNs, FIRST_MOST_NS);
  const weight = seenNs > knownNs ? WEIGHT_IF_LONGER : WEIGHT_IF_SHORTER;
  return knownNs + (Math.min(seenNs, knownNs * MOST) - knownNs) * weight;
}
