/** The workers of a server on the mmsg transport, from the main thread: started, watched, replaced. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import { Counters } from "../../transports/counters.ts";
import { type Libc, openLibc, SHUT_RD } from "../../system/libc.ts";
import { closeSockets, openSockets } from "../../transports/mmsg/socket.ts";
import type { RecentClients } from "../http/clients.ts";
import type { GuardPlan } from "../guard/guard.ts";
import type { ServiceSettings } from "../../protocols/protocol.ts";
import { CONTROL_LENGTH, type Job, type JobListener, type Report, word } from "./setup.ts";
import { LIMIT_WINDOW_MS, LineLimiter } from "../log/line_limiter.ts";
import type { ServerLog } from "../log/log.ts";
import { openWorker } from "./worker_url.ts";

/** Options for {@linkcode Crew}. */
export interface CrewOptions {
  /** How many workers. */
  readonly size: number;
  readonly services: ServiceSettings;
  readonly guard: GuardPlan;
  /**
   * The queue of requests of each socket, in KiB.
   *
   * @default {256}
   */
  readonly receiveQueueKib?: number | undefined;
  readonly log?: ServerLog | undefined;
  /** Who else hears of requests, of as many as the log at most. */
  readonly clients?: RecentClients | undefined;
  /**
   * Opens a thread that does a {@linkcode Job}.
   *
   * @default {openWorker}
   */
  readonly openWorker?: () => Worker;
}

/**
 * Some 500 small datagrams of 768 octets each, as the kernel counts twice what it is asked for and allows
 * 208 KiB where nobody has set `net.core.rmem_max`. Its default holds 277 and loses some of each burst; a
 * large one wins nothing under overload and has every answer come late (docs/performance.md).
 */
const RECEIVE_QUEUE_KIB = 256;

/** A worker that dies is replaced at once, and then ever later while it dies again. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** A worker that has lived this long died of something else than its predecessor. */
const STEADY_MS = 30_000;

/** How long a worker may take to end: it looks every 200 ms, and is woken besides. */
const END_MS = 1000;

