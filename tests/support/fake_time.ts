/** Time that only a test lets pass. */
import type { Clock } from "../../src/clock/clock.ts";
import { splitNs } from "../../src/clock/line.ts";
import type { Timers } from "../../src/system/time.ts";

/** A wait for more timers than this is one without end. */
const MAX_FIRED = 20_000;

interface Sleeper {
  readonly atMs: number;
  wake(): void;
}

/**
 * A clock and timers for tests: nothing waits in earnest, and every time is exact.
 *
 * Time passes by {@linkcode advance}, or by {@linkcode run}, which goes on to the next timer whenever
 * everything waits. What waits must wait for these timers alone: not for a socket, a file or a thread.
 *
 * @example A minute at once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FakeTime } from "./fake_time.ts";
 *
 * const time = new FakeTime();
 * await time.run(time.sleep(60_000));
 * assertEquals(time.monotonicMs(), 60_000);
 * ```
 */
export class FakeTime implements Timers {
  /** The lead of the clock that can be set over the monotonic one; change it to set the clock. */
  aheadMs: number;
  #monotonicMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  /** @param start The time at first */
  constructor(start: string = "2026-01-01T00:00:00Z") {
    this.aheadMs = Temporal.Instant.from(start).epochMilliseconds;
  }

  now(): Temporal.Instant {
    const nanoseconds = Math.round(this.#monotonicMs % 1 * 1e6);
    const milliseconds = Math.floor(this.#monotonicMs) + this.aheadMs;
    return Temporal.Instant.fromEpochNanoseconds(BigInt(milliseconds) * 1_000_000n)
      .add({ nanoseconds });
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Lets time pass without a timer, as while the program is held up. */
  holdUp(ms: number): void {
    this.#monotonicMs += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!(ms > 0)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = this.#add(ms, resolve);
    const abort = (): void => {
      this.#sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    await promise.finally(() => signal?.removeEventListener("abort", abort));
  }

  timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    this.#add(ms, () => controller.abort(new DOMException("Signal timed out.", "TimeoutError")));
    return controller.signal;
  }

  every(ms: number, tick: () => void): Disposable {
    if (!(ms > 0)) throw new RangeError(`An interval of ${ms} ms never ends`);
    let sleeper: Sleeper;
    const wait = (): void => {
      sleeper = this.#add(ms, () => {
        wait();
        tick();
      });
    };
    wait();
    return { [Symbol.dispose]: () => this.#sleepers.delete(sleeper) };
  }

  /** Lets this much time pass; each timer that is due meanwhile fires at its own moment. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await idle();
    while (this.#fireNext(endMs)) await idle();
    this.#monotonicMs = endMs;
  }

  /**
   * Lets time pass until a promise settles, and returns its value.
   *
   * @throws {Error} If it cannot settle: nothing waits for a timer
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    await idle();
    for (let fired = 0; !isSettled; fired++) {
      if (fired > MAX_FIRED) throw new Error(`It is not over after ${MAX_FIRED} timers`);
      if (!this.#fireNext()) throw new Error("Nothing waits for a timer, and it is not over");
      await idle();
    }
    return await promise;
  }

  #add(ms: number, fire: () => void): Sleeper {
    const sleeper: Sleeper = {
      atMs: this.#monotonicMs + Math.max(0, ms),
      wake: () => {
        this.#sleepers.delete(sleeper);
        fire();
      },
    };
    this.#sleepers.add(sleeper);
    return sleeper;
  }

  /** Fires the timer that is due next, the one set first if there are several; false if there is none. */
  #fireNext(endMs = Infinity): boolean {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.atMs <= endMs && !(next && next.atMs <= sleeper.atMs)) next = sleeper;
    }
    if (next === undefined) return false;
    this.#monotonicMs = next.atMs;
    next.wake();
    return true;
  }
}

/** Resolves when everything that can run has run: promises run before any timer or event does. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The clock of these timers that can be set. */
export function clockBy(timers: Timers): Clock {
  return { read: (time) => Object.assign(time, splitNs(timers.now().epochNanoseconds)) };
}
