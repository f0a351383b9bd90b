/**
 * Follows upstream servers: from their replies it plans the next requests and the time to serve.
 *
 * It is pure: its times are seconds of the base clock since a common start, and nothing in it waits.
 */
import type { UpstreamState } from "../client/served_state.ts";
import { type Candidate, driftOf, type Role, select, type Selection } from "./selection.ts";
import { type PollLimits, Upstream, type UpstreamReply } from "./upstream.ts";

export interface DisciplineOptions {
  /** Draws a number from 0 to below 1. */
  readonly random: () => number;
  /** The root distance in seconds beyond which the time is no longer served as synchronised. */
  readonly maxDistance: number;
}

export type DisciplineState = "unsynchronized" | "synchronized" | "holdover";

/** The time to serve: the base clock plus an offset that moves along two lines. */
export interface Correction {
  /** From here the first line holds. */
  readonly from: number;
  /** The offset there, in seconds. */
  readonly offset: number;
  /** How fast the offset grows, in seconds per second: on the first line, and on the one that follows. */
  readonly rate: number;
  readonly nextFrom: number;
  readonly nextRate: number;
}

/** The status of the time served, while it is synchronised. */
export interface DisciplineStatus {
  readonly leap: number;
  readonly stratum: number;
  readonly referenceId: number;
  /** When the time was last updated, by the base clock. */
  readonly at: number;
  /** In seconds, at that moment. */
  readonly rootDelay: number;
  readonly rootDispersion: number;
  /** How fast the dispersion grows from there, in seconds per second. */
  readonly growth: number;
}

/** Requests at the start leave this far apart. */
const APART_SECONDS = 0.05;

/** After this time at the start, those count that have answered. */
const PATIENCE_SECONDS = 12;

/** Each must have answered twice: one odd sample must not decide. */
const MIN_REPLIES = 2;

/** A correction is made within this time, or more slowly if it would exceed the greatest rate. */
const SLEW_SECONDS = 8;
const MAX_SLEW_RATE = 500e-6;

/** A greater correction forward is a step; one backward needs a moment of no time at all. */
const STEP_SECONDS = 0.25;

const NO_CORRECTION: Correction = { from: 0, offset: 0, rate: 0, nextFrom: Infinity, nextRate: 0 };

export class Discipline {
  state: DisciplineState = "unsynchronized";
  correction: Correction = NO_CORRECTION;
  status: DisciplineStatus | undefined;
  /** How often it has stepped the served time, at the start too. */
  steps = 0;
  readonly upstreams: Upstream[] = [];
  readonly #options: DisciplineOptions;
  /** When it began, or the base clock jumped. */
  #startedAt: number;
  #roles = new Map<Upstream, Role>();
  #distances = new Map<Upstream, number>();

  /** Begins at a time, without an upstream. */
  constructor(at: number, options: DisciplineOptions) {
    this.#options = options;
    this.#startedAt = at;
  }

