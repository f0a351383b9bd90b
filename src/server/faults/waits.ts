/** The answers of a listener that wait: for a time, or for another one to overtake them. */
export class Waits implements Disposable {
  readonly #waiting = new Set<() => void>();
  readonly #held = new Set<() => void>();
  #isDisposed = false;

  /** Resolves after a time; at once when these are disposed of. */
  wait(ms: number): Promise<void> {
    return this.#sleep(ms, () => {});
  }

  /** Resolves when another answer has left, or after a time. */
  hold(ms: number): Promise<void> {
    return this.#sleep(ms, (wake) => this.#held.add(wake));
  }

  /** Says that an answer has left. */
  left(): void {
    for (const wake of this.#held) wake();
  }

  #sleep(ms: number, begin: (wake: () => void) => void): Promise<void> {
    if (this.#isDisposed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        this.#held.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
      begin(wake);
    });
  }

  /** Has nothing wait any more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const wake of this.#waiting) wake();
  }
}
