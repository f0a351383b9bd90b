/** When a fault happens: by the count of requests, by time, by client and by chance. */
import type { IpWords } from "../../text/ip_words.ts";
import { type AccessTable, mayAsk } from "../guard/access.ts";
import type { Draws, Random } from "./draws.ts";

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
