/** The workers of the mmsg transport, started, watched and replaced by the main thread. */
import { type Libc, openLibc, SHUT_RD } from "../../system/libc.ts";
import { settleWithin, systemTimers, type Timers } from "../../system/time.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import { Counters } from "../../transports/counters.ts";
import { closeSockets, openSockets } from "../../transports/mmsg/socket.ts";
import type { GuardPlan } from "../guard/guard.ts";
import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import type { RawOrigin } from "../../clock/kernel_clocks.ts";
import type { ServiceSettings } from "../../protocols/services.ts";
import type { ClientMemory } from "../clients/client_table.ts";
import { LIMIT_WINDOW_MS, LineLimiter } from "../log/line_limiter.ts";
import type { ServerLog } from "../log/log.ts";
import type { WorkerListener, WorkerMessage, WorkerSetup } from "./setup.ts";
import { openWorker, requireDescriptors, RestartPauses } from "./threads.ts";

export interface WorkerPoolOptions {
  readonly size: number;
  readonly services: ServiceSettings;
  readonly keys?: SymmetricKeys | undefined;
  /** The memory of the key ring of cookies, if NTS is served. */
  readonly ntsKeys?: SharedArrayBuffer | undefined;
  readonly guard: GuardPlan;
  /**
   * The queue of requests of each socket, in KiB.
   *
   * @default {256}
   */
  readonly receiveQueueKib?: number | undefined;
  readonly log?: ServerLog | undefined;
  /** The origin of the raw clock, if that is the base of what is served. */
  readonly origin?: RawOrigin | undefined;
  /** The tables of clients, one per worker, if they are counted. */
  readonly clients?: readonly ClientMemory[] | undefined;
  /** Called with the first error that a responder throws in each worker. */
  readonly onError?: ((endpoint: Endpoint, error: Error) => void) | undefined;
  /**
   * Starts a thread that waits for a {@linkcode WorkerSetup}.
   *
   * @default {openWorker}
   */
  readonly openWorker?: () => Worker;
  /** The system calls behind the sockets; disposed of with the pool. */
  readonly libc?: Libc | undefined;
  /** @default {systemTimers} */
  readonly timers?: Timers;
}

/**
 * Some 500 small datagrams of 768 octets each, as the kernel doubles the requested size and allows
 * 208 KiB with the default of `net.core.rmem_max`. Its default holds 277 and loses some of each burst; a
 * longer one gains nothing under overload and delays every reply (docs/performance.md).
 */
const RECEIVE_QUEUE_KIB = 256;

/** The time for a worker to end: it looks every 200 ms, and is also woken. */
const END_MS = 1000;

export class WorkerPool {
  readonly #libc: Libc;
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly WorkerSlot[];
  #window: Disposable | undefined;
  #hasWarnedOfQueue = false;

  constructor(options: WorkerPoolOptions) {
    this.#libc = options.libc ?? openLibc();
    this.#options = options;
    this.#slots = Array.from(
      { length: options.size },
      (_, i) => new WorkerSlot(options, this.#libc, options.clients?.[i]),
    );
  }

  /**
   * Opens the threads, which load their modules while this one binds addresses.
   *
   * @throws {Error} If there are too few file descriptors
   */
  prepare(): void {
    const unopened = this.#slots.filter(({ isRunning }) => !isRunning);
    requireDescriptors(this.#libc, unopened.length);
    for (const slot of unopened) slot.prepare();
  }

  /** Whether every worker runs: none is dead and waits to be replaced. */
  get isComplete(): boolean {
    return this.#slots.every(({ isRunning }) => isRunning);
  }

  /**
   * Binds an address: one socket for each worker.
   *
   * @param page The page of its clock
   * @returns The port, which is never 0, and the counters of each worker
   * @throws {ListenError} If the address cannot be bound
   */
  listen(
    endpoint: Endpoint,
    page: SharedArrayBuffer,
  ): { readonly port: number; readonly counters: readonly Counters[] } {
    const { hostname, port } = endpoint;
    const { receiveQueueKib: wanted = RECEIVE_QUEUE_KIB } = this.#options;
    const sockets = openSockets(this.#libc, {
      hostname,
      port,
      count: this.#slots.length,
      receiveQueueOctets: wanted * 1024,
    });
    this.#warnOfQueue(sockets.receiveQueueOctets / 1024);
    const bound = { ...endpoint, port: sockets.port };
    const counters = sockets.descriptors.map((descriptor, i) => {
      const memory = new SharedArrayBuffer(Counters.octets);
      this.#slots[i]?.listeners.push({ descriptor, endpoint: bound, page, counters: memory });
      return new Counters(memory);
    });
    return { port: sockets.port, counters };
  }

  /** Warns once if the queue is shorter than the one that was explicitly configured. */
  #warnOfQueue(kib: number): void {
    const { receiveQueueKib: wanted = 0, log } = this.#options;
    if (kib >= wanted || this.#hasWarnedOfQueue) return;
    this.#hasWarnedOfQueue = true;
    log?.warning(
      `The receive queue is ${kib} KiB instead of ${wanted}: ` +
        `sysctl net.core.rmem_max=${wanted * 1024} allows it`,
    );
  }

