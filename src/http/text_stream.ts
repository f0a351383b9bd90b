/** Parts that a slow reader may leave waiting; more end its stream. */
const MAX_WAITING = 64;

/**
 * A response body whose parts come one after another. A reader that falls too far behind is cut off, so that it
 * costs no memory; it may connect again.
 */
export class TextStream implements AsyncIterableIterator<string> {
  readonly #waiting: string[] = [];
  readonly #onEnd: () => void;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;
  #wake = Promise.withResolvers<void>();

  /** @param onEnd Called once, when it ends, for whatever reason */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Resolves when it ends. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Adds a part, unless it has ended. */
  push(text: string): void {
    if (this.#hasEnded) return;
    if (this.#waiting.length >= MAX_WAITING) return this.end();
    this.#waiting.push(text);
    this.#change();
  }

  /** Ends it; parts that wait are dropped. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#waiting.length = 0;
    this.#change();
    this.#ended.resolve();
    this.#onEnd();
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    while (true) {
      const value = this.#waiting.shift();
      if (value !== undefined) return { value, done: false };
      if (this.#hasEnded) return { value: undefined, done: true };
      await this.#wake.promise;
    }
  }

  return(): Promise<IteratorResult<string, undefined>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #change(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
