/** The addresses of upstream servers: looked up, each followed once, and given up for others. */
import type { Network } from "../../client/network.ts";
import { addressFamily } from "../../system/address.ts";
import type { Timers } from "../../system/time.ts";
import type { UpstreamSpec } from "./options.ts";

/** A name is looked up again after this many seconds at first, then after twice as long, up to a minute. */
const FIRST_RETRY_SECONDS = 2;
const MAX_RETRY_SECONDS = 64;

/** An address is replaced no more often than this, for the sake of the name's servers. */
const REPLACE_SECONDS = 300;

/** The names of the upstreams, whose addresses are given out one by one. */
export class UpstreamAddresses {
  readonly #network: Network;
  readonly #timers: Timers;
  /** Every address that was given out. */
  readonly #used = new Set<string>();
  readonly #retries = new Map<UpstreamSpec, { atMs: number; seconds: number }>();
  readonly #replacedAtMs = new Map<UpstreamSpec, number>();
  readonly #isOwn: (hostname: string, port: number) => boolean;
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();

  /** @param isOwn Whether an address is one that this server listens on */
  constructor(
    { network, isOwn, warn }: {
      readonly network: Network;
      readonly isOwn: (hostname: string, port: number) => boolean;
      readonly warn: (message: string) => void;
    },
  ) {
    this.#network = network;
    this.#timers = network.timers;
    this.#isOwn = isOwn;
    this.#warn = warn;
  }

  /**
   * Finds an address of a name that is followed nowhere yet.
   *
   * @returns Undefined if the name is not known yet, or has no further address
   * @throws {Deno.errors.NotCapable} If the permission to look it up is missing
   */
  async take(spec: UpstreamSpec): Promise<string | undefined> {
    const { hostname, port } = spec.endpoint;
    const nowMs = this.#timers.monotonicMs();
    const retry = this.#retries.get(spec);
    if (retry !== undefined && nowMs < retry.atMs) return undefined;
    let addresses: readonly string[] = [];
    try {
      addresses = await this.#network.resolve(hostname);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      this.#warnOnce(`${(error as Error).message}; it is looked up again and again`);
    }
    const address = addresses.find((each) => !this.#used.has(key(each, port)));
    if (address !== undefined && this.#isOwn(address, port)) {
      this.#used.add(key(address, port));
      this.#warnOnce(`${spec.url} is this server itself: it is not followed`);
      return undefined;
    }
    if (address === undefined) {
      const seconds = Math.min((retry?.seconds ?? FIRST_RETRY_SECONDS / 2) * 2, MAX_RETRY_SECONDS);
      this.#retries.set(spec, { atMs: nowMs + seconds * 1000, seconds });
      return undefined;
    }
    this.#retries.delete(spec);
    this.#used.add(key(address, port));
    return address;
  }

  /** Whether the address of a name may be given up for another one now. */
  mayReplace(spec: UpstreamSpec): boolean {
    if (addressFamily(spec.endpoint.hostname) !== undefined) return false;
    const before = this.#replacedAtMs.get(spec) ?? -Infinity;
    return this.#timers.monotonicMs() - before >= REPLACE_SECONDS * 1000;
  }

  noteReplaced(spec: UpstreamSpec): void {
    this.#replacedAtMs.set(spec, this.#timers.monotonicMs());
  }

  #warnOnce(message: string): void {
    if (!this.#warned.has(message)) this.#warn(message);
    this.#warned.add(message);
  }
}

function key(address: string, port: number): string {
  return `${address} ${port}`;
}
