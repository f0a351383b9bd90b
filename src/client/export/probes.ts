/** `/probe`: one measurement of a target on request, within bounds that keep it from being a scanner. */
import { type Endpoint, formatEndpoint } from "../../protocols/endpoint.ts";
import { QueryError } from "../../protocols/failure.ts";
import type { TimeReply } from "../../protocols/registry.ts";
import { isUnicast, isWildcard } from "../../system/address.ts";
import { isWithin, type Network as AddressNetwork } from "../../text/ip_words.ts";
import { type ExchangeOptions, lookUp } from "../exchange.ts";
import { type Network, systemNetwork } from "../network.ts";
import { poll } from "../poll.ts";
import type { ProbeOutcome } from "./metrics.ts";
import { ServerRecord } from "./server_record.ts";
import { HttpError } from "../../http/message.ts";

export interface ProbesOptions extends Pick<ExchangeOptions, "bind" | "family" | "network"> {
  /** The networks that may be queried; all without it. */
  readonly targets?: readonly AddressNetwork[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ProbeRequest {
  readonly target: Endpoint;
  readonly samples: number;
  readonly timeoutSeconds: number;
}

/** The most measurements at once. */
const MAX_PROBES = 64;

/** The time from one request to another machine to the next. */
const POLITE_SECONDS = 1;

const LOCAL_SECONDS = 0.1;

/** The time for which a target that refuses service is left alone (RFC 5905 §7.4). */
const MAX_SECONDS = 1024;

/** The most targets whose last result is kept. */
const MAX_KEPT = 1000;

interface Kept {
  readonly outcome: Promise<ProbeOutcome>;
  /** When the target may be queried again; Infinity while it is. */
  dueMs: number;
  /** The time between requests, doubled by each kiss-o'-death RATE. */
  gapSeconds: number;
}

export class Probes {
  readonly #options: ProbesOptions;
  readonly #network: Network;
  readonly #kept = new Map<string, Kept>();
  #running = 0;

  constructor(options: ProbesOptions) {
    this.#options = options;
    this.#network = options.network ?? systemNetwork;
  }

  /**
   * Measures a target, or returns its last result if it was queried less than its polite interval ago.
   *
   * @throws {HttpError} If it must not be queried, or too many are measured at once
   */
  async probe(request: ProbeRequest): Promise<ProbeOutcome> {
    const url = formatEndpoint(request.target);
    const before = this.#kept.get(url);
    const nowMs = this.#network.timers.monotonicMs();
    if (before && nowMs < before.dueMs) return await before.outcome;
    if (this.#running >= MAX_PROBES) {
      throw new HttpError(503, `${MAX_PROBES} targets are measured already: try again`, {
        "retry-after": "1",
      });
    }
    this.#running++;
    const kept: Kept = {
      outcome: this.#measure(request, url, (seconds) => {
        kept.dueMs = this.#network.timers.monotonicMs() + seconds * 1000;
        kept.gapSeconds = seconds;
      }, before?.gapSeconds ?? 0),
      dueMs: Infinity,
      gapSeconds: 0,
    };
    this.#kept.delete(url);
    this.#kept.set(url, kept);
    try {
      return await kept.outcome;
    } catch (error) {
      this.#kept.delete(url);
      throw error;
    } finally {
      this.#running--;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    for (const [url, { dueMs }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) return;
      if (dueMs < Infinity) this.#kept.delete(url);
    }
  }

  /** @param schedule Called with the seconds until the target may be queried again */
  async #measure(
    { target, samples, timeoutSeconds }: ProbeRequest,
    url: string,
    schedule: (seconds: number) => void,
    gapSeconds: number,
  ): Promise<ProbeOutcome> {
    const { timers } = this.#network;
    const { bind, family, signal } = this.#options;
    const startMs = timers.monotonicMs();
    const secondsSince = (): number => (timers.monotonicMs() - startMs) / 1000;
    const record = new ServerRecord(target, url);
    const end = (failure: string | undefined): ProbeOutcome => {
      const figures = record.look(timers.monotonicMs());
      return { figures, durationSeconds: secondsSince(), failure };
    };
    let addresses: readonly string[];
    try {
      addresses = await lookUp(target.hostname, timeoutSeconds, this.#options);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      schedule(POLITE_SECONDS);
      return end(error.reason);
    }
    this.#requireAllowed(target.hostname, addresses);
    // These addresses and no others: a name may have others a moment later.
    const network: Network = {
      timers,
      resolve: () => Promise.resolve([...addresses]),
      connect: (options) => this.#network.connect(options),
      isClosed: (hostname, port) => this.#network.isClosed(hostname, port),
    };
    const deadline = timeoutSeconds - secondsSince();
    let gap = gapSeconds;
    const polls = poll<TimeReply>([target], {
      ...{ bind, family, network, signal, deadline },
      count: samples,
      timeout: samples === 1 ? timeoutSeconds : timeoutSeconds / samples,
      interval: (_, isLocal) => isLocal ? LOCAL_SECONDS : POLITE_SECONDS,
    });
    for await (const { measured, sentMs, endedAt, interval } of polls) {
      record.addExchange(measured, sentMs, endedAt);
      const { error } = measured;
      if (error?.reason === "kiss_o_death") {
        gap = interval === undefined ? MAX_SECONDS : 2 * Math.max(gap, POLITE_SECONDS);
      } else {
        gap = Math.max(gap, interval ?? POLITE_SECONDS);
      }
      // More requests would not mend another failure than a loss.
      if (error && error.reason !== "timeout") break;
    }
    schedule(Math.min(Math.max(gap, LOCAL_SECONDS), MAX_SECONDS));
    return end(record.hasReplied ? undefined : record.error?.reason ?? "timeout");
  }

  /** @throws {HttpError} If one of the addresses is not within the networks that may be queried */
  #requireAllowed(hostname: string, addresses: readonly string[]): void {
    const { targets } = this.#options;
    for (const address of addresses) {
      const which = address === hostname ? address : `${hostname} (${address})`;
      if (!isUnicast(address) || isWildcard(address)) {
        throw new HttpError(403, `${which} is not the address of one server`);
      }
      if (targets === undefined || isWithin(address, targets)) continue;
      const reason = targets.length === 0
        ? "/probe queries nothing here"
        : `${which} is in none of the networks that /probe may query`;
      throw new HttpError(403, `${reason}: see --targets`);
    }
  }
}
