import type { UnixTime } from "../clock/clock.ts";
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

/** How an answer leaves that does not simply leave; the transport `datagram` alone heeds it. */
export interface Delivery {
  /** How many copies of it leave besides. */
  readonly copies: number;
  /** Whether it leaves from another port of the same address than was asked. */
  readonly isFromOtherPort: boolean;
  /** Hears that it has left. */
  left(): void;
}

/** One datagram on its way through the server, with room for its answer. */
export interface Exchange {
  /** The octets that came. */
  request: Uint8Array;
  /** Who sent them. */
  readonly source: Source;
  /** When they came: the kernel's word where the transport has it, and else the handler's to write. */
  readonly arrival: UnixTime;
  /** Where the answer goes. */
  reply: Uint8Array;
  /** Set by a handler for this one answer. */
  delivery?: Delivery | undefined;
}

/** What of a datagram can fail, and is survived. */
export type Operation = "receive" | "respond" | "send";

/** What a transport does with the datagrams it moves. */
export interface DatagramHandler {
  /**
   * Answers one datagram: the length written to `exchange.reply`, or a refusal.
   * The exchange is the handler's until the returned promise settles.
   */
  handle(exchange: Exchange): number | Promise<number>;
  /** Hears of a failure that has been counted and survived. */
  failed(operation: Operation, error: unknown): void;
}
