import type { SymmetricKeys } from "../crypto/symmetric_keys.ts";
import { type Endpoint, formatAddress, formatEndpoint } from "../protocols/endpoint.ts";
import { QueryError } from "../protocols/failure.ts";
import { protocols } from "../protocols/registry.ts";
import type { RawReply, Rejection, Request } from "../protocols/protocol.ts";
import {
  field,
  passed,
  seconds,
  text,
  type TimedFields,
  UNNAMED,
  whole,
} from "../options/field.ts";
import { type AddressFamily, addressFamily } from "../system/address.ts";
import { settleWithin } from "../system/time.ts";
import type { InSeconds, TimeSpan } from "../text/duration.ts";
import type { DatagramConnection } from "../transports/connect_datagram.ts";
import { type Network, systemNetwork } from "./network.ts";
import { runtime } from "../system/runtime.ts";

/** Options for {@linkcode exchange} and for every query. */
export interface ExchangeOptions {
  /**
   * The time until the query gives up, all tries included: 1 ms to a day.
   *
   * @default {"3s"}
   */
  readonly timeout?: TimeSpan;
  /**
   * How many times the request is sent again while no reply comes, 0 to 1000.
   *
   * @default {2}
   */
  readonly retries?: number;
  /** The IP version to keep to; without it both are tried, IPv6 first. */
  readonly family?: AddressFamily | undefined;
  /** The address of this machine to send from, which decides the IP version; any without it. */
  readonly bind?: string | undefined;
  /** The symmetric keys of targets that name one, `ntp://HOST?key=7`. */
  readonly keys?: SymmetricKeys | undefined;
  /** Certificates in PEM to trust for NTS, `ntp+nts://HOST`, in place of the system's. */
  readonly ntsCa?: string | undefined;
  /** Ends the query when it aborts; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Where time, names and sockets come from, for tests; this machine's without it. */
  readonly network?: Network | undefined;
}

export const networkFields: TimedFields<
  Pick<ExchangeOptions, "bind" | "family" | "keys" | "ntsCa" | "signal" | "network">
> = {
  bind: text("an IPv4 or IPv6 address", requireAddress, UNNAMED),
  family: field(UNNAMED, "4 or 6", (given) => given === 4 || given === 6 ? given : undefined),
  keys: passed(),
  ntsCa: passed(),
  signal: passed(),
  network: passed(),
};

function requireAddress(address: string): void {
  if (addressFamily(address) === undefined) throw new SyntaxError("no address");
}

export const exchangeFields: TimedFields<ExchangeOptions> = {
  timeout: seconds("1ms", "1d"),
  retries: whole(0, 1000, UNNAMED),
  ...networkFields,
};

/** A server, with the addresses of its name where that has been looked up. */
export interface Target extends Endpoint {
  readonly addresses?: readonly string[] | undefined;
  /** The session that a query by NTS goes on with; it begins one without. */
  readonly session?: NtsSession | undefined;
}

/** Keys and cookies of an NTS server. */
export interface NtsSession {
  /** Whether the server, or an attacker in its place, has reported that it knows no such cookie. */
  readonly wasRefused: boolean;
  /** Whether its keys have just been exchanged, and authenticated no reply yet. */
  readonly isFresh: boolean;
  /** The cookies that are left, of which each request uses one. */
  readonly cookies: number;
  /** The records of the last key exchange, as the server sent them. */
  readonly answer: Uint8Array | undefined;
  /** Throws keys and cookies away. */
  forget(): void;
  /**
   * Exchanges keys if there are none; returns the target of NTP.
   *
   * @throws {QueryError} If that fails
   */
  prepare(
    target: Target,
    timeoutSeconds: number,
    options: InSeconds<ExchangeOptions>,
  ): Promise<Target>;
  createRequest(): Request;
}

/** The longest limit of a look-up: the resolver gives up before. */
const MAX_LOOKUP_MS = 86_400_000;

/**
 * Looks up the addresses of a host within a time limit.
 *
 * @throws {QueryError} If the name is unknown or no name server answers
 * @throws {Deno.errors.NotCapable} If the permission to look it up is missing
 */
