/** The recent clients of a server. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Protocol } from "../../protocols/registry.ts";

export interface RecentClient {
  readonly address: string;
  /** The port of its last request. */
  readonly port: number;
  /** Its requests since it was added to the list. */
  readonly requests: number;
  /** The time of its last request by this machine's clock, in milliseconds since 1970. */
  readonly lastSeenMs: number;
  readonly protocol: Protocol;
}

const CAPACITY = 256;

/** The clients of the latest replies; the least recent one makes room for another. */
export class RecentClients {
  /** In the order of their last requests. */
  readonly #clients = new Map<string, RecentClient>();
  readonly #nowMs: () => number;
  /** Requests that exceeded the rate of the log, and were not recorded. */
  suppressed = 0;

  /** @param nowMs This machine's clock, in milliseconds since 1970 */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

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

  /** The clients, the latest first. */
  list(): RecentClient[] {
    return [...this.#clients.values()].reverse();
  }
}
