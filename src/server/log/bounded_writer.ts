import { settleWithin, systemTimers } from "../../system/time.ts";

/** A destination of octets, such as `Deno.stderr`. */
export interface Sink {
  /** Writes some of `data`, and returns how many octets. */
  write(data: Uint8Array): Promise<number>;
}

/** Lines are dropped while more characters than this wait for a slow sink. */
const MAX_PENDING_CHARACTERS = 64 * 1024;

/** The wait of a flush for a sink that blocks. */
const FLUSH_TIMEOUT_MS = 200;

/**
 * Writes lines in order without making the caller wait. A sink that blocks (a stopped pager) or is gone
 * (`| head`) loses lines, nothing else.
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

  /** Writes a line, and returns whether it was not dropped. */
  write(line: string): boolean {
    if (this.#broken || this.#pending.length + line.length > MAX_PENDING_CHARACTERS) return false;
    this.#pending += line;
    this.#writing ??= this.#drain();
    return true;
  }

  async flush(): Promise<void> {
    if (this.#writing) await settleWithin(systemTimers, FLUSH_TIMEOUT_MS, this.#writing);
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
    } catch (error) {
      // Another program may have made a pipe or terminal that both share one that does not block: it is full for now.
      this.#broken = !(error instanceof Error && error.name === "WouldBlock");
      this.#pending = "";
    }
    this.#writing = undefined;
  }
}
