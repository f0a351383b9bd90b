/**
 * A running server: listeners, each a protocol on one or more sockets, and
 * their life from `serve()` to `shutdown()`.
 */
import type { Clock } from "../clocks/clock.ts";
import { systemClock } from "../clocks/system_clock.ts";
import type { ClockStatus } from "../clocks/clock_status.ts";
import { asctimeResponder } from "../protocols/asctime.ts";
import { autoResponder } from "../protocols/auto.ts";
import { type DaytimeFormat, daytimeResponder } from "../protocols/daytime.ts";
import {
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
  type Protocol,
} from "../protocols/endpoint.ts";
import { ntpResponder } from "../protocols/ntp/responder.ts";
import type { Responder } from "../protocols/responder.ts";
import { timeResponder } from "../protocols/time.ts";
import { resolveHost } from "../transports/address.ts";
import { Counters, type Totals } from "../transports/counters.ts";
import {
  type DatagramHandler,
  type DatagramListener,
  listenDatagram,
} from "../transports/datagram.ts";
import { ListenError } from "../transports/listen_error.ts";
import { guardRefusal } from "./guard.ts";
import { expandWildcard } from "./local_addresses.ts";
import type { ServerLog } from "./log.ts";
import { StatusKeeper, type StatusOptions } from "./status.ts";

/** Options for {@linkcode serve}. */
export interface ServeOptions {
  /**
   * Say UTC rather than this machine's local time in texts that carry no zone.
   *
   * @default {false}
   */
  readonly utc?: boolean;
  /**
   * The time to serve.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock;
  /** What to tell NTP clients about that clock; an honest guess without it. */
  readonly status?: StatusOptions;
  /**
   * The form of the Daytime lines.
   *
   * @default {"ctime"}
   */
  readonly daytimeFormat?: DaytimeFormat;
  /** Answers in place of the protocol each URL names. */
  readonly responder?: Responder;
  /**
   * How many answers may be under way at once on a socket; requests beyond it
   * are refused as `overload`.
   *
   * @default {16384}
   */
  readonly maxTasks?: number;
  /** Shuts the server down when it aborts. */
  readonly signal?: AbortSignal;
  /** What the server says while it runs; silent without it. */
  readonly log?: ServerLog;
}

/** An address a server listens on, its real port included. */
export interface ServerAddress extends Endpoint {
  /** The address as a URL, to be given to `query()`. */
  readonly url: string;
}

/** A server that is running. */
export interface Server extends AsyncDisposable {
  /** Every address listened on: one for each socket. */
  readonly addresses: readonly ServerAddress[];
  /** Resolves when the server has shut down, for whatever reason. */
  readonly finished: Promise<void>;
  /** What the server has done so far. */
  readonly totals: Totals;
  /**
   * Takes no further request, finishes the answers under way (for half a
   * second at most) and closes every socket. May be called again.
   */
  shutdown(): Promise<void>;
}

/** How long a shutdown waits for slow answers: a signal ends the program within a second. */
const SHUTDOWN_GRACE_MS = 500;

const DEFAULT_MAX_TASKS = 16_384;

/**
 * Starts a time server.
 *
 * @param urls One listener or several, as `ntp://host:port`; without a scheme it is `auto`, port 0
 *   takes any free port, `0.0.0.0` and `[::]` stand for every IPv4 or IPv6 address of this machine
 * @param options The clock to serve, and how
 * @returns The server, already answering
 * @throws {SyntaxError} If a URL or the reference id cannot be read
 * @throws {RangeError} If a number of `options.status` is out of range
 * @throws {ListenError} If an address cannot be listened on; nothing is left open then
 * @throws {Deno.errors.NotCapable} If a permission is missing
 *
 * @example A server for the length of one test
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { query, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("asctime://127.0.0.1:0");
 * const reply = await query(server.addresses[0]!.url);
 * assertEquals(reply.text.length, 24);
 * ```
 */
export async function serve(
  urls: string | readonly string[],
  options: ServeOptions = {},
): Promise<Server> {
  const endpoints = (typeof urls === "string" ? [urls] : urls).map((url) =>
    parseEndpoint(url, "auto")
  );
  options.signal?.throwIfAborted();
  const server = new RunningServer(options);
  try {
    for (const endpoint of endpoints) await server.listen(endpoint);
  } catch (error) {
    await server.shutdown();
    throw error;
  }
  return server;
}

