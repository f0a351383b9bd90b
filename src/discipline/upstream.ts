/** One upstream server: its filter, when to ask it again, and whether it counts. */
import { UpstreamFilter } from "./filter.ts";
import type { Sample } from "./sample.ts";
import type { Candidate } from "./selection.ts";

/** A reply that may be trusted, as far as one reply can show that. */
export interface UpstreamReply extends Sample {
  /** The leap indicator of RFC 5905 §7.3, 0 to 3. */
  readonly leap: number;
  readonly stratum: number;
  /** The reference id that its clients are to state. */
  readonly id: number;
}

/** Seconds from one request to the next after the first replies. */
const START_WAITS = [2, 2, 2, 4, 4, 8, 8, 16, 32];

/** After this many requests without a reply, an upstream no longer counts; bits of its reach. */
const SILENT_POLLS = 8;

/** The first retry of a lost request comes after 2 s, and each further one after twice as long, up to 64. */
const MAX_RETRY_EXPONENT = 6;

/** A random part of each interval, so that servers are not asked in step. */
const SPREAD = 0.02;

/** No server is asked more often, whatever happened, unless its shortest interval is one second. */
const LEAST_WAIT = 2;

/** A clock contradicts an estimate beyond this many deviations and seconds. */
const CONTRADICTION_DEVIATIONS = 5;
const CONTRADICTION_SECONDS = 1e-3;

/** An upstream that contradicts its own past this often begins anew. */
const MAX_CONTRADICTIONS = 3;

/** How much quieter the oscillator must be than the samples for longer intervals, and the opposite. */
const QUIET = 0.5;
const RESTLESS = 0.75;
const QUIET_SAMPLES = 3;
const RESTLESS_SAMPLES = 2;

export interface PollLimits {
  /** The least and the greatest interval, as powers of two of seconds. */
  readonly minPoll: number;
  readonly maxPoll: number;
}

export class Upstream {
  readonly filter: UpstreamFilter = new UpstreamFilter();
  readonly limits: PollLimits;
  readonly #random: () => number;
  /** When it is to be asked; infinite once it has refused. */
  dueAt: number;
  #sentAt = -Infinity;
  /** Whether the last eight requests were answered, the last one in the lowest bit. */
  reach = 0;
  /** Replies since the start, or since the base clock jumped. */
  replies = 0;
  last: UpstreamReply | undefined;
  isRefused = false;
  /** Whether there is no server to ask: the name has no further address. */
  isVacant = false;
  /** How often in a row it has contradicted the estimate of it. */
  contradictions = 0;
  #startWaits = 0;
  #losses = 0;
  /** The interval as a power of two of seconds. */
  poll: number;
  #slower = 0;
  #quiet = 0;
  #restless = 0;

  /** @param random Draws a number from 0 to below 1 */
  constructor(limits: PollLimits, random: () => number, dueAt: number) {
    this.limits = limits;
    this.#random = random;
    this.poll = limits.minPoll;
    this.dueAt = dueAt;
  }

  /** Whether it has answered one of its last eight requests. */
  get isReachable(): boolean {
    return this.reach !== 0 && !this.isRefused;
  }

  /** Whether it answers, and has a time to follow as far as its last reply shows. */
  get isUsable(): boolean {
    const { last } = this;
    return this.isReachable && last !== undefined && last.leap !== 3 && last.stratum >= 1 &&
      last.stratum <= 14;
  }

  /** What it counts as at a moment; undefined if it cannot count. */
  candidate(at: number): Candidate | undefined {
    const { last, filter } = this;
    if (last === undefined || !this.isUsable || this.contradictions > 0) return undefined;
    const estimate = filter.estimate(at);
    return estimate && { estimate, samples: filter.samples, stratum: last.stratum };
  }

  sent(at: number): void {
    this.#sentAt = at;
    this.isVacant = false;
    this.reach = this.reach << 1 & (1 << SILENT_POLLS) - 1;
    this.dueAt = Infinity;
  }

