/**
 * Upstream servers, the ways to them and an oscillator, simulated for hours within milliseconds; the same seed gives
 * the same world.
 *
 * @module
 */

import { Discipline, type DisciplineState } from "../../../src/discipline/discipline.ts";

/** Numbers from 0 to below 1, the same for the same seed: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return (): number => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Draws from random numbers. */
export class Draws {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** From a normal distribution (Box and Muller). */
  normal(deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
    return deviation * radius * Math.cos(2 * Math.PI * this.random());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.random());
  }

  /** From a log-normal distribution: its median, and the deviation of the logarithm. */
  logNormal(median: number, deviation: number): number {
    return median * Math.exp(this.normal(deviation));
  }

  /** From a Pareto distribution without its least value: rarely very long. */
  pareto(scale: number, shape: number): number {
    return scale * ((1 - this.random()) ** (-1 / shape) - 1);
  }
}

/** One way of an exchange: seconds that a datagram needs. */
export type Way = (draws: Draws, at: number) => number;

export interface SimulatedUpstream {
  readonly up: Way;
  readonly down: Way;
  /** Its clock minus the truth, in seconds, with what it says about itself. */
  readonly error?: (at: number) => number;
  readonly stratum?: number;
  readonly rootDelay?: number;
  readonly rootDispersion?: number;
  /** The share of requests that are lost. */
  readonly loss?: number;
  readonly isUp?: (at: number) => boolean;
  /** The code of a kiss-o'-death that it sends in place of a reply. */
  readonly kiss?: (at: number) => "RATE" | "DENY" | undefined;
  /** Whether it forgets the leap second. */
  readonly ignoresLeap?: boolean;
}

/** How an oscillator runs: seconds per second, and per root of a second. */
export interface Oscillator {
  readonly frequency: number;
  /** The random walk of the frequency. */
  readonly wander: number;
  /** A cycle of temperature: how much, and how long. */
  readonly swing?: number;
  readonly swingSeconds?: number;
}

export interface WorldOptions {
  readonly upstreams: readonly SimulatedUpstream[];
  readonly oscillator: Oscillator;
  readonly hours: number;
  readonly minPoll?: number;
  readonly maxPoll?: number;
  /** When a second is inserted. */
  readonly leapAt?: number;
  /** Moments at which the base clock stood still for some seconds, and whether that is known. */
  readonly stops?: readonly {
    readonly at: number;
    readonly seconds: number;
    readonly isKnown: boolean;
  }[];
}

/** What became of one world. */
export interface Outcome {
  /** From the second hour on, in seconds: of the error, and the median of the root distance. */
  readonly rms: number;
  readonly most: number;
  readonly distance: number;
  /** The greatest share of the distance that an error had, at any time. */
  readonly mostShare: number;
  readonly requestsPerHour: number;
  readonly requestsInFirstHour: number;
  /** Seconds until the time was first synchronised, and its distance then. */
  readonly firstAt: number;
  readonly firstDistance: number;
  /** The least time between two requests to one upstream. */
  readonly leastWait: number;
  /** How far the served time ever went back while synchronised. */
  readonly backwards: number;
  readonly unsynchronizedSeconds: number;
  readonly states: readonly [at: number, state: DisciplineState][];
}

/** How often the served time is compared with the truth, in seconds. */
const LOOK_SECONDS = 10;

const OSCILLATOR_STEP_SECONDS = 5;

const TIMEOUT_SECONDS = 1;

const STAMP_SECONDS = 0.1e-6;

/** Simulates a world. */
export function simulate(options: WorldOptions, seed: number): Outcome {
  return new World(options, seed).run();
}

class World {
  readonly #options: WorldOptions;
  readonly #draws: Draws;
  readonly #discipline: Discipline;
  /** The base clock, and the truth minus it. */
  #now = 0;
  #truth: number;
  #frequency: number;
  #leaptAt = Infinity;
  readonly #ends: number;
  /** What is on its way: datagrams, and losses that are noticed. */
  readonly #events: { readonly at: number; readonly happen: () => void }[] = [];

  constructor(options: WorldOptions, seed: number) {
    this.#options = options;
    this.#draws = new Draws(seed);
    this.#truth = this.#draws.normal(1);
    this.#frequency = options.oscillator.frequency;
    this.#ends = options.hours * 3600;
    const { minPoll = 6, maxPoll = 10 } = options;
    this.#discipline = new Discipline(0, { random: this.#draws.random, maxDistance: 1 });
    for (const _ of options.upstreams) this.#discipline.add(0, { minPoll, maxPoll });
  }

