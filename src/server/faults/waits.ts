/** The waiting replies of a listener: delayed, or held for another one to overtake them. */
export class Waits implements Disposable {
  readonly #waiting = new Set<() => void>();
  readonly #held = new Set<() => void>();
  #isDisposed = false;

  /** Resolves after a time, or once this is disposed of. */
  wait(ms: number): Promise<void> {
    if (this.#isDisposed) return Promise.resolve();
    return new Promise((resolve) => this.#sleep(ms, resolve));
  }

  /** Resolves when another reply has left, or like {@linkcode wait}. */
  hold(ms: number): Promise<void> {
    if (this.#isDisposed) return Promise.resolve();
    return new Promise((resolve) => this.#held.add(this.#sleep(ms, resolve)));
  }

  /** Releases the held replies: another one has left. */
  left(): void {
    for (const wake of this.#held) wake();
  }

  #sleep(ms: number, resolve: () => void): () => void {
    const wake = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(wake);
      this.#held.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    this.#waiting.add(wake);
    return wake;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const wake of this.#waiting) wake();
  }
}
