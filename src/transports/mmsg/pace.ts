import type { UnixTime } from "../../clock/clock.ts";
import type { RealtimeClock } from "../../clock/realtime_clock.ts";

/**
 * The weight of the newest batch, as a share of one: what took longer than ever was mostly held up by
 * something else, and what did not shows what it takes.
 */
interface Weights {
  readonly ifLonger: number;
  readonly ifShorter: number;
}

/** From so many on, a batch is a large one. */
const LARGE = 8;

/** Replies that nothing held up are the quickest ones: to be early by an average could be too early. */
const IN_SMALL: Weights = { ifLonger: 1 / 16, ifShorter: 1 };

const IN_LARGE: Weights = { ifLonger: 1 / 8, ifShorter: 1 / 2 };

/** How much of a datagram's sending has passed when it is on its way. */
const DELIVERED = 0.75;

/** A batch counts for this many times what was expected at most: mostly it was interrupted. */
const MOST = 2;

/** What an answer of the first batch, made by code that was never run before, counts for at most. */
const FIRST_MOST_NS = 10_000;

/** How long things take. */
class Durations {
  readonly weights: Weights;
  /** To make an answer. */
  makeNs = 0;
  /** From the last look at the clock, for an answer's transmit time, until all are made. */
  tailNs = 0;
  /** To send an answer. */
  sendNs = 0;

  constructor(weights: Weights) {
    this.weights = weights;
  }
}

/**
 * How long answers take to be made and sent, learned from one batch for the next.
 *
 * A reply that carries its transmit time is written before those ahead of it are sent, and one system
 * call sends many. Without looking ahead, the last of 64 would leave 0.1 ms after the time it tells.
 *
 * Looking too far ahead is worse: to a client nearby the way would seem to take less than no time, and
 * OpenNTPD leaves such a server alone for an hour.
 */
export class Pace {
  readonly #clock: Pick<RealtimeClock, "read" | "last">;
  /** A few mostly find the thread asleep, and take longer each. */
  readonly #small = new Durations(IN_SMALL);
  readonly #large = new Durations(IN_LARGE);
  #durations = this.#large;
  readonly #began: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #looked: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #made: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #sent: UnixTime = { seconds: 0, nanoseconds: 0 };

  constructor(clock: Pick<RealtimeClock, "read" | "last">) {
    this.#clock = clock;
  }

  /** Marks that the first answer of a batch is about to be made. */
  begin(count: number): void {
    this.#durations = count < LARGE ? this.#small : this.#large;
    this.#clock.read(this.#began);
  }

  /** In how many nanoseconds an answer leaves that has so many ahead of it, and so many yet to be made behind it. */
  leadNs(ahead: number, behind: number): number {
    const { makeNs, tailNs, sendNs } = this.#durations;
    return (ahead + DELIVERED) * sendNs + behind * makeNs + tailNs | 0;
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
    const { weights, makeNs, tailNs, sendNs } = durations;
    durations.makeNs = learned(makeNs, between(this.#began, this.#made) / count, weights);
    durations.tailNs = learned(tailNs, between(this.#looked, this.#made), weights);
    durations.sendNs = learned(sendNs, between(this.#made, this.#sent) / count, weights);
  }
}

function between(from: UnixTime, to: UnixTime): number {
  return (to.seconds - from.seconds) * 1e9 + (to.nanoseconds - from.nanoseconds);
}

function learned(knownNs: number, seenNs: number, { ifLonger, ifShorter }: Weights): number {
  // The clock was stepped meanwhile.
  if (seenNs < 0) return knownNs;
  if (knownNs === 0) return Math.min(seenNs, FIRST_MOST_NS);
  const weight = seenNs > knownNs ? ifLonger : ifShorter;
  return knownNs + (Math.min(seenNs, knownNs * MOST) - knownNs) * weight;
}
