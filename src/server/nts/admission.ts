/** Which connections of a key exchange are accepted: a handshake costs a thousand times as much as a reply of NTP. */
import type { KeyExchangeOutcome } from "../../client/served_state.ts";
import { type IpWords, isIpv4, isLoopbackIp, parseIpWords } from "../../text/ip_words.ts";
import { isAllowed } from "../guard/access.ts";
import { allocateRates, RateLimiter, rateNumbers } from "../guard/rate_limit.ts";
import type { GuardSettings } from "../guard/settings.ts";

/** Connections that are open at once: of all clients, and of each one. */
const MAX_CONNECTIONS = 100;
const MAX_OF_A_SOURCE = 8;

/** Clients exchange keys once and again after days; those behind one address may start together. */
const RATE = { perSecond: 2, burst: 16 };

/** A connection that is counted until it is disposed of. */
export type Admitted = Disposable;

export class Admission {
  readonly #settings: GuardSettings;
  readonly #nowMs: () => number;
  readonly #limiter = new RateLimiter({ ...rateNumbers(RATE), ...allocateRates(false) }, () => 1);
  readonly #address: IpWords = new Uint32Array(4);
  readonly #open = new Map<string, number>();
  #count = 0;

  /**
   * @param settings The access rules of the server
   * @param nowMs A time in milliseconds that is never set
   */
  constructor(settings: GuardSettings, nowMs: () => number) {
    this.#settings = settings;
    this.#nowMs = nowMs;
  }

  /** The connections that are open. */
  get connections(): number {
    return this.#count;
  }

  /** Admits a connection from an address, or says why not. */
  admit(hostname: string): Admitted | KeyExchangeOutcome {
    const address = this.#address;
    if (!parseIpWords(hostname, address)) return "denied";
    this.#settings.look();
    const { hasRules, access } = this.#settings;
    if (hasRules && !isAllowed(access, address)) return "denied";
    const source = sourceOf(address);
    const open = this.#open.get(source) ?? 0;
    if (this.#count >= MAX_CONNECTIONS || open >= MAX_OF_A_SOURCE) return "overload";
    // The programs of this machine share one address, and none of them is a stranger.
    if (!isLoopbackIp(address) && this.#limiter.take(address, this.#nowMs()) !== "pass") {
      return "rate_limited";
    }
    this.#count++;
    this.#open.set(source, open + 1);
    return { [Symbol.dispose]: () => this.#leave(source) };
  }

  #leave(source: string): void {
    this.#count--;
    const open = (this.#open.get(source) ?? 1) - 1;
    if (open === 0) this.#open.delete(source);
    else this.#open.set(source, open);
  }
}

/** An IPv4 address, or a network of IPv6 as a site gives to each of its links. */
function sourceOf(address: IpWords): string {
  return isIpv4(address) ? `${address[3]}` : `${address[0]}:${address[1]}`;
}
