/** Aborts after a while, or when another signal does. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #other: AbortSignal | undefined;
  readonly #abort = (): void => this.#controller.abort(this.#other?.reason);

  /**
   * @param seconds How long; for ever if undefined
   * @param other The other signal
   */
  constructor(seconds: number | undefined, other: AbortSignal | undefined) {
    this.#other = other;
    if (other?.aborted) this.#abort();
    other?.addEventListener("abort", this.#abort);
    if (seconds !== undefined) this.#timer = setTimeout(this.#abort, seconds * 1000);
  }

  /** What aborts. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends it at once. */
  end(): void {
    this.#controller.abort();
  }

  /** Waits, but no longer than until it aborts; never throws. */
  async pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const timer = setTimeout(wake, milliseconds);
    this.signal.addEventListener("abort", wake);
    await promise;
    clearTimeout(timer);
    this.signal.removeEventListener("abort", wake);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#other?.removeEventListener("abort", this.#abort);
  }
}
