import { keyedHash } from "../../system/keyed_hash.ts";

/** A number from 0 to below 1, another one each time. */
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
