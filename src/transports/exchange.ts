import type { UnixTime } from "../clocks/clock.ts";

/** One datagram on its way through the server, with room for its answer. */
export interface Exchange {
  /** The octets that came. */
  request: Uint8Array;
  /** Who sent them; the object is used again for the next datagram. */
  readonly source: { readonly transport: "udp"; hostname: string; port: number };
  /** When they came: the kernel's word where the transport has it, and else the handler's to write. */
  readonly arrival: UnixTime;
  /** Where the answer goes. */
  reply: Uint8Array;
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
