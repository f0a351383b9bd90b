/** How many key exchanges ended in which way: numbers that the thread of the key exchange writes, and all read. */

/**
 * How a key exchange of NTS ends.
 *
 * - `answered`: the client got cookies
 * - `nothing_in_common`: it offers no NTPv4, or no AES-SIV-CMAC-256
 * - `bad_request`: it sent records that are no request
 * - `failed`: TLS failed, it spoke another protocol, or it closed the connection
 * - `timed_out`: it took longer than five seconds
 * - `denied`: its address is not allowed
 * - `rate_limited`: it came too often
 * - `overload`: too many connections were open, of all clients or of this one
 */
export const keyExchangeOutcomes = [
  "answered",
  "nothing_in_common",
  "bad_request",
  "failed",
  "timed_out",
  "denied",
  "rate_limited",
  "overload",
] as const;

/** One of {@linkcode keyExchangeOutcomes}. */
export type KeyExchangeOutcome = (typeof keyExchangeOutcomes)[number];

/** What a running server reports of NTS. */
export interface NtsReport {
  /** The TCP addresses of the key exchange. */
  readonly addresses: readonly string[];
  /** The key exchanges since the start, by outcome. */
  readonly keyExchanges: Readonly<Record<KeyExchangeOutcome, number>>;
  /** When the certificate ends. */
  readonly certificateEnd: Temporal.Instant;
}

export class OutcomeCounters {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Float64Array;

  /** Opens new counters, or those of another thread. Only one may count. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(8 * keyExchangeOutcomes.length);
    this.#numbers = new Float64Array(this.memory);
  }

  count(outcome: KeyExchangeOutcome): void {
    const i = keyExchangeOutcomes.indexOf(outcome);
    this.#numbers[i] = (this.#numbers[i] as number) + 1;
  }

  read(): NtsReport["keyExchanges"] {
    const entries = keyExchangeOutcomes.map((outcome, i) => [outcome, this.#numbers[i]]);
    return Object.fromEntries(entries) as Readonly<Record<KeyExchangeOutcome, number>>;
  }
}
