/** What becomes of key exchanges, in numbers that the thread of the key exchange writes, and all read. */
import {
  type KeyExchangeCounts,
  type KeyExchangeOutcome,
  keyExchangeOutcomes,
} from "../../client/served_state.ts";

/** What a running server reports of NTS. */
export interface NtsReport {
  /** The TCP addresses of the key exchange. */
  readonly addresses: readonly string[];
  /** The connections of key exchanges that are open now. */
  readonly connections: number;
  /** The key exchanges since the start, by outcome. */
  readonly keyExchanges: KeyExchangeCounts;
  /** When the newest key of cookies was made, by this machine's clock. */
  readonly newestKey: Temporal.Instant;
  /** When the certificate ends. */
  readonly certificateEnd: Temporal.Instant;
}

/** The cell of the open connections, after those of the outcomes. */
const OPEN = keyExchangeOutcomes.length;

export class OutcomeCounters {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Float64Array;

  /** Opens new counters, or those of another thread. Only one may count. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(8 * (OPEN + 1));
    this.#numbers = new Float64Array(this.memory);
  }

  count(outcome: KeyExchangeOutcome): void {
    const i = keyExchangeOutcomes.indexOf(outcome);
    this.#numbers[i] = (this.#numbers[i] as number) + 1;
  }

  /** The connections that are open. */
  get connections(): number {
    return this.#numbers[OPEN] as number;
  }

  set connections(count: number) {
    this.#numbers[OPEN] = count;
  }

  read(): KeyExchangeCounts {
    const entries = keyExchangeOutcomes.map((outcome, i) => [outcome, this.#numbers[i]]);
    return Object.fromEntries(entries) as KeyExchangeCounts;
  }
}
