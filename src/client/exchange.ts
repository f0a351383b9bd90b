/**
 * One request, one reply: sent to each address of a host in turn and again
 * while nobody answers, until a deadline.
 */
import { type Endpoint, formatAddress } from "../protocols/endpoint.ts";
import { type AddressFamily, isUnicast, resolveHost } from "../transports/address.ts";
import { connectDatagram, type DatagramConnection } from "../transports/connect_datagram.ts";
import { QueryError } from "./query_error.ts";

/** Options for {@linkcode exchange} and for every query. */
export interface ExchangeOptions {
  /**
   * Seconds until the query gives up, all tries included.
   *
   * @default {3}
   */
  readonly timeout?: number;
  /**
   * How many times the request is sent again while no reply comes.
   *
   * @default {2}
   */
  readonly retries?: number;
  /** Keep to IPv4 or IPv6; both are tried without it, IPv6 first. */
  readonly family?: AddressFamily;
  /** Ends the query when it aborts; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A reply as it came, and how long it took. */
export interface RawReply {
  /** The octets of the reply. */
  readonly octets: Uint8Array;
  /** Who answered. */
  readonly from: Deno.NetAddr;
  /** When it came, by this machine's clock. */
  readonly receivedAt: Temporal.Instant;
  /** From the request's departure to the reply's arrival. */
  readonly roundTrip: Temporal.Duration;
}

/** How long an address may be silent before the host's next one is asked too. */
const PATIENCE_MS = 250;

/**
 * Sends a request and waits for the first datagram that comes back from
 * whoever was asked. Every try has a socket, and so a port, of its own.
 *
 * @param endpoint Whom to ask
 * @param request What to send
 * @param options The deadline, and how often to ask again
 * @returns The reply as it came
 * @throws {QueryError} If no reply comes
 * @throws {RangeError} If `timeout` or `retries` is no sensible number
 */
export async function exchange(
  endpoint: Endpoint,
  request: Uint8Array,
  options: ExchangeOptions = {},
): Promise<RawReply> {
  const { timeout = 3, retries = 2, family, signal } = options;
  if (!(timeout > 0 && timeout <= 86_400)) {
    throw new RangeError(
      `Cannot wait for a reply: timeout is ${timeout} s, expected above 0 and up to 86400`,
    );
  }
  if (!(Number.isInteger(retries) && retries >= 0 && retries <= 1000)) {
    throw new RangeError(`Cannot send again: retries is ${retries}, expected 0 to 1000`);
  }
  signal?.throwIfAborted();
  const endsMs = performance.now() + timeout * 1000;
  const hostnames = await resolve(endpoint, family);
  using attempts = new Attempts(endpoint.port, request, signal);
  let plan = Array.from({ length: retries + 1 }, () => hostnames).flat();
  let failure: QueryError | undefined;
  while (plan.length > 0) {
    const hostname = plan.shift() ?? "";
    failure = await attempts.send(hostname);
    if (failure === undefined) {
      const shareMs = (endsMs - performance.now()) / (plan.length + 1);
      const reply = await attempts.reply(Math.min(shareMs, PATIENCE_MS));
      if (reply) return reply;
      failure = refusal(hostname, endpoint.port);
    }
    if (failure === undefined) {
      // Another address of the same host gets its turn at once.
      const turn = plan[0] !== undefined && plan[0] !== hostname;
      const restMs = (endsMs - performance.now()) / (plan.length + 1);
      const reply = turn ? undefined : await attempts.reply(restMs);
      if (reply) return reply;
    } else {
      plan = plan.filter((other) => other !== hostname);
    }
  }
  throw failure ?? new QueryError(
    "timeout",
    `No reply from ${formatAddress(endpoint)} within ${timeout} s`,
  );
}

async function resolve(endpoint: Endpoint, family?: AddressFamily): Promise<string[]> {
  try {
    return await resolveHost(endpoint.hostname, family);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new QueryError("unknown-host", message, { cause });
  }
}

/**
 * An unconnected socket never hears that a port is closed. But where a port of
 * this very machine can be bound, nobody was listening on it.
 */
function refusal(hostname: string, port: number): QueryError | undefined {
  // Any machine may bind a multicast address, which says nothing about the others.
  if (!isUnicast(hostname)) return undefined;
  try {
    Deno.listenDatagram({ transport: "udp", hostname, port }).close();
  } catch {
    return undefined;
  }
  const address = formatAddress({ hostname, port });
  return new QueryError("refused", `Nothing listens on udp ${address}`);
}

/** The tries of one query, all open until one of them is answered. */
class Attempts implements Disposable {
  readonly #port: number;
  readonly #request: Uint8Array;
  readonly #signal: AbortSignal | undefined;
  readonly #connections: DatagramConnection[] = [];
  readonly #reply = Promise.withResolvers<RawReply>();

  constructor(port: number, request: Uint8Array, signal: AbortSignal | undefined) {
    this.#port = port;
    this.#request = request;
    this.#signal = signal;
    // Nobody may be waiting at the moment it rejects.
    this.#reply.promise.catch(() => {});
    signal?.addEventListener("abort", this.#abort);
  }

  /** Sends the request from a socket of its own; what the network says against it is returned. */
  async send(hostname: string): Promise<QueryError | undefined> {
    const signal = this.#signal;
    const connection = await connectDatagram({ hostname, port: this.#port, signal });
    this.#connections.push(connection);
    const sentAtMs = performance.now();
    void this.#receive(connection, sentAtMs);
    try {
      await connection.send(this.#request);
      return undefined;
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof Deno.errors.NotCapable) throw cause;
      const address = formatAddress(connection.remoteAddr);
      const message = cause instanceof Error ? cause.message : String(cause);
      return new QueryError("unreachable", `Cannot send to ${address}: ${message}`, { cause });
    }
  }

  /** The first reply to any try, or nothing after `waitMs`. */
  async reply(waitMs: number): Promise<RawReply | undefined> {
    const { promise: silence, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, waitMs));
    try {
      return await Promise.race([this.#reply.promise, silence]) ?? undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async #receive(connection: DatagramConnection, sentAtMs: number): Promise<void> {
    try {
      const octets = await connection.receive();
      const roundTripMs = performance.now() - sentAtMs;
      const receivedAt = Temporal.Now.instant();
      this.#reply.resolve({
        octets,
        from: connection.remoteAddr,
        receivedAt,
        roundTrip: Temporal.Duration.from({ nanoseconds: Math.round(roundTripMs * 1e6) }),
      });
    } catch {
      // Closed, or an ICMP error where the system reports one: silence is what
      // the deadline is for.
    }
  }

  readonly #abort = (): void => this.#reply.reject(this.#signal?.reason);

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    for (const connection of this.#connections) connection.close();
  }
}