class RunningServer implements Server {
  readonly addresses: ServerAddress[] = [];
  readonly finished: Promise<void>;
  readonly #options: ServeOptions;
  readonly #listeners: DatagramListener[] = [];
  readonly #counters = new Counters();
  readonly #status: StatusKeeper;
  readonly #finished = Promise.withResolvers<void>();
  #shutdown: Promise<void> | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.#status = new StatusKeeper(options.clock ?? systemClock, options.status ?? {});
    if (this.#status.warning !== undefined) options.log?.warning(this.#status.warning);
    this.finished = this.#finished.promise;
    options.signal?.addEventListener("abort", this.#abort);
  }

  get totals(): Totals {
    return this.#counters.totals();
  }

  async listen(endpoint: Endpoint): Promise<void> {
    const hostname = await resolveListener(endpoint);
    // Aborted meanwhile, it has shut down: nothing more may be opened.
    this.#options.signal?.throwIfAborted();
    const { hostnames, warning } = expandWildcard(hostname);
    if (warning !== undefined) this.#options.log?.warning(warning);
    if (hostnames.length === 0) throw new ListenError("not-of-this-machine", endpoint);
    let port = endpoint.port;
    for (const hostname of hostnames) {
      // Port 0 is chosen once: all addresses of a wildcard then share it.
      port = this.#bind({ ...endpoint, hostname, port });
    }
  }

  #bind(endpoint: Endpoint): number {
    // The handler's endpoint is the real one, known only once the port is bound.
    const bound = { ...endpoint };
    const listener = listenDatagram({
      hostname: endpoint.hostname,
      port: endpoint.port,
      handler: createHandler(bound, this.#options, this.#status),
      counters: this.#counters,
      maxTasks: this.#options.maxTasks ?? DEFAULT_MAX_TASKS,
    });
    bound.port = listener.port;
    this.#listeners.push(listener);
    this.addresses.push({ ...bound, url: formatEndpoint(bound) });
    this.#options.log?.listening(bound);
    return listener.port;
  }

  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#abort);
    await Promise.all(this.#listeners.map((listener) => listener.shutdown(SHUTDOWN_GRACE_MS)));
    this.#status[Symbol.dispose]();
    await this.#options.log?.flush();
    this.#finished.resolve();
  }

  readonly #abort = (): void => void this.shutdown();

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

async function resolveListener(endpoint: Endpoint): Promise<string> {
  try {
    const [hostname = endpoint.hostname] = await resolveHost(endpoint.hostname);
    return hostname;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ListenError("unknown-host", endpoint, { cause });
  }
}

/** The way of every datagram: guard, arrival time, responder. */
function createHandler(
  endpoint: Endpoint,
  options: ServeOptions,
  status: StatusKeeper,
): DatagramHandler {
  const { clock = systemClock, log } = options;
  const responder = options.responder ?? createResponder(endpoint.protocol, options, status);
  return {
    handle(exchange): number | Promise<number> {
      const { source, arrival } = exchange;
      clock.read(arrival);
      const refused = guardRefusal(source);
      if (refused !== undefined) return refused;
      const answer = responder.respond(
        exchange.request,
        exchange.reply,
        arrival,
        clock,
        source.port,
      );
      // What is refused is counted, never logged: a stranger could fill the log with it.
      const isRefused = typeof answer === "number" && answer <= 0;
      if (!isRefused) log?.request(endpoint, source, exchange.request.length);
      return answer;
    },
    failed: (operation, error) => log?.failed(endpoint, operation, error),
  };
}

function createResponder(
  protocol: Protocol,
  options: ServeOptions,
  keeper: StatusKeeper,
): Responder {
  const { utc = false, daytimeFormat = "ctime" } = options;
  const status = (): ClockStatus => keeper.current;
  switch (protocol) {
    case "asctime":
      return asctimeResponder({ utc });
    case "auto":
      return autoResponder({
        ntp: ntpResponder({ status, random32 }),
        text: asctimeResponder({ utc }),
      });
    case "daytime":
      return daytimeResponder({ status, utc, format: daytimeFormat });
    case "time":
      return timeResponder({ status });
    case "ntp":
      return ntpResponder({ status, random32 });
  }
}

/** 32 bits that nobody can foresee, some hundred of them fetched at a time. */
const random32 = (() => {
  const pool = new Uint32Array(256);
  let left = 0;
  return (): number => {
    if (left === 0) {
      crypto.getRandomValues(pool);
      left = pool.length;
    }
    return pool[--left] as number;
  };
})();
