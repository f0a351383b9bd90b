/** When a fault is triggered: by the count of requests, by time, by client and at random. */
import type { IpWords } from "../../text/ip_words.ts";
import { type AccessTable, isAllowed } from "../guard/access.ts";
import { keyedHash } from "../../system/keyed_hash.ts";

/** Draws a number from 0 to below 1. */
export type Random = () => number;

/** Draws the random numbers of a rule's n-th request. */
export type Draws = (n: number) => Random;

/**
 * Makes the random numbers of one rule. Those of its n-th request are a hash of the seed, the rule's name
 * and n: they depend neither on other rules nor on when a delayed request continues.
 *
 * @param name Different for each rule of a seed
 */
export function makeDraws(seed: number, name: string): Draws {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = keyedHash([seed, hash], i, name.charCodeAt(i));
  const key = [seed, hash] as const;
  return (n) => {
    let index = 0;
    return () => keyedHash(key, n, index++) / 2 ** 32;
  };
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

/**
 * Counts a request, and returns the random numbers of the fault if it is triggered; `elapsedMs` is the
 * time since the faults were set.
 */
export type Schedule = (client: IpWords, elapsedMs: number) => Random | undefined;

export function makeSchedule(when: When, draws: Draws): Schedule {
  const { probability, after, every, fromMs, toMs, clients } = when;
  let n = 0;
  return (client, elapsedMs) => {
    if (clients !== undefined && !isAllowed(clients, client)) return undefined;
    n++;
    if (n <= after || (n - after) % every !== 0) return undefined;
    if (elapsedMs < fromMs || elapsedMs >= toMs) return undefined;
    const random = draws(n);
    return random() < probability ? random : undefined;
  };
}
