import { type ClockStatus, UNKNOWN_CLOCK, UNSYNCHRONIZED } from "./clock_status.ts";

/** Octets of the page; the end is room for what else all threads have to know of the clock. */
const PAGE_LENGTH = 256;

/** The sequence counter, as a 32-bit word. */
const SEQUENCE = 0;

/** The facts, as 64-bit floating-point numbers. */
const LEAP = 1;
const STRATUM = 2;
const REFERENCE_ID = 3;
const ROOT_DELAY = 4;
const ROOT_DISPERSION = 5;
const REFERENCE = 6;
const PRECISION = 7;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A {@linkcode ClockStatus} that one thread writes and any number of threads
 * read, without locks: the sequence counter is odd while the page is being
 * written, so that a reader knows whether what it read is of one piece.
 */
export class StatusPage {
  /** What is given to the other threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #facts: Float64Array<SharedArrayBuffer>;
  readonly #status: Mutable<ClockStatus>;
  #sequenceRead = -1;

  /** Opens a page: a new one, or that of another thread. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(PAGE_LENGTH)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#facts = new Float64Array(buffer);
    this.#status = { ...UNKNOWN_CLOCK, leap: UNSYNCHRONIZED, referenceSeconds: 0, precision: 0 };
  }

  /** Writes the page. One thread alone may. */
  publish(status: ClockStatus): void {
    const facts = this.#facts;
    Atomics.add(this.#words, SEQUENCE, 1);
    facts[LEAP] = status.leap;
    facts[STRATUM] = status.stratum;
    facts[REFERENCE_ID] = status.referenceId;
    facts[ROOT_DELAY] = status.rootDelaySeconds;
    facts[ROOT_DISPERSION] = status.rootDispersionSeconds;
    facts[REFERENCE] = status.referenceSeconds;
    facts[PRECISION] = status.precision;
    Atomics.add(this.#words, SEQUENCE, 1);
  }

  /** The page as it stands; the object is used again by the next call. */
  read(): ClockStatus {
    const sequence = Atomics.load(this.#words, SEQUENCE);
    // Mostly nothing was written since: a page changes every few seconds.
    if (sequence !== this.#sequenceRead) this.#copy(sequence);
    return this.#status;
  }

  #copy(seen: number): void {
    const [facts, status] = [this.#facts, this.#status];
    let before = seen;
    while (true) {
      status.leap = facts[LEAP] as number;
      status.stratum = facts[STRATUM] as number;
      status.referenceId = facts[REFERENCE_ID] as number;
      status.rootDelaySeconds = facts[ROOT_DELAY] as number;
      status.rootDispersionSeconds = facts[ROOT_DISPERSION] as number;
      status.referenceSeconds = facts[REFERENCE] as number;
      status.precision = facts[PRECISION] as number;
      // Not a load: on arm64 the reads above could then still come after it.
      const after = Atomics.or(this.#words, SEQUENCE, 0);
      if (after === before && (after & 1) === 0) break;
      before = after;
    }
    this.#sequenceRead = before;
  }
}