  /**
   * Starts the workers.
   *
   * @throws {Error} If one dies before it is ready; the message has the cause
   */
  async start(): Promise<void> {
    if (this.#options.log?.logsRequests) {
      const refill = (): void => this.#slots.forEach((slot) => slot.refillLimiter());
      this.#window = (this.#options.timers ?? systemTimers).every(LIMIT_WINDOW_MS, refill);
    }
    this.prepare();
    await Promise.all(this.#slots.map((slot) => slot.start()));
  }

  /** Ends every worker, then closes the sockets. */
  async shutdown(): Promise<void> {
    this.#window?.[Symbol.dispose]();
    await Promise.all(this.#slots.map((slot) => slot.stop()));
    const listeners = this.#slots.flatMap((slot) => slot.listeners);
    closeSockets(this.#libc, listeners.map(({ descriptor }) => descriptor));
    this.#libc[Symbol.dispose]();
  }
}

/** The slot of one worker: its successor gets the same sockets, counters and limiter. */
class WorkerSlot {
  readonly listeners: WorkerListener[] = [];
  readonly #options: WorkerPoolOptions;
  readonly #libc: Libc;
  readonly #timers: Timers;
  readonly #setup: Omit<WorkerSetup, "listeners">;
  readonly #stop: Int32Array<SharedArrayBuffer>;
  readonly #limiter: LineLimiter;
  readonly #stopping = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  #ready = Promise.withResolvers<void>();
  #worker: Worker | undefined;
  #hasSetup = false;
  readonly #pauses = new RestartPauses();
  #startedMs = 0;

  constructor(options: WorkerPoolOptions, libc: Libc, clients: ClientMemory | undefined) {
    const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const limiter = new SharedArrayBuffer(LineLimiter.octets);
    this.#stop = new Int32Array(stop);
    this.#limiter = new LineLimiter(limiter);
    this.#options = options;
    this.#libc = libc;
    this.#timers = options.timers ?? systemTimers;
    const { services, ntsKeys, guard, log, origin } = options;
    const { logsRequests = false, logsRefusals = false } = log ?? {};
    const keys = options.keys?.copy();
    this.#setup = {
      ...{ services, keys, ntsKeys, guard, clients, origin, stop, limiter },
      ...{ logsRequests, logsRefusals },
    };
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Opens a thread, which waits for its setup. */
  prepare(): void {
    const ready = this.#ready = Promise.withResolvers<void>();
    // The failure is that of start(), unless the pool is shut down before.
    ready.promise.catch(() => {});
    const worker = (this.#options.openWorker ?? openWorker)();
    this.#worker = worker;
    this.#startedMs = this.#timers.monotonicMs();
    let isReady = false;
    const died = (cause: string): void => {
      worker.terminate();
      this.#worker = undefined;
      this.#hasSetup = false;
      if (this.#stopping.signal.aborted) this.#stopped.resolve();
      else if (isReady) void this.#replace(cause);
      else ready.reject(new Error(`Cannot start a worker thread: ${firstLine(cause)}`));
    };
    worker.onmessage = ({ data: message }: MessageEvent<WorkerMessage>): void => {
      if (message.event === "died") died(message.cause);
      else if (message.event === "ready") {
        isReady = true;
        ready.resolve();
      } else this.#receive(message);
    };
    worker.onerror = (event): void => {
      // Otherwise it would end the whole process.
      event.preventDefault();
      died(event.message);
    };
  }

  /** Has the thread work; rejects if it dies before it is ready, unless it was stopped. */
  start(): Promise<void> {
    const setup: WorkerSetup = { ...this.#setup, listeners: this.listeners };
    this.#worker?.postMessage(setup);
    this.#hasSetup = true;
    return this.#ready.promise;
  }

  /** Ends the worker: resolves when it no longer touches its sockets. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    Atomics.store(this.#stop, 0, 1);
    Atomics.notify(this.#stop, 0);
    // shutdown(2) fails on a socket without a peer, but wakes a thread that waits for it.
    for (const { descriptor } of this.listeners) this.#libc.call.shutdown(descriptor, SHUT_RD);
    if (this.#worker === undefined) return;
    // Without its setup it has no word to look at, and no socket.
    if (this.#hasSetup) await settleWithin(this.#timers, END_MS, this.#stopped.promise);
    this.#worker?.terminate();
    this.#worker = undefined;
    // A start under way ends with it.
    this.#ready.resolve();
    this.refillLimiter();
  }

  /** Reports the lines that the worker suppressed, and admits those of another second. */
  refillLimiter(): void {
    this.#options.log?.addSuppressed(this.#limiter.refill());
  }

  #receive(message: WorkerMessage): void {
    const { log, onError } = this.#options;
    if (message.event === "stopped") this.#stopped.resolve();
    else if (message.event === "request") {
      const { endpoint, source, request, cause } = message;
      if (cause === undefined) log?.request(endpoint, source, request);
      else log?.refused(endpoint, source, request, cause);
    } else if (message.event === "error") {
      onError?.(message.endpoint, new Error(message.message));
    } else if (message.event === "failed") {
      log?.failed(message.endpoint, message.operation, message.message);
    }
  }

  async #replace(cause: string): Promise<void> {
    const pauseMs = this.#pauses.next(this.#timers.monotonicMs() - this.#startedMs);
    this.#options.log?.warning(
      `A worker thread died and is replaced in ${pauseMs / 1000} s: ${firstLine(cause)}`,
    );
    const { signal } = this.#stopping;
    try {
      await this.#timers.sleep(pauseMs, signal);
      requireDescriptors(this.#libc, 1);
      this.prepare();
      await this.start();
    } catch (error) {
      // A successor that cannot start counts as another dead worker.
      if (!signal.aborted) void this.#replace((error as Error).message);
    }
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