export async function lookUp(
  hostname: string,
  seconds: number,
  { bind, family, signal, network = systemNetwork }: Omit<ExchangeOptions, "timeout"> = {},
): Promise<readonly string[]> {
  const lookup = network.resolve(hostname, family ?? addressFamily(bind ?? ""));
  const ms = Math.min(seconds * 1000, MAX_LOOKUP_MS);
  const addresses = await settleWithin(network.timers, ms, lookup, signal);
  if (addresses) return addresses;
  throw new QueryError("no_name_server", `No name server answered for ${hostname} in time`);
}

/** A server on the port of NTP is silent to other protocols. */
function hintFor({ protocol, hostname, port }: Endpoint): string {
  if (protocol === "ntp" || port !== protocols.ntp.port) return "";
  const server = formatEndpoint({ protocol: "ntp", hostname, port }).replace(/:\d+$/, "");
  return `; to query it by NTP: ${server}`;
}

/** The time limit of a query, if none is given. */
export const DEFAULT_TIMEOUT_SECONDS = 3;

/** How long an address may be silent before the host's next one is tried too. */
const PATIENCE_MS = 250;

/**
 * Sends a request to each address of a host in turn, and again while no reply comes, until a deadline.
 * Every try has a request, a socket, and so a port, of its own.
 */
export async function exchange(
  target: Target,
  createRequest: () => Request,
  options: InSeconds<ExchangeOptions> = {},
): Promise<RawReply> {
  const { timeout = DEFAULT_TIMEOUT_SECONDS, retries = 2, signal, network = systemNetwork } =
    options;
  signal?.throwIfAborted();
  const { timers } = network;
  const endsMs = timers.monotonicMs() + timeout * 1000;
  const addresses = target.addresses ?? await lookUp(target.hostname, timeout, options);
  using attempts = new Attempts(target, createRequest, network, options);
  const reply = await attempts.run(
    Array.from({ length: retries + 1 }, () => addresses).flat(),
    endsMs,
  );
  if (reply) return reply;
  const address = formatAddress(target);
  throw attempts.failure ??
    new QueryError("timeout", `No reply from ${address} within ${timeout} s${hintFor(target)}`);
}

interface Departure {
  at: Temporal.Instant;
  atMs: number;
}

/**
 * Chooses the time of arrival: the kernel's timestamp, unless it lies outside of the exchange, as when the clock was
 * set meanwhile; then the clock that is never set decides.
 */
function chooseArrival(
  sentAt: Temporal.Instant,
  elapsedMs: number,
  stamp: Temporal.Instant | undefined,
): Temporal.Instant {
  const readAt = sentAt.add({ nanoseconds: Math.round(elapsedMs * 1e6) });
  const isWithin = stamp && Temporal.Instant.compare(sentAt, stamp) <= 0 &&
    Temporal.Instant.compare(stamp, readAt) <= 0;
  return isWithin ? stamp : readAt;
}

/** The tries of one query, all open until one of them is answered. */
class Attempts implements Disposable {
  readonly #endpoint: Endpoint;
  readonly #createRequest: () => Request;
  readonly #network: Network;
  readonly #bind: string | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #connections: DatagramConnection[] = [];
  readonly #reply = Promise.withResolvers<RawReply>();
  /** The addresses that have been silent so far. */
  readonly #silent = new Set<string>();
  #error: unknown;
  #ignored = 0;
  #rejection: Rejection | undefined;

  constructor(
    endpoint: Endpoint,
    createRequest: () => Request,
    network: Network,
    { bind, signal }: Pick<ExchangeOptions, "bind" | "signal">,
  ) {
    this.#endpoint = endpoint;
    this.#createRequest = createRequest;
    this.#network = network;
    this.#bind = bind;
    this.#signal = signal;
  }

