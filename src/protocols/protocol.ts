/** The client side of a protocol: what a try sends, and what comes back. */

/** What one try sends, and how it knows its answer. */
export interface Request {
  /** The octets to send. */
  readonly octets: Uint8Array;
  /** Why a datagram from the peer is no answer to this request and the wait goes on; in words. */
  rejection?(octets: Uint8Array): string | undefined;
}

/** A reply as it came, and how long it took. */
export interface RawReply {
  /** The octets of the request it answers. */
  readonly request: Uint8Array;
  /** The octets of the reply. */
  readonly octets: Uint8Array;
  /** Who answered. */
  readonly from: Deno.NetAddr;
  /** When the request left, by this machine's clock. */
  readonly sentAt: Temporal.Instant;
  /** When the reply came: `sentAt` and the round trip, whatever happened to the clock meanwhile. */
  readonly receivedAt: Temporal.Instant;
  /** From the request's departure to the reply's arrival. */
  readonly roundTrip: Temporal.Duration;
}

/** Options for reading a reply. */
export interface ReadOptions {
  /** The precision of the client's clock, as a power of two of seconds; without it, that of this machine. */
  readonly localPrecision?: number;
  /**
   * Whether `sentAt` and `receivedAt` are known.
   *
   * @default {true}
   */
  readonly isTimed?: boolean;
}
