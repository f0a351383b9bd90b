/** The addresses of upstream servers: looked up, each followed once, and given up for others. */
import type { Network } from "../../client/network.ts";
import { addressFamily } from "../../system/address.ts";
import type { Timers } from "../../system/time.ts";
import type { UpstreamSpec } from "./options.ts";
import { runtime } from "../../system/runtime.ts";

/** A name is looked up again after this many seconds at first, then after twice as long, up to a minute. */
const FIRST_RETRY_SECONDS = 2;
const MAX_RETRY_SECONDS = 64;

/** Waits between requests vary at random, so that one of the same length must not come too early. */
const RETRY_SLACK = 0.9;

/** An address is replaced no more often than this, for the sake of the name's servers. */
const REPLACE_SECONDS = 300;

/** Names of pools have ever new addresses: no more of those given up are remembered. */
const MAX_FORMER = 1000;

/** An address to follow; without one, whether the name is known, and has no further address. */
export interface Taken {
  readonly address: string | undefined;
  readonly isKnown: boolean;
}

/** The names of the upstreams, whose addresses are given out one by one. */
export class UpstreamAddresses {
  readonly #network: Network;
  readonly #timers: Timers;
  /** The addresses given out and not given up. */
  readonly #followed = new Set<string>();
  /** Those given up, and whether they may be given out again: they were silent. The latest are the last. */
  readonly #former = new Map<string, boolean>();
  readonly #retries = new Map<
    UpstreamSpec,
    { readonly atMs: number; readonly seconds: number; readonly isKnown: boolean }
  >();
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
   * Finds an address of a name that is followed nowhere yet: a new one, or else the one that was silent the
   * longest time ago.
   *
   * @throws {Deno.errors.NotCapable} If the permission to look it up is missing
   */
  async take(spec: UpstreamSpec): Promise<Taken> {
    const taken = await this.#find(spec);
    if (taken.address === undefined && taken.isKnown) {
      this.#warnOnce(`${spec.url} has no address that is not followed already`);
    }
    return taken;
  }

  async #find(spec: UpstreamSpec): Promise<Taken> {
    const { hostname, port } = spec.endpoint;
    const nowMs = this.#timers.monotonicMs();
    const retry = this.#retries.get(spec);
    if (retry !== undefined && nowMs < retry.atMs) {
      return { address: undefined, isKnown: retry.isKnown };
    }
    let addresses: readonly string[] = [];
    try {
      addresses = await this.#network.resolve(hostname);
    } catch (error) {
      if (error instanceof runtime.errors.NotCapable) throw error;
      this.#warnOnce(`${(error as Error).message}; it is looked up again and again`);
    }
    const own = addresses.filter((each) => this.#isOwn(each, port));
    if (own.length > 0) this.#warnOnce(`${spec.url} is this server itself: it is not followed`);
    const address = this.#choose(addresses.filter((each) => !own.includes(each)), port);
    if (address === undefined) {
      const seconds = Math.min((retry?.seconds ?? FIRST_RETRY_SECONDS / 2) * 2, MAX_RETRY_SECONDS);
      const isKnown = addresses.length > 0;
      const atMs = nowMs + seconds * RETRY_SLACK * 1000;
      this.#retries.set(spec, { atMs, seconds, isKnown });
      return { address, isKnown };
    }
    this.#retries.delete(spec);
    this.#former.delete(key(address, port));
    this.#followed.add(key(address, port));
    return { address, isKnown: true };
  }

  #choose(addresses: readonly string[], port: number): string | undefined {
    const free = addresses.filter((each) => !this.#followed.has(key(each, port)));
    const former = this.#former.keys().toArray();
    return free.find((each) => !this.#former.has(key(each, port))) ??
      free.filter((each) => this.#former.get(key(each, port)))
        .toSorted((a, b) => former.indexOf(key(a, port)) - former.indexOf(key(b, port)))[0];
  }

  /**
   * Gives up an address for another one.
   *
   * @param isSilent Whether nothing else is wrong with it
   */
  giveUp({ endpoint: { port } }: UpstreamSpec, address: string, isSilent: boolean): void {
    this.#followed.delete(key(address, port));
    this.#former.set(key(address, port), isSilent);
    const [oldest] = this.#former.keys();
    if (oldest !== undefined && this.#former.size > MAX_FORMER) this.#former.delete(oldest);
  }

  /**
   * Finds another address for one that is of no use; undefined if the name has none, or an address of it was
   * replaced a short time ago.
   */
  async replace(spec: UpstreamSpec): Promise<string | undefined> {
    if (addressFamily(spec.endpoint.hostname) !== undefined) return undefined;
    const nowMs = this.#timers.monotonicMs();
    if (nowMs - (this.#replacedAtMs.get(spec) ?? -Infinity) < REPLACE_SECONDS * 1000) {
      return undefined;
    }
    const { address } = await this.#find(spec);
    if (address !== undefined) this.#replacedAtMs.set(spec, nowMs);
    return address;
  }

  #warnOnce(message: string): void {
    if (!this.#warned.has(message)) this.#warn(message);
    this.#warned.add(message);
  }
}

function key(address: string, port: number): string {
  return `${address} ${port}`;
}