  /** The error of the last address if each has one, or else that no reply belongs to a request. */
  get failure(): unknown {
    if (this.#silent.size === 0) return this.#error;
    if (this.#rejection === undefined) return undefined;
    const { reason, message } = this.#rejection;
    const wanted = reason === "not_authentic" ? "is authentic" : "belongs to the request";
    return new QueryError(
      reason,
      `No reply from ${formatAddress(this.#endpoint)} that ${wanted}: ` +
        `${this.#ignored} ignored, the last: ${message}`,
    );
  }

  /** `plan` has each address as often as it is to be tried. */
  async run(plan: readonly string[], endsMs: number): Promise<RawReply | undefined> {
    const { timers } = this.#network;
    let left = plan;
    // The cost of each try adds up: there may be a thousand.
    while (left.length > 0 && timers.monotonicMs() < endsMs) {
      const [hostname, ...others] = left as [string, ...string[]];
      left = others;
      const startMs = timers.monotonicMs();
      const shareMs = (endsMs - startMs) / (left.length + 1);
      const isFirst = !this.#silent.has(hostname);
      try {
        this.#silent.add(hostname);
        const reply = await this.#try(hostname, Math.min(shareMs, PATIENCE_MS));
        if (reply) return reply;
      } catch (error) {
        this.#signal?.throwIfAborted();
        this.#error = error;
        // Whatever keeps a later request from leaving, an earlier one may still be answered.
        if (isFirst || error instanceof QueryError && error.reason === "refused") {
          this.#silent.delete(hostname);
          left = left.filter((other) => other !== hostname);
        }
      }
      // Another address of the same host gets its turn at once.
      if (left[0] !== hostname) continue;
      const reply = await this.#replyWithin(startMs + shareMs - timers.monotonicMs());
      if (reply) return reply;
    }
    return this.#silent.size === 0
      ? undefined
      : await this.#replyWithin(endsMs - timers.monotonicMs());
  }

  /**
   * Sends the request from a socket of its own, and waits for a reply to any try.
   *
   * @throws {QueryError} If the request cannot be sent, or nothing listens there
   * @throws {Deno.errors.NotCapable} If the permission to reach the address is missing
   */
  async #try(hostname: string, waitMs: number): Promise<RawReply | undefined> {
    const [{ timers }, signal] = [this.#network, this.#signal];
    const endpoint = { ...this.#endpoint, hostname };
    const { port } = endpoint;
    let reply: Promise<RawReply | undefined>;
    try {
      const connection = await this.#network.connect({ hostname, port, bind: this.#bind, signal });
      this.#connections.push(connection);
      const request = this.#createRequest();
      // A process's first instant takes some hundred microseconds, which would count as network delay.
      const departure: Departure = { at: timers.now(), atMs: NaN };
      void this.#receive(connection, request, departure);
      // To make a timer costs time, which would count as network delay.
      reply = this.#replyWithin(waitMs);
      reply.catch(() => {}); // for when the request cannot leave
      // In this order, a hold-up between the two readings counts as network delay, which the bound covers.
      departure.atMs = timers.monotonicMs();
      departure.at = timers.now();
      await connection.send(request.octets);
    } catch (cause) {
      if (cause instanceof QueryError) throw cause;
      if (cause instanceof runtime.errors.NotCapable) throw cause;
      const { message } = cause as Error;
      const text = `Cannot send to ${formatAddress(endpoint)}: ${message}`;
      throw new QueryError("unreachable", text, { cause });
    }
    const answer = await reply;
    if (answer || !this.#network.isClosed(hostname, endpoint.port)) return answer;
    throw new QueryError("refused", `Nothing listens on udp ${formatAddress(endpoint)}`, {
      url: formatEndpoint({ protocol: endpoint.protocol, hostname, port }),
    });
  }

  #replyWithin(ms: number): Promise<RawReply | undefined> {
    return settleWithin(this.#network.timers, ms, this.#reply.promise, this.#signal);
  }

  async #receive(
    connection: DatagramConnection,
    request: Request,
    departure: Departure,
  ): Promise<void> {
    const { timers } = this.#network;
    try {
      while (true) {
        const octets = await connection.receive();
        const elapsedMs = timers.monotonicMs() - departure.atMs;
        const stamp = connection.receivedAt?.();
        const rejection = request.rejection?.(octets);
        if (rejection !== undefined) {
          this.#ignored++;
          this.#rejection = rejection;
          continue;
        }
        const receivedAt = chooseArrival(departure.at, elapsedMs, stamp);
        this.#reply.resolve({
          url: formatEndpoint(this.#endpoint),
          request: request.octets,
          octets,
          ...(request.authenticated !== undefined && { authenticated: request.authenticated }),
          from: connection.remoteAddr,
          sentAt: departure.at,
          receivedAt,
          roundTrip: departure.at.until(receivedAt),
        });
        return;
      }
    } catch {
      // Closed, or an ICMP error where the system reports one: the deadline is for silence.
    }
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection.close();
  }
}
