/** A running server: its listeners, each a protocol on one or more sockets, from start to shutdown. */
import type { ClientsQuery } from "../client/clients_query.ts";
import type { ClientList, RecordedExchanges } from "../client/control_api.ts";
import { localZone } from "../system/local_time.ts";
import { random32 } from "../system/random.ts";
import type { Clock } from "../clock/clock.ts";
import { type ClockControl, ServedTime } from "../clock/served_time.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";
import { systemClock } from "../clock/system_clock.ts";
import { type Endpoint, formatEndpoint } from "../protocols/endpoint.ts";
import { protocols } from "../protocols/registry.ts";
import { createService, type ServiceSettings } from "../protocols/services.ts";
import { type Counters, sumCounters, type Totals } from "../transports/counters.ts";
import type { DatagramListener } from "../transports/datagram.ts";
import type { ListenError } from "../transports/listen_error.ts";
import { isClock, precisionOn } from "./base_clock.ts";
import { ClientTable } from "./clients/client_table.ts";
import { ClientTables } from "./clients/client_tables.ts";
import { Faults } from "./faults/faults.ts";
import { mergeFaults } from "./faults/text.ts";
import { type GuardPlan, noteListener, planGuard } from "./guard/guard.ts";
import type { GuardControl } from "./guard/guard_control.ts";
import { expiryWarning } from "./expiry.ts";
import { createErrorReporter } from "./report_error.ts";
import { logStart } from "./log/log_start.ts";
import { openDatagram } from "./open_datagram.ts";
import type { ControlledListener, ControlledServer } from "./http/call.ts";
import type { ListenerSpec } from "./listener.ts";
import { expandWildcard, listMissing, resolveListener, skipAddress } from "./local_addresses.ts";
import type { ServeOptions, Server, ServerAddress } from "./serve_options.ts";
import type { RunningParts } from "./parts.ts";
import { chooseTransport, type TransportChoice } from "./transport.ts";
import { WorkerPool } from "./workers/pool.ts";

/** The time that a shutdown waits for slow replies: a signal ends the program within a second. */
const SHUTDOWN_GRACE_MS = 500;

type OwnFaults = Pick<ListenerSpec, "faults" | "seed">;

interface ListenerParts {
  readonly spec: OwnFaults;
  readonly time: ServedTime;
  readonly faults?: Faults | undefined;
}

export class RunningServer implements Server {
  readonly addresses: ServerAddress[] = [];
  readonly finished: Promise<void>;
  readonly #options: ServeOptions;
  readonly #parts: RunningParts;
  readonly #services: ServiceSettings;
  readonly #guard: GuardPlan;
  /** Whether the control interface can change it. */
  readonly #canChange: boolean;
  readonly seed: number;
  readonly #base: Clock;
  readonly #precision: number;
  readonly #time: ServedTime;
  readonly #choice: TransportChoice;
  readonly #workers: WorkerPool | undefined;
  readonly #counters: Counters[] = [];
  readonly #clients: ClientTables;
  readonly #started: Temporal.Instant = Temporal.Now.instant();
  readonly #reportError: ReturnType<typeof createErrorReporter>;
  readonly #listeners: DatagramListener[] = [];
  readonly #controlled: ControlledListener[] = [];
  readonly #missing: ListenError[] = [];
  /** The clocks and faults, which have timers. */
  readonly #owned = new DisposableStack();
  readonly #finished = Promise.withResolvers<void>();
  #hasStarted = false;
  #shutdown: Promise<void> | undefined;

