/** A client's session with an NTS server: its keys, and cookies of which none is used twice (RFC 8915 §5.7). */
import { type Endpoint, formatAddress } from "../../protocols/endpoint.ts";
import { QueryError } from "../../protocols/failure.ts";
import { ntpRequest } from "../../protocols/ntp/protocol.ts";
import {
  IDENTIFIER_LENGTH,
  MAX_COOKIES,
  NONCE_LENGTH,
  openReply,
  sealRequest,
} from "../../protocols/ntp/nts/fields.ts";
import { decodeNtpPacket } from "../../protocols/ntp/packet.ts";
import type { Rejection, Request } from "../../protocols/protocol.ts";
import { formatReferenceId } from "../../text/reference_id.ts";
import type { InSeconds } from "../../text/duration.ts";
import { settleWithin } from "../../system/time.ts";
import { type ExchangeOptions, lookUp, type NtsSession, type Target } from "../exchange.ts";
import { systemNetwork } from "../network.ts";
import { exchangeKeys, type Keys } from "./key_exchange.ts";

/** Keys are exchanged anew after this long: four weeks. */
const MAX_AGE_MS = 28 * 86_400_000;

/** After a key exchange that failed, the next waits 10 s, then twice as long each time, up to a day. */
const MIN_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 86_400_000;

export class ClientNtsSession implements NtsSession {
  readonly #endpoint: Endpoint;
  readonly #exchange: typeof exchangeKeys;
  #keys: Keys | undefined;
  #cookies: Uint8Array[] = [];
  #bornMs = 0;
  #failure: QueryError | undefined;
  #failures = 0;
  #retryMs = -Infinity;
  #wasRefused = false;
  #isFresh = true;

  /** @param exchange Exchanges keys with an address, for tests too */
  constructor(endpoint: Endpoint, exchange = exchangeKeys) {
    this.#endpoint = endpoint;
    this.#exchange = exchange;
  }

  get wasRefused(): boolean {
    return this.#wasRefused;
  }

  get isFresh(): boolean {
    return this.#isFresh;
  }

  get cookies(): number {
    return this.#cookies.length;
  }

  get answer(): Uint8Array | undefined {
    return this.#keys?.answer;
  }

  forget(): void {
    this.#keys = undefined;
    this.#cookies = [];
    this.#wasRefused = false;
  }

  async prepare(
    target: Target,
    timeoutSeconds: number,
    options: InSeconds<ExchangeOptions>,
  ): Promise<Target> {
    const { timers } = options.network ?? systemNetwork;
    const isOld = timers.monotonicMs() - this.#bornMs > MAX_AGE_MS;
    if (this.#keys === undefined || this.#cookies.length === 0 || isOld) {
      this.forget();
      await this.#exchangeKeys(target, timeoutSeconds, options);
    }
    const { hostname, port } = this.#keys as Keys;
    return { protocol: "ntp", hostname, port };
  }

  async #exchangeKeys(
    target: Target,
    timeoutSeconds: number,
    options: InSeconds<ExchangeOptions>,
  ): Promise<void> {
    const { timers } = options.network ?? systemNetwork;
    const startMs = timers.monotonicMs();
    if (startMs < this.#retryMs && this.#failure) throw this.#failure;
    const leftMs = (): number => timeoutSeconds * 1000 - (timers.monotonicMs() - startMs);
    try {
      const addresses = target.addresses ??
        await lookUp(this.#endpoint.hostname, timeoutSeconds, options);
      this.#keys = await this.#tryEach(addresses, leftMs, options);
    } catch (error) {
      if (error instanceof QueryError && error.reason === "nts_ke") {
        const pauseMs = Math.min(MIN_PAUSE_MS * 2 ** this.#failures++, MAX_PAUSE_MS);
        this.#retryMs = timers.monotonicMs() + pauseMs;
        this.#failure = error;
      }
      throw error;
    }
    this.#failures = 0;
    this.#retryMs = -Infinity;
    this.#bornMs = timers.monotonicMs();
    this.#isFresh = true;
    this.#cookies = this.#keys.cookies.slice(0, MAX_COOKIES);
  }

  /** Exchanges keys with the first address that does so. */
  async #tryEach(
    addresses: readonly string[],
    leftMs: () => number,
    { network = systemNetwork, signal, ntsCa }: InSeconds<ExchangeOptions>,
  ): Promise<Keys> {
    const { hostname, port } = this.#endpoint;
    let failure: unknown;
    for (const [i, address] of addresses.entries()) {
      const end = new AbortController();
      const ends = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
      const exchanged = this.#exchange({ hostname, address, port, authorities: ntsCa }, ends);
      // After the time limit its failure has no handler.
      exchanged.catch(() => {});
      try {
        const shareMs = Math.max(leftMs(), 0) / (addresses.length - i);
        const keys = await settleWithin(network.timers, shareMs, exchanged, signal);
        if (keys) return keys;
        const where = formatAddress({ hostname: address, port });
        failure ??= new QueryError("nts_ke", `NTS key exchange with ${where} took too long`);
      } catch (error) {
        if (!(error instanceof QueryError)) throw error;
        failure ??= error;
      } finally {
        end.abort();
      }
    }
    throw failure;
  }

  createRequest(): Request {
    const cookie = this.#cookies.shift();
    const keys = this.#keys;
    if (cookie === undefined || keys === undefined) {
      const where = formatAddress(this.#endpoint);
      throw new QueryError(
        "not_authentic",
        `No authentic reply, and no NTS cookie of ${where} is left`,
      );
    }
    const plain = ntpRequest();
    const identifier = crypto.getRandomValues(new Uint8Array(IDENTIFIER_LENGTH));
    const octets = sealRequest({
      header: plain.octets,
      identifier,
      cookie,
      missing: MAX_COOKIES - 1 - this.#cookies.length,
      nonce: crypto.getRandomValues(new Uint8Array(NONCE_LENGTH)),
      c2s: keys.c2s,
    });
    return {
      octets,
      authenticated: "nts",
      rejection: (reply) => plain.rejection?.(reply) ?? this.#verify(reply, identifier, keys),
    };
  }

  /** Takes the cookies of an authentic reply, or returns why it is not authentic. */
  #verify(reply: Uint8Array, identifier: Uint8Array, keys: Keys): Rejection | undefined {
    const opened = openReply(reply, identifier, keys.s2c);
    if ("problem" in opened) {
      const { problem, isForRequest } = opened;
      const { stratum, referenceId } = decodeNtpPacket(reply);
      const isNak = isForRequest && stratum === 0 && formatReferenceId(referenceId, 0) === "NTSN";
      if (!isNak) return { reason: "not_authentic", message: problem };
      // Anybody on the path can send it: it ends nothing, but the next exchange may be of new keys.
      this.#wasRefused = true;
      return { reason: "not_authentic", message: "an NTS NAK: the server knows no such cookie" };
    }
    this.#isFresh = false;
    this.#wasRefused = false;
    // Those of keys that were thrown away meanwhile are worth nothing.
    if (keys === this.#keys) {
      this.#cookies = [...this.#cookies, ...opened.cookies].slice(0, MAX_COOKIES);
    }
    return undefined;
  }
}
