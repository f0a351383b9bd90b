/** A pool of workers under fake time, with threads and sockets that a test controls. */
import { planGuard } from "../../src/server/guard/guard.ts";
import type { ServerLog } from "../../src/server/log/log.ts";
import { WorkerPool, type WorkerPoolOptions } from "../../src/server/workers/pool.ts";
import type { WorkerMessage, WorkerSetup } from "../../src/server/workers/setup.ts";
import { FakeLibc } from "./fake_libc.ts";
import { FakeTime } from "./fake_time.ts";

export const services = { utc: true, daytimeFormat: "ctime" } as const;
export const guard = planGuard({});

/** A thread whose messages a test sends. */
export class FakeThread {
  onmessage: ((event: { data: WorkerMessage }) => void) | undefined;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | undefined;
  setup: WorkerSetup | undefined;
  isTerminated = false;

  postMessage(setup: WorkerSetup): void {
    this.setup = setup;
  }

  terminate(): void {
    this.isTerminated = true;
  }

  say(message: WorkerMessage): void {
    this.onmessage?.({ data: message });
  }

  /** Ends it by an uncaught error; returns whether that was kept from ending the process. */
  throw(message: string): boolean {
    let isPrevented = false;
    this.onerror?.({ message, preventDefault: () => isPrevented = true });
    return isPrevented;
  }

  /** Whether it was asked to stop. */
  get isStopped(): boolean {
    return new Int32Array(this.setup?.stop ?? new ArrayBuffer(4))[0] === 1;
  }
}

/** A pool, and all that its parts received. */
export class TestPool {
  readonly time = new FakeTime();
  readonly libc = new FakeLibc();
  readonly threads: FakeThread[] = [];
  readonly warnings: string[] = [];
  readonly messages: unknown[][] = [];
  readonly pool: WorkerPool;

  constructor(
    options: Partial<WorkerPoolOptions> = {},
    logs: { readonly logsRequests: boolean; readonly logsRefusals: boolean } = {
      logsRequests: true,
      logsRefusals: true,
    },
  ) {
    const tell = (name: string) => (...args: unknown[]): void =>
      void this.messages.push([name, ...args]);
    const log: Partial<ServerLog> = {
      ...logs,
      warning: (message) => void this.warnings.push(message),
      request: tell("request"),
      refused: tell("refused"),
      failed: tell("failed"),
      addSuppressed: tell("suppressed"),
    };
    this.pool = new WorkerPool({
      size: 1,
      services,
      guard,
      log: log as ServerLog,
      openWorker: () => {
        const thread = new FakeThread();
        this.threads.push(thread);
        return thread as unknown as Worker;
      },
      libc: this.libc,
      timers: this.time,
      ...options,
    });
  }

  /** Starts it with all threads ready. */
  async start(): Promise<void> {
    const starting = this.pool.start();
    for (const thread of this.threads) thread.say({ event: "ready" });
    await starting;
  }

  get last(): FakeThread {
    return this.threads.at(-1) ?? new FakeThread();
  }

  /** Ends it, as threads do that look at their stop word. */
  async shutdown(): Promise<void> {
    const ended = this.pool.shutdown();
    for (const thread of this.threads) thread.say({ event: "stopped" });
    await ended;
  }
}
