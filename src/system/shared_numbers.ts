/**
 * An array of numbers that one thread writes and any number of threads read, without locks: a sequence counter
 * is odd while they are being written, so that a reader knows whether its copy is consistent.
 */
export class SharedNumbers {
  readonly buffer: SharedArrayBuffer;
  readonly #sequence: Int32Array<SharedArrayBuffer>;
  readonly #shared: Float64Array<SharedArrayBuffer>;
  readonly #read: Float64Array<ArrayBuffer>;
  #sequenceRead = -1;

  /** Opens an array: a new one of this length, all zero, or that of another thread. */
  constructor(source: number | SharedArrayBuffer) {
    // The first eight octets hold the counter.
    this.buffer = typeof source === "number" ? new SharedArrayBuffer(8 + 8 * source) : source;
    this.#sequence = new Int32Array(this.buffer, 0, 1);
    this.#shared = new Float64Array(this.buffer, 8);
    this.#read = new Float64Array(this.#shared.length);
  }

  /** Writes all of them. Only one thread may. */
  write(numbers: ArrayLike<number>): void {
    Atomics.add(this.#sequence, 0, 1);
    // On arm64 the writes below could overtake the one above, but not a load of it.
    Atomics.load(this.#sequence, 0);
    this.#shared.set(numbers);
    Atomics.add(this.#sequence, 0, 1);
  }

  /** Whether they were written since the last {@linkcode SharedNumbers.read}. */
  get hasChanged(): boolean {
    return Atomics.load(this.#sequence, 0) !== this.#sequenceRead;
  }

  /** Reads the numbers; the returned array is reused by the next call. */
  read(): Float64Array<ArrayBuffer> {
    let before = Atomics.load(this.#sequence, 0);
    while (before !== this.#sequenceRead) {
      this.#read.set(this.#shared);
      // A load would not do: on arm64 the reads above could still happen after it.
      const after = Atomics.or(this.#sequence, 0, 0);
      if (after === before && (after & 1) === 0) this.#sequenceRead = after;
      before = after;
    }
    return this.#read;
  }
}