  /** Adds an upstream, which is asked soon; returns its index. */
  add(at: number, limits: PollLimits): number {
    const dueAt = at + this.upstreams.length * APART_SECONDS;
    return this.upstreams.push(new Upstream(limits, this.#options.random, dueAt)) - 1;
  }

  /** Forgets an upstream, whose place another one takes. */
  replace(index: number, at: number): void {
    const { limits } = this.#upstream(index);
    this.upstreams[index] = new Upstream(limits, this.#options.random, at);
  }

  /** The upstream to be asked next, and when; the time is infinite if there is none. */
  get next(): { readonly index: number; readonly at: number } {
    let [index, at] = [0, Infinity];
    this.upstreams.forEach(({ dueAt }, i) => {
      if (dueAt < at) [index, at] = [i, dueAt];
    });
    return { index, at };
  }

  sent(index: number, at: number): void {
    this.#upstream(index).sent(at);
  }

  replied(index: number, reply: UpstreamReply, at: number): void {
    const upstream = this.#upstream(index);
    const isContradiction = upstream.replied(reply, at);
    if (isContradiction && this.#hasJumped(upstream)) {
      this.jumped(at);
      return;
    }
    if (isContradiction) { for (const other of this.upstreams) other.hurry(at); }
    this.#update(at);
  }

  lost(index: number, at: number): void {
    this.#upstream(index).lost(at);
    this.advance(at);
  }

  /** Takes a reply without a time: the server is not synchronised, or admits a great error. */
  unusable(index: number, at: number): void {
    this.#upstream(index).unusable(at);
    this.advance(at);
  }

  /** Has an upstream not count: its name has no further address. */
  vacant(index: number, at: number): void {
    this.#upstream(index).isVacant = true;
    this.lost(index, at);
  }

  /** Takes a kiss-o'-death; codes other than these three ask for nothing (RFC 5905 §7.4). */
  kissed(index: number, code: string, at: number): void {
    const upstream = this.#upstream(index);
    if (code === "RATE") upstream.slowDown(at);
    else if (code === "DENY" || code === "RSTR") upstream.refused();
    else upstream.lost(at);
    this.advance(at);
  }

  /** Begins anew: the base clock stood still, or has been found wrong. */
  jumped(at: number): void {
    this.#become("unsynchronized", at);
    for (const upstream of this.upstreams) upstream.restart(at);
  }

  /** Takes a leap second that has just happened: true time jumped by a second against the base clock. */
  leap(seconds: number): void {
    for (const { filter } of this.upstreams) filter.shift(seconds);
    this.correction = { ...this.correction, offset: this.correction.offset + seconds };
    if (this.status !== undefined) this.status = { ...this.status, leap: 0 };
  }

  /** Looks at what changes by time alone: silence, and the distance. */
  advance(at: number): void {
    if (this.state === "unsynchronized") {
      this.#update(at);
      return;
    }
    const candidates = this.#candidates(at);
    if (select([...candidates.values()], at) === undefined) this.state = "holdover";
    if (this.distance(at) > this.#options.maxDistance) this.#become("unsynchronized", at);
  }

  /** The offset served at a time, in seconds. */
  offset(at: number): number {
    const { from, offset, rate, nextFrom, nextRate } = this.correction;
    const first = Math.min(at, nextFrom) - from;
    return offset + rate * first + nextRate * Math.max(at - nextFrom, 0);
  }

  /** The root distance of the time served: how far it may be off; infinite while unsynchronised. */
  distance(at: number): number {
    if (this.status === undefined) return Infinity;
    const { rootDelay, rootDispersion, growth, at: since } = this.status;
    return rootDelay / 2 + rootDispersion + growth * (at - since);
  }

  /** What an upstream is now, and its distance in seconds where it counts. */
  stateOf(index: number): { readonly state: UpstreamState; readonly distance: number | undefined } {
    const upstream = this.#upstream(index);
    const role = this.#roles.get(upstream);
    const distance = this.#distances.get(upstream);
    if (upstream.isRefused) return { state: "refused", distance: undefined };
    if (!upstream.isReachable) return { state: "silent", distance: undefined };
    // Without a majority nothing is chosen anew.
    if (role !== undefined && upstream.isUsable) return { state: role, distance };
    return {
      state: upstream.contradictions > 0 ? "falseticker" : "unsynchronized",
      distance: undefined,
    };
  }

  /**
   * Whether a contradiction means that the base clock jumped: more than half of those that answer say so, or
   * the only one says so twice.
   */
  #hasJumped(upstream: Upstream): boolean {
    const usable = this.upstreams.filter(({ isUsable }) => isUsable);
    if (usable.length === 1) return upstream.contradictions !== 1;
    const contradicting = usable.filter((each) => each.contradictions > 0);
    return contradicting.length * 2 > usable.length;
  }

  #candidates(at: number): Map<Upstream, Candidate> {
    const candidates = new Map<Upstream, Candidate>();
    for (const upstream of this.upstreams) {
      const candidate = upstream.candidate(at);
      if (candidate !== undefined) candidates.set(upstream, candidate);
    }
    return candidates;
  }

  #update(at: number): void {
    const candidates = this.#candidates(at);
    if (this.state === "unsynchronized" && !this.#mayBegin(candidates, at)) return;
    const followed = [...candidates.keys()];
    const before = followed.findIndex((each) => this.#roles.get(each) === "selected");
    const selection = select([...candidates.values()], at, before < 0 ? undefined : before);
    this.#roles = new Map();
    this.#distances = new Map();
    if (selection === undefined) {
      for (const upstream of candidates.keys()) this.#roles.set(upstream, "falseticker");
      if (this.state === "synchronized") this.state = "holdover";
      return;
    }
    this.#correct(selection, followed, at);
    followed.forEach((upstream, i) => {
      this.#roles.set(upstream, selection.roles[i] as Role);
      this.#distances.set(upstream, selection.distances[i] as number);
    });
  }

  /** Whether enough upstreams have answered often enough to begin with them. */
  #mayBegin(candidates: Map<Upstream, Candidate>, at: number): boolean {
    for (const upstream of candidates.keys()) {
      if (upstream.replies < MIN_REPLIES) candidates.delete(upstream);
    }
    const isPatient = at - this.#startedAt < PATIENCE_SECONDS;
    const asked = this.upstreams.filter(({ isRefused, isVacant, isUsable }) =>
      isPatient ? !isRefused && !isVacant : isUsable
    );
    return candidates.size > 0 && candidates.size * 2 > asked.length;
  }

  #correct(selection: Selection, upstreams: readonly Upstream[], at: number): void {
    const wanted = selection.offset;
    const isFirst = this.state === "unsynchronized";
    const left = isFirst ? 0 : wanted - this.offset(at);
    if (left < -STEP_SECONDS) {
      this.#become("unsynchronized", at);
      return;
    }
    const isStep = isFirst || left > STEP_SECONDS;
    if (isStep) this.steps++;
    const slew = isStep ? 0 : left;
    const status = statusOf(selection, upstreams, Math.abs(slew), at);
    if (status.rootDelay / 2 + status.rootDispersion > this.#options.maxDistance) {
      if (!isFirst) this.#become("unsynchronized", at);
      return;
    }
    const seconds = Math.max(SLEW_SECONDS, Math.abs(slew) / MAX_SLEW_RATE);
    this.correction = {
      from: at,
      offset: isStep ? wanted : this.offset(at),
      rate: selection.frequency + slew / seconds,
      nextFrom: at + seconds,
      nextRate: selection.frequency,
    };
    this.state = "synchronized";
    this.status = status;
  }

  #become(state: "unsynchronized", at: number): void {
    this.state = state;
    this.status = undefined;
    this.#startedAt = at;
    this.#roles.clear();
    this.#distances.clear();
  }

  #upstream(index: number): Upstream {
    return this.upstreams[index] as Upstream;
  }
}

function statusOf(
  { hull, offset, offsetDeviation, frequencyDeviation, best, bestSample, roles }: Selection,
  upstreams: readonly Upstream[],
  slew: number,
  at: number,
): DisciplineStatus {
  const bound = Math.max(hull.high - offset, offset - hull.low) + offsetDeviation + slew;
  const reply = (upstreams[best] as Upstream).last as UpstreamReply;
  const rootDelay = Math.min(bestSample.delay + bestSample.rootDelay, 2 * bound);
  const announced = upstreams.filter((_, i) => roles[i] !== "falseticker")
    .map(({ last }) => last?.leap ?? 0);
  const majority = (leap: number): boolean =>
    2 * announced.filter((each) => each === leap).length > announced.length;
  return {
    leap: [1, 2].find(majority) ?? 0,
    stratum: reply.stratum + 1,
    referenceId: reply.id,
    at,
    rootDelay,
    rootDispersion: Math.max(bound - rootDelay / 2, bestSample.rootDispersion),
    growth: driftOf(frequencyDeviation),
  };
}
