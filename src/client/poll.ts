import type { Endpoint } from "../protocols/endpoint.ts";
import { QueryError } from "../protocols/failure.ts";
import {
  isRateKiss,
  measure,
  type Measured,
  type MeasuredReply,
  openNtsSession,
  type ValidateOptions,
} from "./query.ts";
import type { TimeReply } from "../protocols/registry.ts";
import { isLoopback } from "../system/address.ts";
import type { Timers } from "../system/time.ts";
import type { InSeconds } from "../text/duration.ts";
import { type ExchangeOptions, lookUp, type NtsSession } from "./exchange.ts";
import { systemNetwork } from "./network.ts";

export interface PollOptions
  extends
    Pick<ExchangeOptions, "bind" | "family" | "keys" | "ntsCa" | "network" | "signal">,
    InSeconds<ValidateOptions> {
  /** Seconds until a request without a reply is lost. It is not sent again. */
  readonly timeout: number | ((isLocal: boolean) => number);
  /**
   * Seconds from one request to the next to the same server: a number, or found out anew after each
   * request from how many were sent. Where it is undefined, it is 2, or 0.1 to a loopback address.
   */
  readonly interval?: number | ((sent: number, isLocal: boolean) => number | undefined) | undefined;
  /** How many requests to send to each server; without a limit if undefined. */
  readonly count?: number | undefined;
  /** Seconds after which it ends; a request that is cut off by that is left out. */
  readonly deadline?: number | undefined;
  /** Whether a name is looked up again when its addresses fall silent, for what runs long. */
  readonly renewsAddresses?: boolean;
}

export interface Polled<Reply extends TimeReply> {
  readonly index: number;
  /** All addresses of its name, in the order in which they are tried, or its address; undefined if unknown. */
  readonly addresses: readonly string[] | undefined;
  /** The outcome. */
  readonly measured: Measured<Reply>;
  /** By the clock that is never set, like `endedMs`. */
  readonly sentMs: number;
  readonly endedMs: number;
  readonly endedAt: Temporal.Instant;
  /** Seconds from this request to the next; undefined if the server wants no more. */
  readonly interval: number | undefined;
}

/** RFC 5905 §10 has a client wait this long between the requests of a burst. */
const POLITE_SECONDS = 2;

const LOCAL_SECONDS = 0.1;

/** A server on another machine is never queried more often. */
const MIN_INTERVAL_SECONDS = 1;

/** RFC 5905 §7.2 has clients poll no less often once all is well; no KoD makes the interval longer. */
const MAX_INTERVAL_SECONDS = 1024;

/** UDP always loses a few datagrams; an address that leaves this many requests unanswered is silent. */
const MIN_SILENCES = 3;

/** First requests to different servers that leave at one moment would hold each other up. */
const APART_MS = 20;

/** Whether a server is on this machine, by its name: then it may be queried as often as one likes. */
export function isLocal({ hostname }: Pick<Endpoint, "hostname">): boolean {
  return hostname === "localhost" || isLoopback(hostname);
}

/** Rejects an interval that is too short for a server that may be on another machine. */
export function checkInterval(endpoint: Endpoint, interval: number | undefined): void {
  if (interval === undefined || interval >= MIN_INTERVAL_SECONDS || isLocal(endpoint)) return;
  throw new RangeError(
    `Cannot query ${endpoint.hostname} every ${interval} s: ` +
      "only a loopback address is queried more than once a second",
  );
}

/**
 * Queries servers again and again, each at its own pace, with one exchange under way per server.
 *
 * Each kiss-o'-death RATE doubles a server's interval; after DENY, RSTR and the like it is not queried
 * any more (RFC 5905 §7.4). A name is looked up once, within the deadline, and kept to the address that
 * has replied. The next request waits until the consumer asks for what comes next.
 */
