/**
 * A running server: listeners, each a protocol on one or more sockets, and
 * their life from `serve()` to `shutdown()`.
 */
import { localZone } from "../system/local_time.ts";
import { type Clock, measurePrecision } from "../clock/clock.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";
import { systemClock } from "../clock/system_clock.ts";
import { type Endpoint, formatEndpoint } from "../protocols/endpoint.ts";
import { resolveHost } from "../system/address.ts";
import { Counters, type Totals } from "../transports/counters.ts";
import { type DatagramListener, listenDatagram } from "../transports/datagram.ts";
import { ListenError } from "../transports/listen_error.ts";
import { RealtimeClock } from "../clock/realtime_clock.ts";
import { openLibc } from "../system/libc.ts";
import type { ClockControl } from "../clock/served_time.ts";
import { Control } from "./http/control.ts";
import type { ControlledListener } from "./http/routes.ts";
import { Crew } from "./workers/pool.ts";
import { Faults } from "./faults/faults.ts";
import { Guard, type GuardPlan, noteListener, planGuard } from "./guard/guard.ts";
import type { ServiceSettings } from "../protocols/protocol.ts";
import { protocols } from "../protocols/registry.ts";
import type { Responder } from "../protocols/responder.ts";
import { loadService } from "../protocols/services.ts";
import { createHandler } from "./handler.ts";
import { type ListenerSpec, parseListener } from "./listener.ts";
import { expandWildcard } from "./local_addresses.ts";
import { random32 } from "../system/random.ts";
import {
  checkNumbers,
  type ServeOptions,
  type Server,
  type ServerAddress,
} from "./serve_options.ts";
import { ServedTime } from "../clock/served_time.ts";
import { chooseTransport, type TransportChoice } from "./transport.ts";

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
 * @throws {SyntaxError} If a URL, a network, the reference id, a fault or an option of the clock cannot be
 *   read
 * @throws {RangeError} If `options.workers`, `options.receiveQueueKib`, `options.seed` or a number of
 *   `options.rateLimit`, of `options.status` or of `options.faults` is out of range
 * @throws {TypeError} If the clock, or an option of it, is something else than it may be
 * @throws {Error} If the control interface cannot listen
 * @throws {ListenError} If an address cannot be listened on; nothing is left open then
 * @throws {Deno.errors.NotCapable} If a permission is missing
 * @throws {Deno.errors.NotSupported} If `mmsg` was asked for and cannot be; the message says why
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
  const listeners = (typeof urls === "string" ? [urls] : urls).map(parseListener);
  options.signal?.throwIfAborted();
  const server = new RunningServer(options, listeners);
  try {
    for (const listener of listeners) await server.listen(listener);
    await server.start();
  } catch (error) {
    await server.shutdown();
    throw error;
  }
  return server;
}

type OwnFaults = Pick<ListenerSpec, "faults" | "seed">;

/** What a listener has beside its address. */
interface ListenerParts {
  /** What its URL says of its faults. */
  readonly spec: OwnFaults;
  readonly time: ServedTime;
  readonly faults?: Faults | undefined;
}

class RunningServer implements Server {
  readonly addresses: ServerAddress[] = [];
  readonly finished: Promise<void>;
  readonly #options: ServeOptions;
  readonly #listeners: DatagramListener[] = [];
  readonly #counters = new Counters();
  readonly #base: Clock;
  readonly #precision: number;
  /** The server's own clock first, then those that listeners have for themselves. */
  readonly #times: ServedTime[] = [];
  readonly #controlled: ControlledListener[] = [];
  readonly #services: ServiceSettings;
  readonly #guard: GuardPlan;
  readonly #choice: TransportChoice;
  readonly #faults: Faults[] = [];
  readonly #seed: number;
  readonly #crew: Crew | undefined;
  readonly #control: Control | undefined;
  readonly #finished = Promise.withResolvers<void>();
  #shutdown: Promise<void> | undefined;

