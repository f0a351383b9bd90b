import type { UnixTime } from "../clock/clock.ts";
import type { ClockStatus } from "../clock/status.ts";
import type { Answer, Refusal, ServedExchange } from "../protocols/responder.ts";
import type { IpWords } from "../text/ip_words.ts";

/** The sender of a datagram; the object is reused for the next one. */
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
  readonly copies: number;
  /** Whether it leaves from another port of the address than the request was sent to. */
  readonly isFromOtherPort: boolean;
  left(): void;
}

/** A datagram on its way through the server, with room for its reply. */
export interface Exchange extends ServedExchange {
  request: Uint8Array;
  reply: Uint8Array;
  readonly source: Source;
  /** When it arrived: written by the transport from the kernel's timestamp, or else by the handler. */
  readonly arrival: UnixTime;
  /** Written by the handler, together with the served time of the arrival. */
  status: ClockStatus;
  /** Set by a handler for this reply alone. */
  delivery?: Delivery | undefined;
}

export type Operation = "receive" | "respond" | "send";

export interface DatagramHandler {
  /** Begins a batch: all of its replies use one reading of the served page. */
  begin(): void;
  /**
   * Writes the reply to a datagram: its length in `exchange.reply`, or a refusal.
   * The exchange belongs to the handler until the returned promise settles.
   */
  handle(exchange: Exchange): Answer | Promise<Answer>;
  /** Finishes the replies of a batch from place `first` to before `end`, as the last thing before they leave. */
  finish(batch: readonly Exchange[], first: number, end: number): void;
  /** Notes a request that the transport itself has refused. */
  refused(exchange: Exchange, refusal: Refusal): void;
  failed(operation: Operation, error: unknown): void;
}