/** The workers of one server, and their sockets. */
export class Crew {
  readonly #libc: Libc = openLibc();
  readonly #options: CrewOptions;
  readonly #members: readonly Member[];
  #window: ReturnType<typeof setInterval> | undefined;
  #hasWarnedOfQueue = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.size }, () => new Member(options));
  }

  /** The counters of each worker. */
  get counters(): readonly Counters[] {
    return this.#members.map(({ counters }) => counters);
  }

  /** Whether every worker is there, none of them dead and yet to be replaced. */
  get isComplete(): boolean {
    return this.#members.every(({ isThere }) => isThere);
  }

  /**
   * Binds an address, for every worker a socket of its own.
   *
   * @param endpoint The address, and the protocol
   * @param page The page of the clock served there
   * @returns The port, which is never 0
   * @throws {ListenError} If the address cannot be bound
   */
  listen(endpoint: Endpoint, page: SharedArrayBuffer): number {
    const { hostname, port } = endpoint;
    const { receiveQueueKib: wanted = RECEIVE_QUEUE_KIB } = this.#options;
    const sockets = openSockets(this.#libc, {
      hostname,
      port,
      count: this.#members.length,
      receiveQueueOctets: wanted * 1024,
    });
    this.#warnOfQueue(sockets.receiveQueueOctets / 1024);
    const bound = { ...endpoint, port: sockets.port };
    sockets.descriptors.forEach((descriptor, i) => {
      this.#members[i]?.listeners.push({ descriptor, endpoint: bound, page });
    });
    return sockets.port;
  }

  /** Says it once if the queue is not what was asked for in so many words. */
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
   * @throws {Error} What the first one died of
   */
  async start(): Promise<void> {
    if (hearsRequests(this.#options)) {
      this.#window = setInterval(
        () => this.#members.forEach((each) => each.sumUp()),
        LIMIT_WINDOW_MS,
      );
      Deno.unrefTimer(this.#window as unknown as number);
    }
    await Promise.all(this.#members.map((each) => each.start()));
  }

  /** Ends every worker, then closes the sockets. */
  async shutdown(): Promise<void> {
    clearInterval(this.#window);
    const descriptors = this.#members.flatMap(({ listeners }) =>
      listeners.map(({ descriptor }) => descriptor)
    );
    await Promise.all(this.#members.map((each) => each.stop(this.#libc)));
    closeSockets(this.#libc, descriptors);
    this.#libc[Symbol.dispose]();
  }
}

/** The place of one worker; whoever dies there has a successor with the same sockets and counters. */
class Member {
  readonly listeners: JobListener[] = [];
  readonly counters: Counters;
  readonly #options: CrewOptions;
  readonly #job: Omit<Job, "listeners">;
  readonly #control: Int32Array<SharedArrayBuffer>;
  #worker: Worker | undefined;
  #stopped = Promise.withResolvers<void>();
  #ready = Promise.withResolvers<void>();
  #successor: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #bornMs = 0;
  readonly #limiter: LineLimiter;

  constructor(options: CrewOptions) {
    const counters = new SharedArrayBuffer(Counters.octets);
    const control = new SharedArrayBuffer(CONTROL_LENGTH);
    const limiter = new SharedArrayBuffer(LineLimiter.octets);
    this.counters = new Counters(counters);
    this.#limiter = new LineLimiter(limiter);
    this.#options = options;
    this.#control = new Int32Array(control);
    this.#job = {
      services: options.services,
      guard: options.guard,
      counters,
      control,
      limiter,
      isLogged: hearsRequests(options),
    };
  }

  get isThere(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts a worker; rejects if it dies before it answers, unless it was to stop. */
  start(): Promise<void> {
    const ready = this.#ready = Promise.withResolvers<void>();
    const worker = (this.#options.openWorker ?? openWorker)();
    this.#worker = worker;
    this.#bornMs = performance.now();
    let isReady = false;
    const died = (cause: string): void => {
      worker.terminate();
      this.#worker = undefined;
      if (this.#control[word.stop] !== 0) this.#stopped.resolve();
      else if (isReady) this.#replace(cause);
      else ready.reject(new Error(`Cannot start a worker thread: ${firstLine(cause)}`));
    };
    worker.onmessage = ({ data: report }: MessageEvent<Report>): void => {
      if (report.event === "died") died(report.cause);
      else if (report.event === "ready") {
        isReady = true;
        ready.resolve();
      } else this.#hear(report);
    };
    worker.onerror = (event): void => {
      // Otherwise it would end the whole process.
      event.preventDefault();
      died(event.message);
    };
    worker.postMessage({ ...this.#job, listeners: this.listeners } satisfies Job);
    return ready.promise;
  }

  /** Ends the worker: resolves when it no longer touches its sockets. */
  async stop(libc: Libc): Promise<void> {
    clearTimeout(this.#successor);
    Atomics.store(this.#control, word.stop, 1);
    Atomics.notify(this.#control, word.stop);
    // It fails on a socket without a peer, as documented, but wakes who waits for it.
    for (const { descriptor } of this.listeners) libc.call.shutdown(descriptor, SHUT_RD);
    if (this.#worker === undefined) return;
    const timer = setTimeout(this.#stopped.resolve, END_MS);
    await this.#stopped.promise;
    clearTimeout(timer);
    this.#worker?.terminate();
    this.#worker = undefined;
    // Whoever waits for its start has no more to wait for.
    this.#ready.resolve();
    this.sumUp();
  }

  /** Passes on how many lines the worker suppressed, and admits those of another second. */
  sumUp(): void {
    const { log, clients } = this.#options;
    const suppressed = this.#limiter.refill();
    log?.addSuppressed(suppressed);
    if (clients !== undefined) clients.untold += suppressed.requests;
  }

  #hear(report: Report): void {
    const { log, clients } = this.#options;
    if (report.event === "stopped") this.#stopped.resolve();
    else if (report.event === "request") {
      log?.request(report.endpoint, report.source, report.octets);
      clients?.request(report.endpoint, report.source);
    } else if (report.event === "failed") {
      log?.failed(report.endpoint, report.operation, report.message);
    }
  }

  #replace(cause: string): void {
    const isSteady = performance.now() - this.#bornMs > STEADY_MS;
    this.#pauseMs = isSteady ? FIRST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    this.#options.log?.warning(
      `A worker thread died and is replaced in ${this.#pauseMs / 1000} s: ${firstLine(cause)}`,
    );
    this.#successor = setTimeout(() => {
      // A successor that cannot even start is one more that died.
      this.start().catch((error: Error) => {
        if (this.#control[word.stop] === 0) this.#replace(error.message);
      });
    }, this.#pauseMs);
  }
}

function hearsRequests({ log, clients }: CrewOptions): boolean {
  return log?.logsRequests || clients !== undefined;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