  constructor(options: ServeOptions, listeners: readonly ListenerSpec[]) {
    const { utc = false, daytimeFormat = "ctime", workers = 1, receiveQueueKib, log } = options;
    checkNumbers(options);
    this.#options = options;
    const { control: address, controlToken: token } = options;
    if (address !== undefined) this.#control = new Control({ address, token, log });
    this.#seed = options.seed ?? random32();
    this.#services = { utc, daytimeFormat };
    this.#guard = planGuard(options);
    const hasFaults = [options, ...listeners].some(({ faults }) => faults !== undefined);
    this.#choice = chooseTransport({ ...options, hasFaults });
    const { clock = {} } = options;
    this.#base = isClock(clock) ? clock : systemClock;
    this.#precision = precisionOn(this.#choice.transport, this.#base);
    const { warning } = this.#serveTime(isClock(clock) ? {} : clock);
    if (warning !== undefined) options.log?.warning(warning);
    const servesText = listeners.some(({ endpoint }) => !protocols[endpoint.protocol].hasOffset);
    const zoneWarning = servesText && !utc ? localZone().warning : undefined;
    if (zoneWarning !== undefined) options.log?.warning(zoneWarning);
    if (this.#choice.transport === "mmsg") {
      const [services, guard, clients] = [this.#services, this.#guard, this.#control?.clients];
      this.#crew = new Crew({ size: workers, services, guard, receiveQueueKib, log, clients });
    }
    this.finished = this.#finished.promise;
    options.signal?.addEventListener("abort", this.#abort);
  }

  get transport(): "datagram" | "mmsg" {
    return this.#choice.transport;
  }

  get totals(): Totals {
    const sum = new Counters();
    for (const each of [this.#counters, ...this.#crew?.counters ?? []]) sum.add(each);
    return sum.totals();
  }

  get isAnswering(): boolean {
    return this.#shutdown === undefined && (this.#crew?.isComplete ?? true);
  }

  get clock(): ClockControl {
    return this.#ownTime;
  }

  get control(): { readonly url: string } | undefined {
    return this.#control;
  }

  get #ownTime(): ServedTime {
    return this.#times[0] as ServedTime;
  }

  #serveTime(options: ClockOptions): ServedTime {
    const { status = {} } = this.#options;
    // The noise of a clock goes by chance, too.
    const isNoisy = options.noise !== undefined && options.seed === undefined;
    const clock = isNoisy ? { ...options, seed: this.#seed } : options;
    const time = new ServedTime({ base: this.#base, clock, status, precision: this.#precision });
    this.#times.push(time);
    return time;
  }

  async listen({ endpoint, clock, ...spec }: ListenerSpec): Promise<void> {
    const createService = await loadService(endpoint.protocol);
    const resolved = await resolveListener(endpoint);
    // Aborted meanwhile, it has shut down: nothing more may be opened.
    this.#options.signal?.throwIfAborted();
    const time = clock === undefined ? this.#ownTime : this.#serveTime(clock);
    if (this.#crew !== undefined) {
      const bound = { ...endpoint, hostname: resolved };
      this.#note({ ...bound, port: this.#crew.listen(bound, time.page) }, { spec, time });
      return;
    }
    const { hostnames, warning } = expandWildcard(resolved);
    if (warning !== undefined) this.#options.log?.warning(warning);
    if (hostnames.length === 0) throw new ListenError("not-of-this-machine", endpoint);
    const faults = this.#createFaults(spec);
    const createResponder = (): Responder =>
      this.#options.responder ?? createService({ ...this.#services, random32 });
    let port = endpoint.port;
    for (const hostname of hostnames) {
      // Port 0 is chosen once: all addresses of a wildcard then share it.
      port = this.#bind({ ...endpoint, hostname, port }, { spec, time, faults, createResponder });
    }
  }

  #createFaults(
    { faults = this.#options.faults, seed = this.#seed }: OwnFaults,
  ): Faults | undefined {
    // Who controls a server may want some later.
    const options = faults ?? (this.#control && {});
    if (options === undefined) return undefined;
    const created = new Faults(options, seed);
    this.#faults.push(created);
    return created;
  }

  #bind(
    endpoint: Endpoint,
    parts: ListenerParts & { readonly createResponder: () => Responder },
  ): number {
    // The handler's endpoint is the real one, known only once the port is bound.
    const bound = { ...endpoint };
    const log = this.#control?.requestLog ?? this.#options.log;
    const { time: { clock }, faults, createResponder } = parts;
    const counters = this.#counters;
    // Not the clock served, which may be made to lie.
    const guard = new Guard(this.#guard, endpoint, () => performance.now());
    const listener = listenDatagram({
      hostname: endpoint.hostname,
      port: endpoint.port,
      handler: createHandler(bound, {
        guard,
        responder: createResponder(),
        base: this.#base,
        clock,
        counters,
        faults,
        log,
      }),
      counters,
      maxTasks: this.#options.maxTasks ?? DEFAULT_MAX_TASKS,
    });
    bound.port = listener.port;
    this.#listeners.push(listener);
    this.#note(bound, parts);
    return listener.port;
  }

  #note(bound: Endpoint, { spec: own, time, faults }: ListenerParts): void {
    noteListener(this.#guard, bound);
    const url = formatEndpoint(bound);
    const address = { ...bound, url, ...(faults !== undefined && { faults }) };
    this.addresses.push(address);
    const atStart = { faults: faults?.options ?? {}, seed: faults?.seed };
    this.#controlled.push({ ...bound, url, time, faults, atStart, own });
  }

  /** Has what needs threads of its own answer, too; only then does the server say where it listens. */
  async start(): Promise<void> {
    await this.#crew?.start();
    await this.#control?.start({
      transport: this.transport,
      isAnswering: () => this.isAnswering,
      totals: () => this.totals,
      time: this.#ownTime,
      listeners: this.#controlled,
    });
    this.#options.signal?.throwIfAborted();
    const { log, transport, workers = 1 } = this.#options;
    log?.clock(this.#ownTime.options);
    for (const { time, faults, ...address } of this.#controlled) {
      log?.listening(address);
      if (time !== this.#ownTime) log?.clock(time.options, address.url);
      if (faults !== undefined && (faults.names.length > 0 || this.#options.faults !== undefined)) {
        log?.faults(faults, address.url);
      }
    }
    if (transport !== undefined) log?.transport(this.#choice, workers);
    if (this.#control !== undefined) log?.control(this.#control.url);
  }

  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#abort);
    await Promise.all([
      this.#control?.shutdown(),
      this.#crew?.shutdown(),
      ...this.#listeners.map((listener) => listener.shutdown(SHUTDOWN_GRACE_MS)),
    ]);
    for (const each of [...this.#times, ...this.#faults]) each[Symbol.dispose]();
    await this.#options.log?.flush();
    this.#finished.resolve();
  }

  readonly #abort = (): void => void this.shutdown();

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

function isClock(clock: Clock | ClockOptions): clock is Clock {
  if (typeof clock !== "object" || clock === null) {
    throw new TypeError(`clock is ${clock}, expected an object such as { offset: "+1h" }`);
  }
  return "read" in clock;
}

/** The precision of a clock, read as the transport reads it. */
function precisionOn(transport: "datagram" | "mmsg", clock: Clock): number {
  if (transport === "datagram") return measurePrecision(clock);
  using libc = openLibc();
  return measurePrecision(new RealtimeClock(libc));
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
