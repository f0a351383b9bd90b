/** When a fault happens: by the count of requests, by time, by client and by chance. */
import type { IpWords } from "../../text/ip_words.ts";
import { type AccessTable, mayAsk } from "../guard/access.ts";
import { keyedHash } from "../../system/keyed_hash.ts";

/** Draws a number from 0 to below 1. */
export type Random = () => number;

/**
 * The random numbers of one rule. Those of its n-th request are a hash of the seed, the rule's name
 * and n: so they depend on no other rule, and not on when a request that waited goes on.
 */
export class Draws {
  readonly #key: readonly [number, number];

  /**
   * @param seed A whole number, 0 to 2^32 - 1
   * @param name Tells the rule from others of the same seed
   */
  constructor(seed: number, name: string) {
    let hash = 0;
    for (let i = 0; i < name.length; i++) hash = keyedHash([seed, hash], i, name.charCodeAt(i));
    this.#key = [seed, hash];
  }

  /** The numbers of the n-th request. */
  of(n: number): Random {
    let index = 0;
    return () => keyedHash(this.#key, n, index++) / 2 ** 32;
  }
}

/** A whole number below a bound. */
export function below(bound: number, random: Random): number {
  return Math.floor(random() * bound);
}

/** A schedule as it was read. */
export interface When {
  readonly probability: number;
  readonly after: number;
  readonly every: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Whose requests it is about; everybody's without it. */
  readonly clients: AccessTable | undefined;
}

/** The schedule of one rule on its way through the requests. */
export class Schedule {
  readonly #when: When;
  readonly #draws: Draws;
  #count = 0;

  constructor(when: When, draws: Draws) {
    this.#when = when;
    this.#draws = draws;
  }

  /**
   * Counts a request in, and decides whether the fault happens to it.
   *
   * @param client Who asks
   * @param elapsedMs Since the faults were set
   * @returns The random numbers for what happens; undefined if nothing does
   */
  next(client: IpWords, elapsedMs: number): Random | undefined {
    const { probability, after, every, fromMs, toMs, clients } = this.#when;
    if (clients !== undefined && !mayAsk(clients, client)) return undefined;
    const n = ++this.#count;
    if (n <= after || (n - after) % every !== 0) return undefined;
    if (elapsedMs < fromMs || elapsedMs >= toMs) return undefined;
    const random = this.#draws.of(n);
    return random() < probability ? random : undefined;
  }
}
