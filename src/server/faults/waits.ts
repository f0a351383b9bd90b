/** Replies that are due in the same millisecond. */
interface Due {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly wakes: Set<() => void>;
}

/**
 * The waiting replies of a listener: delayed, or held for another one to overtake them. Those of a millisecond
 * share a timer, as a shutdown within a second has no time for one per reply.
 */
export class Waits implements Disposable {
  readonly #due = new Map<number, Due>();
  readonly #held = new Set<() => void>();
  #isDisposed = false;

  /** Resolves after a time; never once this is disposed of, when the listener is closed. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#sleep(ms, resolve));
  }

  /** Resolves when another reply has left, or like {@linkcode wait}. */
  hold(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#held.delete(wake);
        cancel();
        resolve();
      };
      const cancel = this.#sleep(ms, wake);
      this.#held.add(wake);
    });
  }

  /** Releases the held replies: another one has left. */
  left(): void {
    for (const wake of this.#held) wake();
  }

  /** Calls a function after a time; returns what cancels it. */
  #sleep(ms: number, wake: () => void): () => void {
    if (this.#isDisposed) return () => {};
    const nowMs = performance.now();
    const dueMs = Math.ceil(nowMs + ms);
    const due = this.#due.get(dueMs) ?? this.#begin(dueMs, dueMs - nowMs);
    due.wakes.add(wake);
    return () => {
      due.wakes.delete(wake);
      if (due.wakes.size === 0) this.#end(dueMs, due);
    };
  }

  #begin(dueMs: number, ms: number): Due {
    const wakes = new Set<() => void>();
    const timer = setTimeout(() => {
      this.#due.delete(dueMs);
      for (const wake of wakes) wake();
    }, ms);
    const due = { timer, wakes };
    this.#due.set(dueMs, due);
    return due;
  }

  #end(dueMs: number, { timer }: Due): void {
    clearTimeout(timer);
    this.#due.delete(dueMs);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const [dueMs, due] of this.#due) this.#end(dueMs, due);
    this.#held.clear();
  }
}
