/** Lines per second that requests may cause, of either kind: datagrams, or changes by the control interface. */
const LINES_PER_SECOND = 20;

/** The interval at which a limiter is refilled. */
export const LIMIT_WINDOW_MS = 1000;

const ADMITTED = 0;

export const REQUEST_LINE = 1;

export const FAILURE_LINE = 2;

/** The numbers of lines that a limiter refused. */
export interface SuppressedLines {
  /** Lines about requests. */
  readonly requests: number;
  /** Lines about failures. */
  readonly failures: number;
}

/**
 * Admits a few lines per second and counts the others. In shared memory it spans two threads: a worker
 * admits, the main thread refills.
 */
export class LineLimiter {
  static readonly octets = 12;
  readonly #words: Int32Array;
  #seen: SuppressedLines = { requests: 0, failures: 0 };

  /** Opens a limiter, in its own memory or in zeroed memory that another thread has opened too. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(LineLimiter.octets)) {
    this.#words = new Int32Array(memory);
  }

  /** Whether a line may be written now; if not, counts it. Called for each datagram: allocates nothing. */
  admit(kind: typeof REQUEST_LINE | typeof FAILURE_LINE): boolean {
    const words = this.#words;
    const isFree = (words[ADMITTED] as number) < LINES_PER_SECOND;
    if (isFree && Atomics.add(words, ADMITTED, 1) < LINES_PER_SECOND) return true;
    words[kind] = (words[kind] as number) + 1;
    return false;
  }

  /** Counts lines that another limiter refused. */
  addSuppressed({ requests, failures }: SuppressedLines): void {
    const words = this.#words;
    words[REQUEST_LINE] = (words[REQUEST_LINE] as number) + requests;
    words[FAILURE_LINE] = (words[FAILURE_LINE] as number) + failures;
  }

  /** Admits lines for another second, and returns how many were refused since the last call. */
  refill(): SuppressedLines {
    const before = this.#seen;
    this.#seen = {
      requests: this.#words[REQUEST_LINE] as number,
      failures: this.#words[FAILURE_LINE] as number,
    };
    Atomics.store(this.#words, ADMITTED, 0);
    // The counts wrap at 2^32.
    return {
      requests: this.#seen.requests - before.requests | 0,
      failures: this.#seen.failures - before.failures | 0,
    };
  }
}
