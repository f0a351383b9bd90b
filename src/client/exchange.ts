/**
 * One request, one reply: sent to each address of a host in turn and again
 * while nobody answers, until a deadline.
 */
import { type Endpoint, formatAddress, formatEndpoint } from "../protocols/endpoint.ts";
import { type AddressFamily, isUnicast } from "../system/address.ts";
import { connectDatagram, type DatagramConnection } from "../transports/connect_datagram.ts";
import { QueryError } from "../protocols/failure.ts";
import type { RawReply, Request } from "../protocols/protocol.ts";
import { resolve } from "./resolve.ts";

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

/** How long an address may be silent before the host's next one is asked too. */
const PATIENCE_MS = 250;

/**
 * Sends a request and waits for the first answer that comes back from
 * whoever was asked. Every try has a request, a socket, and so a port, of its own.
 *
 * @param endpoint Whom to ask
 * @param createRequest Makes what a try sends
 * @param options The deadline, and how often to ask again
 * @returns The reply as it came
 * @throws {QueryError} If no reply comes
 * @throws {RangeError} If `timeout` or `retries` is no sensible number
 */
export async function exchange(
  endpoint: Endpoint,
  createRequest: () => Request,
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
  const hostnames = await inTime(resolve(endpoint.hostname, family), timeout * 1000, signal);
  if (hostnames === undefined) {
    throw new QueryError("timeout", `${endpoint.hostname} was not looked up within ${timeout} s`);
  }
  // A process's first instant takes some hundred microseconds, which would count as time on the way.
  Temporal.Now.instant();
  using attempts = new Attempts(endpoint.port, createRequest, signal);
  let plan = Array.from({ length: retries + 1 }, () => hostnames).flat();
  let failure: QueryError | undefined;
  do {
    const hostname = plan.shift() ?? "";
    const shareMs = (endsMs - performance.now()) / (plan.length + 1);
    const answer = await attempts.ask(hostname, Math.min(shareMs, PATIENCE_MS));
    if (answer !== undefined && !(answer instanceof QueryError)) return answer;
    failure = answer ?? refusal({ ...endpoint, hostname });
    if (failure === undefined) {
      // Another address of the same host gets its turn at once.
      const turn = plan[0] !== undefined && plan[0] !== hostname;
      const restMs = (endsMs - performance.now()) / (plan.length + 1);
      const reply = turn ? undefined : await attempts.reply(restMs);
      if (reply) return reply;
    } else {
      plan = plan.filter((other) => other !== hostname);
    }
    // What a try costs by itself adds up: there may be a thousand.
  } while (plan.length > 0 && performance.now() < endsMs);
  const address = formatAddress(endpoint);
  throw failure ?? attempts.bogus(address) ??
    new QueryError("timeout", `No reply from ${address} within ${timeout} s`);
}

/**
 * What a promise brings, or nothing if that takes longer than `waitMs`.
 *
 * @throws The signal's reason if that aborts first
 */
async function inTime<T>(
  promise: Promise<T>,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  signal?.throwIfAborted();
  const { promise: end, resolve, reject } = Promise.withResolvers<undefined>();
  // The first setTimeout() of a process takes Deno 7 ms, half as long as its whole start.
  const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(waitMs)));
  const give = (): void => resolve(undefined);
  const abort = (): void => reject(signal?.reason);
  timeout.addEventListener("abort", give);
  signal?.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, end]);
  } finally {
    timeout.removeEventListener("abort", give);
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * An unconnected socket never hears that a port is closed. But where a port of
 * this very machine can be bound, nobody was listening on it.
 */
function refusal(endpoint: Endpoint): QueryError | undefined {
  const { hostname, port } = endpoint;
  // Any machine may bind a multicast address, which says nothing about the others.
  if (!isUnicast(hostname)) return undefined;
  try {
    Deno.listenDatagram({ transport: "udp", hostname, port }).close();
  } catch {
    return undefined;
  }
  return new QueryError("refused", `Nothing listens on udp ${formatAddress(endpoint)}`, {
    url: formatEndpoint(endpoint),
  });
}

/** When a request left: on the clock, and on the one that is never set. */
interface Departure {
  at: Temporal.Instant;
  atMs: number;
}

/** The tries of one query, all open until one of them is answered. */
class Attempts implements Disposable {
  readonly #port: number;
  readonly #createRequest: () => Request;
  readonly #signal: AbortSignal | undefined;
  readonly #connections: DatagramConnection[] = [];
  readonly #reply = Promise.withResolvers<RawReply>();
  #ignored = 0;
  #lastRejection = "";

  constructor(port: number, createRequest: () => Request, signal: AbortSignal | undefined) {
    this.#port = port;
    this.#createRequest = createRequest;
    this.#signal = signal;
  }

  /**
   * Sends the request from a socket of its own, and waits for a reply to any try; what the network says
   * against it is returned.
   */
  async ask(hostname: string, waitMs: number): Promise<RawReply | QueryError | undefined> {
    const signal = this.#signal;
    const connection = await connectDatagram({ hostname, port: this.#port, signal });
    this.#connections.push(connection);
    const request = this.#createRequest();
    const departure: Departure = { at: Temporal.Now.instant(), atMs: 0 };
    void this.#receive(connection, request, departure);
    // A timer takes a while to be made, which would count as time on the way.
    const reply = this.reply(waitMs);
    reply.catch(() => {}); // for when the request cannot leave
    departure.at = Temporal.Now.instant();
    departure.atMs = performance.now();
    try {
      await connection.send(request.octets);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof Deno.errors.NotCapable) throw cause;
      const address = formatAddress(connection.remoteAddr);
      const message = cause instanceof Error ? cause.message : String(cause);
      return new QueryError("unreachable", `Cannot send to ${address}: ${message}`, { cause });
    }
    return await reply;
  }

  /** The first reply to any try, or nothing after `waitMs`. */
  reply(waitMs: number): Promise<RawReply | undefined> {
    return inTime(this.#reply.promise, waitMs, this.#signal);
  }

  /** That something did answer, but nothing that belongs to a request; undefined if nothing did. */
  bogus(address: string): QueryError | undefined {
    if (this.#ignored === 0) return undefined;
    return new QueryError(
      "bogus-reply",
      `No reply from ${address} that belongs to the request: ${this.#ignored} ignored, ` +
        `the last as ${this.#lastRejection}`,
    );
  }

  async #receive(
    connection: DatagramConnection,
    request: Request,
    departure: Departure,
  ): Promise<void> {
    try {
      while (true) {
        const octets = await connection.receive();
        const roundTripMs = performance.now() - departure.atMs;
        const rejection = request.rejection?.(octets);
        if (rejection !== undefined) {
          this.#ignored++;
          this.#lastRejection = rejection;
          continue;
        }
        const roundTrip = Temporal.Duration.from({ nanoseconds: Math.round(roundTripMs * 1e6) });
        this.#reply.resolve({
          request: request.octets,
          octets,
          from: connection.remoteAddr,
          sentAt: departure.at,
          receivedAt: departure.at.add(roundTrip),
          roundTrip,
        });
        return;
      }
    } catch {
      // Closed, or an ICMP error where the system reports one: silence is what
      // the deadline is for.
    }
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection.close();
  }
}
