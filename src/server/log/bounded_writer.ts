/** Where octets go: `Deno.stderr`, for one. */
export interface Sink {
  /** Writes some of `data` and tells how many octets it took. */
  write(data: Uint8Array): Promise<number>;
}

/** What may wait for a slow sink before lines are dropped. */
const CAPACITY_CHARACTERS = 64 * 1024;

/** How long a flush waits for a sink that takes nothing. */
const FLUSH_TIMEOUT_MS = 200;

/**
 * Writes lines one after another without ever making the caller wait. A sink
 * that blocks (a stopped pager) or is gone (`| head`) costs lines, nothing else.
 */
export class BoundedWriter {
  readonly #sink: Sink;
  readonly #encoder = new TextEncoder();
  #pending = "";
  #broken = false;
  #writing: Promise<void> | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  write(line: string): void {
    if (this.#broken || this.#pending.length + line.length > CAPACITY_CHARACTERS) return;
    this.#pending += line;
    this.#writing ??= this.#drain();
  }

  async flush(): Promise<void> {
    if (this.#writing === undefined) return;
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
    await Promise.race([this.#writing, timeout]);
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    // Lines of the same turn go out together.
    await Promise.resolve();
    try {
      while (this.#pending !== "") {
        let data = this.#encoder.encode(this.#pending);
        this.#pending = "";
        while (data.length > 0) data = data.subarray(await this.#sink.write(data));
      }
    } catch {
      this.#broken = true;
      this.#pending = "";
    }
    this.#writing = undefined;
  }
}
