/** Time and waiting, injected into whatever waits, so that tests run under fake time. */
export interface Timers {
  /** This machine's clock, which may be set at any moment. */
  now(): Temporal.Instant;
  /** Milliseconds on a clock that is never set. */
  monotonicMs(): number;
  /**
   * Waits; not at all for 0 or less.
   *
   * @throws The signal's reason if that aborts first
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts after a time; keeps no process alive unless something waits for it. */
  timeout(ms: number): AbortSignal;
  /** Calls `tick` at regular intervals until it is disposed of; keeps no process alive. */
  every(ms: number, tick: () => void): Disposable;
}

/** The time of this machine. */
export const systemTimers: Timers = {
  now: () => Temporal.Now.instant(),
  monotonicMs: () => performance.now(),
  // The first setTimeout() of a process costs Deno 4 to 7 ms, AbortSignal.timeout() less than 0.5.
  timeout: (ms) => AbortSignal.timeout(Math.max(0, Math.ceil(ms))),
  async sleep(ms, signal): Promise<void> {
    signal?.throwIfAborted();
    if (!(ms > 0)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timeout = systemTimers.timeout(ms);
    const wake = (): void => resolve();
    const abort = (): void => reject(signal?.reason);
    timeout.addEventListener("abort", wake);
    signal?.addEventListener("abort", abort);
    try {
      await promise;
    } finally {
      timeout.removeEventListener("abort", wake);
      signal?.removeEventListener("abort", abort);
    }
  },
  every(ms, tick): Disposable {
    const timer = setInterval(tick, ms);
    Deno.unrefTimer(timer as unknown as number);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};
