import type { ClientState } from "../../client/control_api.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";

const CAPACITY = 256;

/** The clients of the latest replies; the least recent one makes room for another. */
export class RecentClients {
  /** In the order of their last requests. */
  readonly #clients = new Map<
    string,
    Omit<ClientState, "lastSeen"> & { readonly lastSeenMs: number }
  >();
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
  list(): ClientState[] {
    return Array.from(this.#clients.values(), ({ lastSeenMs, ...client }) => ({
      ...client,
      lastSeen: new Date(lastSeenMs).toISOString(),
    })).reverse();
  }
}
