import { timeoutSignal } from "./runtime.ts";

/** Time and waiting, injected into all that waits, so that tests run under fake time. */
export interface Timers {
  /**
   * Reads this machine's clock, which may be set at any moment.
   *
   * @returns The time
   */
  now(): Temporal.Instant;
  /**
   * Reads a clock that is never set.
   *
   * @returns Milliseconds since any moment
   */
  monotonicMs(): number;
  /**
   * Waits; not at all for 0 or less.
   *
   * @param ms For how many milliseconds
   * @param signal Ends it when it aborts
   * @throws The signal's reason if that aborts first
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Makes a signal that aborts after a time; it keeps no process alive unless something waits for it.
   *
   * @param ms After how many milliseconds
   * @returns The signal
   */
  timeout(ms: number): AbortSignal;
  /**
   * Calls a function at regular intervals, until it is disposed of.
   *
   * @param ms Milliseconds from one call to the next
   * @param tick The function
   * @returns A handle whose disposal ends it
   */
  every(ms: number, tick: () => void): Disposable;
}

/** The longest time of a timer, 25 days: one of more would end at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The time of this machine. */
export const systemTimers: Timers = {
  now: () => Temporal.Now.instant(),
  monotonicMs: () => performance.now(),
  // The first setTimeout() of a process costs Deno 4 to 7 ms, AbortSignal.timeout() less than 0.5.
  timeout: (ms) => timeoutSignal(Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMEOUT_MS)),
  async sleep(ms, signal): Promise<void> {
    signal?.throwIfAborted();
    if (ms > 0) await settleWithin(systemTimers, ms, new Promise(() => {}), signal);
  },
  // Signals again, as the first setInterval() costs as much as the first setTimeout(), and 3.5 MB.
  every(ms, tick): Disposable {
    let next: AbortSignal;
    const periodMs = Math.max(ms, 1);
    let dueMs = systemTimers.monotonicMs();
    const wait = (): void => {
      const nowMs = systemTimers.monotonicMs();
      // From the first call on, so that delays do not add up; calls that were missed are left out.
      dueMs += periodMs * Math.max(1, Math.ceil((nowMs - dueMs) / periodMs));
      next = systemTimers.timeout(dueMs - nowMs);
      next.addEventListener("abort", run);
    };
    const run = (): void => {
      wait();
      tick();
    };
    wait();
    return { [Symbol.dispose]: () => next.removeEventListener("abort", run) };
  },
};

/**
 * Waits for a promise, but no longer than `ms`.
 *
 * @returns The value of the promise, or `undefined` if it is not settled by then
 * @throws The signal's reason if that aborts first
 */
export async function settleWithin<T>(
  timers: Timers,
  ms: number,
  promise: Promise<T>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  signal?.throwIfAborted();
  const { promise: end, resolve, reject } = Promise.withResolvers<undefined>();
  const timeout = timers.timeout(ms);
  const give = (): void => resolve(undefined);
  const abort = (): void => reject(signal?.reason);
  timeout.addEventListener("abort", give);
  if (timeout.aborted) give();
  signal?.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, end]);
  } finally {
    timeout.removeEventListener("abort", give);
    signal?.removeEventListener("abort", abort);
  }
}