  /** Takes a reply, and plans the next request; returns whether it contradicts what was known. */
  replied(reply: UpstreamReply, at: number): boolean {
    this.reach |= 1;
    this.#losses = 0;
    const isContradiction = this.#contradicts(reply);
    if (isContradiction && ++this.contradictions >= MAX_CONTRADICTIONS) this.filter.forgetOffsets();
    if (!isContradiction || this.contradictions >= MAX_CONTRADICTIONS) {
      this.contradictions = 0;
      this.replies++;
      this.last = reply;
      this.filter.add(reply);
      this.#adaptPoll();
    }
    this.#plan(this.#nextWait(), at);
    return isContradiction;
  }

  /** Takes a reply without a time, as of a server that is not synchronised. */
  unusable(at: number): void {
    this.lost(at);
    this.reach |= 1;
    if (this.last !== undefined) this.last = { ...this.last, leap: 3 };
  }

  lost(at: number): void {
    this.#losses++;
    const exponent = Math.min(this.#losses, MAX_RETRY_EXPONENT);
    const isOver = this.#losses > MAX_RETRY_EXPONENT;
    this.#plan(isOver ? this.#interval : Math.min(2 ** exponent, this.#interval), at);
  }

  /** Asks it less often for good: it sent a kiss-o'-death RATE (RFC 5905 §7.4). */
  slowDown(at: number): void {
    this.#slower++;
    this.#startWaits = START_WAITS.length;
    this.#plan(this.#interval, at);
  }

  refused(): void {
    this.isRefused = true;
    this.dueAt = Infinity;
  }

  /** Asks it as soon as may be: two seconds after its last request. */
  hurry(at: number): void {
    if (!this.isRefused && this.dueAt !== Infinity) {
      this.dueAt = Math.min(this.dueAt, Math.max(at, this.#sentAt + this.#leastWait));
    }
  }

  /** Begins anew, knowing no more than its frequency: the base clock jumped. */
  restart(at: number): void {
    this.filter.forgetOffsets();
    this.replies = 0;
    this.contradictions = 0;
    this.poll = this.limits.minPoll;
    if (this.#slower === 0) this.#startWaits = 0;
    this.hurry(at);
  }

  #contradicts({ at, offset, delay, dispersion }: Sample): boolean {
    const known = this.filter.estimate(at);
    if (known === undefined) return false;
    const limit = delay / 2 + dispersion + CONTRADICTION_DEVIATIONS * known.offsetDeviation +
      CONTRADICTION_SECONDS;
    return Math.abs(offset - known.offset) > limit;
  }

  /** The interval between requests as a power of two of seconds, with what RATE has added. */
  get intervalExponent(): number {
    return this.poll + this.#slower;
  }

  get #interval(): number {
    return 2 ** this.intervalExponent;
  }

  get #leastWait(): number {
    return Math.min(LEAST_WAIT, 2 ** this.limits.minPoll);
  }

  #nextWait(): number {
    return Math.min(START_WAITS[this.#startWaits++] ?? Infinity, this.#interval);
  }

  /** Plans the next request, in seconds after the last one. */
  #plan(wait: number, at: number): void {
    if (this.isRefused) return;
    const spread = 1 + SPREAD * (2 * this.#random() - 1);
    this.dueAt = Math.max(this.#sentAt + Math.max(wait * spread, this.#leastWait), at);
  }

  #adaptPoll(): void {
    if (this.#startWaits < START_WAITS.length) return;
    const deviation = this.filter.sampleDeviation;
    if (deviation === undefined) return;
    const { minPoll, maxPoll } = this.limits;
    const seconds = 2 ** this.poll;
    const isQuiet = this.filter.wanderWithin(2 * seconds) < QUIET * deviation;
    const isRestless = this.filter.wanderWithin(seconds) > RESTLESS * deviation;
    this.#quiet = isQuiet ? this.#quiet + 1 : 0;
    this.#restless = isRestless ? this.#restless + 1 : 0;
    if (this.#quiet >= QUIET_SAMPLES && this.poll < maxPoll) this.#changePoll(1);
    else if (this.#restless >= RESTLESS_SAMPLES && this.poll > minPoll) this.#changePoll(-1);
  }

  #changePoll(by: number): void {
    this.poll += by;
    this.#quiet = 0;
    this.#restless = 0;
  }
}
