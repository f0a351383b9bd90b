/** Who asked a server lately. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Protocol } from "../../protocols/registry.ts";

/** One of those who asked. */
export interface RecentClient {
  /** Its IP address. */
  readonly address: string;
  /** The port it asked from last. */
  readonly port: number;
  /** How often it was seen to ask, since it is on the list. */
  readonly requests: number;
  /** When it was seen last, by this machine's clock, in milliseconds since 1970. */
  readonly lastSeenMs: number;
  /** The protocol of the listener that it asked last. */
  readonly protocol: Protocol;
}

/** How many are remembered. */
const CAPACITY = 256;

/** The latest of those who asked and were answered; who has not asked for longest makes room. */
export class RecentClients {
  /** In the order in which they asked last. */
  readonly #clients = new Map<string, RecentClient>();
  readonly #nowMs: () => number;
  /** How many requests it has not heard of. */
  untold = 0;

  /** @param nowMs This machine's clock, in milliseconds since 1970 */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** Hears of a request. */
  request(
    { protocol }: Endpoint,
    { hostname, port }: { readonly hostname: string; readonly port: number },
  ): void {
    const requests = (this.#clients.get(hostname)?.requests ?? 0) + 1;
    this.#clients.delete(hostname);
    if (this.#clients.size >= CAPACITY) {
      const [oldest] = this.#clients.keys();
      if (oldest !== undefined) this.#clients.delete(oldest);
    }
    const lastSeenMs = this.#nowMs();
    this.#clients.set(hostname, { address: hostname, port, requests, lastSeenMs, protocol });
  }

  /** Those who asked, the latest first. */
  list(): RecentClient[] {
    return [...this.#clients.values()].reverse();
  }
}
