/** Lines per second that clients may cause, of each kind: requests and failures, refused requests, changes. */
const LINES_PER_SECOND = 20;

/** The interval at which a limiter is refilled. */
export const LIMIT_WINDOW_MS = 1000;

/** The place of each kind of line: its count of refused lines. */
export const REQUEST_LINE = 2;
export const FAILURE_LINE = 3;
export const REFUSAL_LINE = 4;

/** The places of the lines admitted: a flood of refused requests hides no others. */
const ADMITTED = 0;
const ADMITTED_REFUSALS = 1;

/** The numbers of lines that a limiter refused. */
interface SuppressedLines {
  /** Lines about requests. */
  readonly requests: number;
  /** Lines about failures. */
  readonly failures: number;
  /** Lines about refused requests. */
  readonly refusals: number;
}

const NO_LINES: SuppressedLines = { requests: 0, failures: 0, refusals: 0 };

/**
 * Admits a few lines per second and counts the others. In shared memory it spans two threads: a worker
 * admits, the main thread refills.
 */
export class LineLimiter {
  static readonly octets = 20;
  readonly #words: Int32Array;
  #seen = NO_LINES;

  /** Opens a limiter, in its own memory or in zeroed memory that another thread has opened too. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(LineLimiter.octets)) {
    this.#words = new Int32Array(memory);
  }

  /** Whether a line may be written now; if not, counts it. Called for each datagram: allocates nothing. */
  admit(kind: typeof REQUEST_LINE | typeof FAILURE_LINE | typeof REFUSAL_LINE): boolean {
    const words = this.#words;
    const admitted = kind === REFUSAL_LINE ? ADMITTED_REFUSALS : ADMITTED;
    const isFree = (words[admitted] as number) < LINES_PER_SECOND;
    if (isFree && Atomics.add(words, admitted, 1) < LINES_PER_SECOND) return true;
    words[kind] = (words[kind] as number) + 1;
    return false;
  }

  /** Counts lines that another limiter refused. */
  addSuppressed({ requests, failures, refusals }: SuppressedLines): void {
    const words = this.#words;
    words[REQUEST_LINE] = (words[REQUEST_LINE] as number) + requests;
    words[FAILURE_LINE] = (words[FAILURE_LINE] as number) + failures;
    words[REFUSAL_LINE] = (words[REFUSAL_LINE] as number) + refusals;
  }

  /** Admits lines for another second, and returns how many were refused since the last call. */
  refill(): SuppressedLines {
    const [words, before] = [this.#words, this.#seen];
    this.#seen = {
      requests: words[REQUEST_LINE] as number,
      failures: words[FAILURE_LINE] as number,
      refusals: words[REFUSAL_LINE] as number,
    };
    Atomics.store(words, ADMITTED, 0);
    Atomics.store(words, ADMITTED_REFUSALS, 0);
    // The counts wrap at 2^32.
    return {
      requests: this.#seen.requests - before.requests | 0,
      failures: this.#seen.failures - before.failures | 0,
      refusals: this.#seen.refusals - before.refusals | 0,
    };
  }
}