export async function* poll<Reply extends TimeReply = MeasuredReply>(
  endpoints: readonly Endpoint[],
  options: PollOptions,
): AsyncGenerator<Polled<Reply>, void> {
  const { signal } = options;
  const end = new AbortController();
  const ends = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  const servers = endpoints.map((endpoint, index) =>
    new PolledServer<Reply>(endpoint, index, { ...options, signal: ends })
  );
  // In the order in which they end: a race of all would look at every server for each reply.
  const ended: { server: PolledServer<Reply>; turn: Promise<Polled<Reply> | undefined> }[] = [];
  let wake = (): void => {};
  const begin = (server: PolledServer<Reply>): Promise<void> => {
    const turn = server.next();
    const noteEnd = (): void => {
      ended.push({ server, turn });
      wake();
    };
    return turn.then(noteEnd, noteEnd);
  };
  const turns = new Map(servers.map((server) => [server, begin(server)]));
  try {
    while (turns.size > 0) {
      const next = ended.shift();
      if (!next) {
        await new Promise<void>((resolve) => wake = resolve);
        continue;
      }
      const { server, turn } = next;
      turns.delete(server);
      const polled = await turn;
      if (!polled) continue;
      yield polled;
      turns.set(server, begin(server));
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    end.abort();
    await Promise.all(turns.values());
  }
}

class PolledServer<Reply extends TimeReply> {
  readonly #endpoint: Endpoint;
  readonly #index: number;
  readonly #options: PollOptions;
  readonly #timers: Timers;
  /** All addresses of the name. */
  #known: readonly string[] | undefined;
  /** Those to send to: all, or the one that has replied. */
  #addresses: readonly string[] | undefined;
  #renewal: Promise<void> | undefined;
  #silences = 0;
  /** Keys and cookies, if it is queried by NTS. */
  #session: NtsSession | undefined;
  #sent = 0;
  #rateKisses = 0;
  #isWelcome = true;
  #dueMs: number;
  readonly #endsMs: number;

  constructor(endpoint: Endpoint, index: number, options: PollOptions) {
    const { network: { timers } = systemNetwork, deadline = Infinity } = options;
    this.#endpoint = endpoint;
    this.#index = index;
    this.#options = options;
    this.#timers = timers;
    this.#dueMs = timers.monotonicMs() + index * APART_MS;
    this.#endsMs = timers.monotonicMs() + deadline * 1000;
  }

  get #isLocal(): boolean {
    return isLocal(this.#endpoint) || this.#addresses?.every(isLoopback) === true;
  }

  get #secondsLeft(): number {
    return (this.#endsMs - this.#timers.monotonicMs()) / 1000;
  }

  /** Waits for its turn and queries it; undefined if it is not to be queried any more. */
  async next(): Promise<Polled<Reply> | undefined> {
    const { count = Infinity, signal } = this.#options;
    if (!this.#isWelcome || this.#sent >= count) return undefined;
    const dueMs = Math.min(this.#dueMs, this.#endsMs);
    await this.#timers.sleep(dueMs - this.#timers.monotonicMs(), signal);
    if (this.#secondsLeft <= 0) return undefined;
    this.#sent++;
    const error = await this.#resolve();
    const sentMs = this.#timers.monotonicMs();
    const { timeout: limit } = this.#options;
    const timeout = typeof limit === "number" ? limit : limit(this.#isLocal);
    const patience = Math.min(timeout, this.#secondsLeft);
    if (!error && patience <= 0) return undefined;
    if (this.#endpoint.nts) this.#session ??= await openNtsSession(this.#endpoint);
    const target = { ...this.#endpoint, addresses: this.#addresses, session: this.#session };
    const options = { ...this.#options, timeout: patience, retries: 0 };
    const measured = error ? { error } : await measure<Reply>(target, options);
    // Whether a longer wait would have brought a reply is not known.
    if (patience < timeout && measured.error?.reason === "timeout") return undefined;
    this.#noteReply(measured);
    return {
      index: this.#index,
      addresses: this.#known,
      measured,
      sentMs,
      endedMs: this.#timers.monotonicMs(),
      endedAt: this.#timers.now(),
      interval: this.#schedule(sentMs, measured),
    };
  }

  /** Looks the name up unless its addresses are known, and returns why that failed. */
  async #resolve(): Promise<QueryError | undefined> {
    try {
      this.#addresses ??= this.#known = await this.#lookUp();
      return undefined;
    } catch (error) {
      if (error instanceof QueryError) return error;
      throw error;
    }
  }

  #lookUp(): Promise<readonly string[]> {
    return lookUp(this.#endpoint.hostname, this.#secondsLeft, this.#options);
  }

  /** Keeps to the address that replied, or has the name looked up again, which delays no request. */
  #noteReply({ reply }: Measured<Reply>): void {
    this.#silences = reply ? 0 : this.#silences + 1;
    // The address of a key exchange may be another one.
    if (reply && !this.#endpoint.nts) this.#addresses = [reply.from.hostname];
    if (!this.#options.renewsAddresses || this.#silences < MIN_SILENCES) return;
    this.#renewal ??= this.#renew();
  }

  async #renew(): Promise<void> {
    const addresses = await this.#lookUp().catch(() => undefined);
    // A reply that came meanwhile counts more.
    if (addresses && this.#silences > 0) this.#addresses = addresses;
    this.#renewal = undefined;
  }

  /** Plans the next request: seconds from the last one, or undefined if there must be none. */
  #schedule(sentMs: number, measured: Measured<Reply>): number | undefined {
    if (isRateKiss(measured)) this.#rateKisses++;
    else if (measured.error?.reason === "kiss_o_death") {
      this.#isWelcome = false;
      return undefined;
    }
    const { interval: wished } = this.#options;
    const local = this.#isLocal;
    const usual = local ? LOCAL_SECONDS : POLITE_SECONDS;
    const given = (typeof wished === "function" ? wished(this.#sent, local) : wished) ?? usual;
    const apart = local ? given : Math.max(given, MIN_INTERVAL_SECONDS);
    const slower = (apart || usual / 2) * 2 ** this.#rateKisses;
    const interval = this.#rateKisses === 0
      ? apart
      : Math.min(slower, Math.max(apart, MAX_INTERVAL_SECONDS));
    this.#dueMs = sentMs + interval * 1000;
    return interval;
  }
}
