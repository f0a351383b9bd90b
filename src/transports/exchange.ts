import type { UnixTime } from "../clock/clock.ts";
import type { ClockStatus } from "../clock/status.ts";
import type { Answer, ServedExchange } from "../protocols/responder.ts";
import type { IpWords } from "../text/ip_words.ts";

/** Who sent a datagram; the object is used again for the next one. */
export interface Source {
  readonly transport: "udp";
  /** The address as text, an IPv6 link-local one with its zone. */
  readonly hostname: string;
  readonly port: number;
  /** Writes the address as numbers. */
  readAddress(words: IpWords): void;
}

/** Special delivery: extra copies, another port (`datagram` only). */
export interface Delivery {
  /** How many extra copies of the reply leave. */
  readonly copies: number;
  /** Whether it leaves from another port of the address than the request was sent to. */
  readonly isFromOtherPort: boolean;
  /** Called when it has left. */
  left(): void;
}

/** One datagram on its way through the server, with room for its reply. */
export interface Exchange extends ServedExchange {
  request: Uint8Array;
  reply: Uint8Array;
  readonly source: Source;
  /** When it came: written by the transport where the kernel says, and by the handler elsewhere. */
  readonly arrival: UnixTime;
  /** Written by the handler, together with the served time of the arrival. */
  status: ClockStatus;
  /** Set by a handler for this one reply. */
  delivery?: Delivery | undefined;
}

/** What can fail with a datagram, and is survived. */
export type Operation = "receive" | "respond" | "send";

/** What a transport does with the datagrams it moves. */
export interface DatagramHandler {
  /** Begins a batch: all of its replies go by one reading of the served page. */
  begin(): void;
  /**
   * Answers one datagram: the length written to `exchange.reply`, or a refusal.
   * The exchange is the handler's until the returned promise settles.
   */
  handle(exchange: Exchange): Answer | Promise<Answer>;
  /**
   * Finishes the replies that are about to leave together, as the last thing before they do.
   *
   * @param batch Their exchanges, in the order in which they leave
   * @param count How many of the batch leave
   * @param leadNs How much later each one leaves than the one before it, at the least
   */
  finish(batch: readonly Exchange[], count: number, leadNs: number): void;
  /** Reports a failure that has been counted and survived. */
  failed(operation: Operation, error: unknown): void;
}