  run(): Outcome {
    const discipline = this.#discipline;
    const stops = [...this.#options.stops ?? []];
    let leapAt = this.#options.leapAt ?? Infinity;
    const lastRequest: number[] = [];
    const states: [number, DisciplineState][] = [];
    const distances: number[] = [];
    let [sum, most, mostShare, backwards, unsynchronized] = [0, 0, 0, 0, 0];
    let [requests, firstHour, leastWait, firstAt, firstDistance] = [0, 0, Infinity, NaN, NaN];
    let nextLook = LOOK_SECONDS;
    let before: { at: number; offset: number } | undefined;
    while (this.#now < this.#ends) {
      const { index, at } = discipline.next;
      const stop = stops[0]?.at ?? Infinity;
      const event = this.#events[0]?.at ?? Infinity;
      const next = Math.min(at, event, nextLook, stop, leapAt, this.#ends);
      this.#passUntil(next);
      if (stop === next) {
        const { seconds, isKnown } = stops.shift() as { seconds: number; isKnown: boolean };
        this.#truth += seconds;
        if (isKnown) discipline.jumped(next);
        continue;
      }
      if (leapAt === next) {
        leapAt = Infinity;
        before = undefined;
        this.#truth--;
        this.#leaptAt = next;
        discipline.leap(-1);
        continue;
      }
      if (at === next) {
        requests++;
        if (next < 3600) firstHour++;
        leastWait = Math.min(leastWait, next - (lastRequest[index] ?? -Infinity));
        lastRequest[index] = next;
        this.#exchange(index);
      } else if (event === next) {
        this.#events.shift()?.happen();
      } else {
        nextLook += LOOK_SECONDS;
        discipline.advance(next);
      }
      const isLook = next !== at && next !== event;
      const { state } = discipline;
      if (state !== states.at(-1)?.[1]) states.push([this.#now, state]);
      if (state === "unsynchronized") {
        before = undefined;
        if (isLook) unsynchronized += LOOK_SECONDS;
        continue;
      }
      const offset = discipline.offset(this.#now);
      const error = Math.abs(offset - this.#truth);
      const distance = discipline.distance(this.#now);
      if (Number.isNaN(firstAt)) [firstAt, firstDistance] = [this.#now, distance];
      mostShare = Math.max(mostShare, error / distance);
      if (before !== undefined) {
        backwards = Math.max(backwards, before.at + before.offset - this.#now - offset);
      }
      before = { at: this.#now, offset };
      if (this.#now < 3600 || !isLook) continue;
      sum += error ** 2;
      most = Math.max(most, error);
      distances.push(distance);
    }
    return {
      rms: Math.sqrt(sum / distances.length),
      most,
      distance: distances.toSorted((a, b) => a - b)[distances.length >> 1] ?? NaN,
      mostShare,
      requestsPerHour: (requests - firstHour) / (this.#options.hours - 1) /
        this.#options.upstreams.length,
      requestsInFirstHour: firstHour / this.#options.upstreams.length,
      firstAt,
      firstDistance,
      leastWait,
      backwards,
      unsynchronizedSeconds: unsynchronized,
      states,
    };
  }

  #passUntil(at: number): void {
    const { wander, swing = 0, swingSeconds = 86_400 } = this.#options.oscillator;
    while (this.#now < at) {
      const seconds = Math.min(at - this.#now, OSCILLATOR_STEP_SECONDS);
      const cycle = swing * Math.sin(2 * Math.PI * this.#now / swingSeconds);
      this.#truth += (this.#frequency + cycle) * seconds;
      this.#frequency += this.#draws.normal(wander * Math.sqrt(seconds));
      this.#now += seconds;
    }
    this.#now = at;
  }

  #exchange(index: number): void {
    const upstream = this.#options.upstreams[index] as SimulatedUpstream;
    const { error = () => 0, loss = 0, stratum = 1, isUp = () => true } = upstream;
    const discipline = this.#discipline;
    const sentAt = this.#now;
    discipline.sent(index, sentAt);
    const isLost = this.#draws.random() < loss || !isUp(sentAt);
    const [up, down] = [upstream.up(this.#draws, sentAt), upstream.down(this.#draws, sentAt)];
    if (isLost) {
      this.#later(TIMEOUT_SECONDS, () => discipline.lost(index, this.#now));
      return;
    }
    this.#later(up, () => {
      const missed = upstream.ignoresLeap === true && this.#now > this.#leaptAt ? 1 : 0;
      const offset = this.#truth + missed + error(this.#now) + this.#draws.normal(STAMP_SECONDS);
      this.#later(down, () => {
        const receivedAt = this.#now;
        const code = upstream.kiss?.(sentAt);
        if (code !== undefined) return discipline.kissed(index, code, receivedAt);
        const delay = receivedAt - sentAt;
        if (sentAt < this.#leaptAt && receivedAt >= this.#leaptAt) {
          discipline.lost(index, receivedAt);
          return;
        }
        discipline.replied(index, {
          at: (sentAt + receivedAt) / 2,
          // The server's time at its arrival, against the middle of the exchange.
          offset: offset + (up - down) / 2,
          delay,
          dispersion: 1e-6 + 15e-6 * delay,
          rootDelay: upstream.rootDelay ?? 0,
          rootDispersion: upstream.rootDispersion ?? 0.1e-3,
          leap: 0,
          stratum,
          id: index + 1,
        }, receivedAt);
      });
    });
  }

  #later(seconds: number, happen: () => void): void {
    this.#events.push({ at: this.#now + seconds, happen });
    this.#events.sort((a, b) => a.at - b.at);
  }
}
