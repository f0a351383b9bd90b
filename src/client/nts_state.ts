/** NTS as a server serves it: what its control interface and its status page show. */

/**
 * How a key exchange ended.
 *
 * - `answered`: the client got cookies
 * - `nothing_in_common`: the client offers no NTPv4, or no AES-SIV-CMAC-256
 * - `bad_request`: the client sent records that are no request
 * - `failed`: TLS failed, the client spoke another protocol, or it closed the connection
 * - `timed_out`: the client took longer than five seconds
 * - `denied`: the address of the client is not allowed
 * - `rate_limited`: the client came too often
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

/** How a key exchange ended: one of {@linkcode keyExchangeOutcomes}. */
export type KeyExchangeOutcome = (typeof keyExchangeOutcomes)[number];

/** The number of key exchanges by outcome. */
export type KeyExchangeCounts = Readonly<Record<KeyExchangeOutcome, number>>;

/** NTS as a server serves it. */
export interface NtsState {
  /** The TCP addresses of the key exchange. */
  readonly addresses: readonly string[];
  /** The connections of key exchanges that are open now. */
  readonly connections: number;
  /** The key exchanges since the start, by outcome. */
  readonly keyExchanges: KeyExchangeCounts;
  /** When the newest key of cookies was made: ISO 8601 in UTC, by the clock of the server's machine. */
  readonly newestKey: string;
  /** When the certificate ends: ISO 8601 in UTC. */
  readonly certificateEnd: string;
}
