/** The octets of a file that arrives in pieces and is read record by record. */
export class OctetQueue {
  #octets: Uint8Array = new Uint8Array();
  /** A buffer for the end of a piece and the next one. */
  #own: Uint8Array = new Uint8Array();
  #start = 0;
  #end = 0;
  #isEnded = false;

  /** How many octets wait to be read. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Appends a piece, which must not change before all of it is taken. */
  push(piece: Uint8Array): void {
    const { length } = this;
    if (length === 0) {
      this.#octets = piece;
      [this.#start, this.#end] = [0, piece.length];
      return;
    }
    if (this.#octets !== this.#own || this.#end + piece.length > this.#own.length) {
      const rest = this.peek(length);
      // Twice the length, so that a long record in short pieces is not copied for each of them.
      if (length + piece.length > this.#own.length) {
        this.#own = new Uint8Array(2 * (length + piece.length));
      }
      this.#own.set(rest);
      this.#octets = this.#own;
      [this.#start, this.#end] = [0, length];
    }
    this.#own.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** Tells the readers that no piece follows. */
  end(): void {
    this.#isEnded = true;
  }

  /** The next octets, fewer if there are no more, without taking them; good until the next piece is pushed. */
  peek(length: number): Uint8Array {
    return this.#octets.subarray(this.#start, Math.min(this.#start + length, this.#end));
  }

  /** Takes the next octets, which are good until the next piece is pushed. */
  take(length: number): Uint8Array {
    const taken = this.peek(length);
    this.#start += length;
    return taken;
  }

  /** Yields until there are this many octets; false if the file ends before. */
  *wait(length: number): Generator<undefined, boolean> {
    while (this.length < length) {
      if (this.#isEnded) return false;
      yield;
    }
    return true;
  }

  /** Drops octets, of which no more than a piece is kept meanwhile; false if the file ends before. */
  *skip(length: number): Generator<undefined, boolean> {
    let left = length;
    while (this.length < left) {
      left -= this.length;
      this.#start = this.#end;
      if (this.#isEnded) return false;
      yield;
    }
    this.#start += left;
    return true;
  }
}
