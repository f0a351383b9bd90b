/** The faults of key exchanges, for tests of clients. */
import { Faults } from "../faults/faults.ts";
import type { NtsKeFlaw } from "../faults/options.ts";
import { parseIpWords } from "../../text/ip_words.ts";
import type { KeyExchangeFaultPlan } from "./setup.ts";

/** Those of each listener. */
export class KeyExchangeFaults {
  #faults: readonly (Faults | undefined)[] = [];

  /** Replaces them all. */
  set(plans: readonly (KeyExchangeFaultPlan | undefined)[]): void {
    for (const faults of this.#faults) faults?.[Symbol.dispose]();
    this.#faults = plans.map((plan) => plan && new Faults(plan.faults, plan.seed));
  }

  /** Draws that of the next connection from an address to a listener. */
  next(listener: number, hostname: string): NtsKeFlaw | undefined {
    const readAddress = (words: Uint32Array): boolean => parseIpWords(hostname, words);
    const triggered = this.#faults[listener]?.next({ readAddress }) ?? [];
    return triggered.at(-1)?.rule.effect.keyExchange;
  }
}
