/** When a fault is triggered: by the count of requests, by time, by client and by chance. */
import type { IpWords } from "../../text/ip_words.ts";
import { type AccessTable, isAllowed } from "../guard/access.ts";
import { keyedHash } from "../../system/keyed_hash.ts";

/** Draws a number from 0 to below 1. */
export type Random = () => number;

/**
 * The random numbers of one rule. Those of its n-th request are a hash of the seed, the rule's name
 * and n: they depend neither on other rules nor on when a delayed request goes on.
 */
export class Draws {
  readonly #key: readonly [number, number];

  /** @param name Different for each rule of a seed */
  constructor(seed: number, name: string) {
    let hash = 0;
    for (let i = 0; i < name.length; i++) hash = keyedHash([seed, hash], i, name.charCodeAt(i));
    this.#key = [seed, hash];
  }

  of(n: number): Random {
    let index = 0;
    return () => keyedHash(this.#key, n, index++) / 2 ** 32;
  }
}

export function below(bound: number, random: Random): number {
  return Math.floor(random() * bound);
}

export interface When {
  readonly probability: number;
  readonly after: number;
  readonly every: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** The clients whose requests count; all if undefined. */
  readonly clients: AccessTable | undefined;
}

export class Schedule {
  readonly #when: When;
  readonly #draws: Draws;
  #count = 0;

  constructor(when: When, draws: Draws) {
    this.#when = when;
    this.#draws = draws;
  }

  /**
   * Counts a request, and returns the random numbers of the fault if it is triggered.
   *
   * @param elapsedMs Time since the faults were set
   */
  next(client: IpWords, elapsedMs: number): Random | undefined {
    const { probability, after, every, fromMs, toMs, clients } = this.#when;
    if (clients !== undefined && !isAllowed(clients, client)) return undefined;
    const n = ++this.#count;
    if (n <= after || (n - after) % every !== 0) return undefined;
    if (elapsedMs < fromMs || elapsedMs >= toMs) return undefined;
    const random = this.#draws.of(n);
    return random() < probability ? random : undefined;
  }
}