  /** @param options As {@linkcode checkServeOptions} has checked them */
  constructor(
    options: ServeOptions,
    listeners: readonly ListenerSpec[],
    parts: RunningParts,
  ) {
    const { control, web, recorder, following, nts } = parts;
    const { utc = false, daytimeFormat = "ctime", workers = 1, receiveQueueKib, log } = options;
    this.#options = options;
    this.#parts = parts;
    if (recorder !== undefined) {
      recorder.onEnd = (reason) => {
        log?.ending(reason);
        void this.shutdown();
      };
    }
    this.seed = options.seed ?? random32();
    this.#services = { utc, daytimeFormat, requireAuth: options.requireAuth };
    this.#canChange = control !== undefined && !options.controlReadOnly;
    this.#guard = planGuard(options, this.#canChange);
    const hasFaults = [options, ...listeners].some(({ faults }) => faults !== undefined);
    this.#choice = chooseTransport({
      ...options,
      hasFaults,
      isRecorded: recorder !== undefined,
    });
    const isThreaded = this.#choice.transport === "mmsg";
    this.#reportError = createErrorReporter(options);
    const hasList = (control ?? web) !== undefined;
    this.#clients = new ClientTables({ ...options, hasList, threads: isThreaded ? workers : 1 });
    if (isThreaded) {
      this.#workers = new WorkerPool({
        size: workers,
        services: this.#services,
        keys: options.keys,
        ntsKeys: nts?.memory,
        guard: this.#guard,
        receiveQueueKib,
        log,
        libc: this.#choice.libc,
        clients: this.#clients.memories,
        onError: this.#reportError,
        origin: following?.origin,
      });
    }
    const { clock = {} } = options;
    this.#base = following?.base ?? (isClock(clock) ? clock : systemClock);
    try {
      this.#workers?.prepare();
      this.#precision = precisionOn(this.#choice.transport, this.#base);
      this.#time = this.#serveTime(isClock(clock) ? {} : clock);
    } catch (error) {
      void this.#workers?.shutdown();
      throw error;
    }
    const servesText = listeners.some(({ endpoint }) => !protocols[endpoint.protocol].hasOffset);
    this.#warn(options.keys?.warningOf(), ...this.#time.warnings);
    if (servesText && !utc) this.#warn(localZone().warning);
    this.finished = this.#finished.promise;
    options.signal?.addEventListener("abort", this.#abort);
  }

  get url(): string {
    const [only, ...others] = this.addresses;
    if (only !== undefined && others.length === 0) return only.url;
    const count = this.addresses.length;
    throw new RangeError(`The server has ${count} addresses, not one: see server.addresses`);
  }

  get transport(): "datagram" | "mmsg" {
    return this.#choice.transport;
  }

  get totals(): Totals {
    return sumCounters(this.#counters);
  }

  get isAnswering(): boolean {
    return this.#shutdown === undefined && (this.#workers?.isComplete ?? true);
  }

  get clock(): ClockControl {
    return this.#time;
  }

  get upstreams(): Server["upstreams"] {
    return this.#parts.following?.list() ?? [];
  }

  get nts(): Server["nts"] {
    return this.#parts.nts?.report;
  }

  get http(): { readonly url: string } | undefined {
    return this.#parts.web ?? (this.#options.http === undefined ? undefined : this.#parts.control);
  }

  get control(): { readonly url: string } | undefined {
    return this.#parts.control;
  }

  clients(query: ClientsQuery = {}): Promise<ClientList> {
    return this.#clients.list(query);
  }

  exchanges(): RecordedExchanges {
    if (this.#parts.recorder !== undefined) return this.#parts.recorder.list();
    throw new Error("This server records no exchanges: give serve() the option record");
  }

  /** Binds the addresses of a listener; {@linkcode start} warns of those that this machine lacks. */
  async listen({ endpoint, clock, ...spec }: ListenerSpec): Promise<void> {
    const resolved = await resolveListener(endpoint, this.#options.family);
    // If it was aborted meanwhile, it has shut down: nothing more may be opened.
    this.#options.signal?.throwIfAborted();
    const time = clock === undefined ? this.#time : this.#serveTime(clock);
    if (time !== this.#time) this.#warn(...time.warnings);
    const faults = this.#workers ? undefined : this.#createFaults(spec);
    const hostnames = this.#workers ? resolved : resolved.flatMap((each) => this.#expand(each));
    const skipped: ListenError[] = [];
    let { port } = endpoint;
    for (const hostname of hostnames) {
      try {
        // Port 0 is chosen once: all addresses of a host then share it.
        port = this.#bind({ ...endpoint, hostname, port }, { spec, time, faults });
      } catch (error) {
        skipped.push(skipAddress(error, endpoint));
      }
    }
    this.#missing.push(...listMissing(endpoint, hostnames, skipped));
  }

  /**
   * Starts the workers and the control interface; the log begins when the server is complete.
   *
   * @throws {ListenError} If no address was bound
   */
  async start(): Promise<void> {
    const failure = this.addresses.length === 0 ? this.#missing.pop() : undefined;
    this.#warn(...this.#missing.map(({ message }) => message));
    if (failure) throw failure;
    this.#warn(expiryWarning(this.#controlled));
    await this.#workers?.start();
    const subject: ControlledServer = {
      transport: this.transport,
      isAnswering: () => this.isAnswering,
      totals: () => this.totals,
      started: this.#started,
      clients: (query) => this.clients(query),
      recentClients: () => this.#clients.countRecent(Date.now()),
      guard: await this.#openGuard(),
      time: this.#time,
      listeners: this.#controlled,
      exchanges: this.#parts.recorder && this.#parts.recorder.list.bind(this.#parts.recorder),
      following: this.#parts.following,
      nts: this.#parts.nts,
    };
    await this.#parts.nts?.start(this.addresses, this.#guard);
    for (const each of [this.#parts.control, this.#parts.web]) await each?.start(subject);
    this.#options.signal?.throwIfAborted();
    // The greatest number of requests may have come already.
    if (this.#shutdown !== undefined) return;
    // It fails if the server would follow itself: nothing is to be announced then.
    this.#parts.following?.start(this.#guard.ownAddresses, this.addresses);
    this.#hasStarted = true;
    logStart(this.#options, this.#choice, subject, this);
  }

  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  readonly #abort = (): void => void this.shutdown();

  #warn(...warnings: readonly (string | undefined)[]): void {
    for (const warning of warnings) {
      if (warning !== undefined) this.#options.log?.warning(warning);
    }
  }

  #serveTime(options: ClockOptions): ServedTime {
    const { status = {} } = this.#options;
    // The server's seed is also that of its clocks' noise.
    const isNoisy = options.noise !== undefined && options.seed === undefined;
    const clock = isNoisy ? { ...options, seed: this.seed } : options;
    const [base, precision] = [this.#base, this.#precision];
    const openSource = this.#parts.following?.open;
    return this.#owned.use(new ServedTime({ base, clock, status, precision, openSource }));
  }

  #createFaults({ faults: own, seed = this.seed }: OwnFaults): Faults | undefined {
    // The control interface can set faults later.
    const options = mergeFaults(this.#options.faults, own) ?? (this.#canChange ? {} : undefined);
    return options && this.#owned.use(new Faults(options, seed));
  }

  async #openGuard(): Promise<GuardControl> {
    const { GuardControl } = await import("./guard/guard_control.ts");
    const hostnames = (): string[] => this.addresses.map(({ hostname }) => hostname);
    return new GuardControl(this.#guard.page, this.#options, hostnames);
  }

  #expand(hostname: string): readonly string[] {
    const { hostnames, warning } = expandWildcard(hostname);
    this.#warn(warning);
    return hostnames;
  }

  #bind(endpoint: Endpoint, parts: ListenerParts): number {
    const { port, counters } = this.#workers?.listen(endpoint, parts.time.page) ??
      this.#open(endpoint, parts);
    this.#counters.push(...counters);
    this.#register({ ...endpoint, port }, parts, counters);
    return port;
  }

  #open(endpoint: Endpoint, { time, faults }: ListenerParts): ReturnType<WorkerPool["listen"]> {
    const { maxTasks, log, responder, keys } = this.#options;
    const { nts, recorder } = this.#parts;
    const [clients] = this.#clients.memories;
    const { listener, counters } = openDatagram(endpoint, {
      guard: this.#guard,
      responder: responder ??
        createService(endpoint.protocol, { ...this.#services, keys, nts: nts?.sealer, random32 }),
      base: this.#base,
      clock: time.clock,
      faults,
      log,
      onError: this.#reportError,
      clients: clients && new ClientTable(clients),
      recorder,
      maxTasks,
    });
    this.#listeners.push(listener);
    return { port: listener.port, counters: [counters] };
  }

  #register(
    bound: Endpoint,
    { spec: own, time, faults }: ListenerParts,
    counters: readonly Counters[],
  ): void {
    noteListener(this.#guard, bound);
    const url = formatEndpoint(bound);
    const { isSimulated } = time;
    this.addresses.push({ ...bound, url, isSimulated, ...(faults !== undefined && { faults }) });
    const atStart = { faults: faults?.options ?? {}, seed: faults?.seed };
    const totals = (): Totals => sumCounters(counters);
    this.#controlled.push({ ...bound, url, totals, time, faults, atStart, own });
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#abort);
    await Promise.all([
      this.#parts.control?.shutdown(),
      this.#parts.web?.shutdown(),
      this.#parts.nts?.shutdown(),
      this.#workers?.shutdown(),
      this.#parts.following?.shutdown(),
      ...this.#listeners.map((listener) => listener.shutdown(SHUTDOWN_GRACE_MS)),
    ]);
    this.#owned.dispose();
    // A record has no end where it has not begun.
    if (this.#hasStarted) await this.#parts.recorder?.close();
    await this.#options.log?.flush();
    this.#finished.resolve();
  }
}
