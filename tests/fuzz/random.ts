/**
 * Random numbers that can be had again: xorshift128 (Marsaglia 2003), a stream
 * for each pair of seed and index, so that any case can be made without those before it.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor(seed: number, index = 0) {
    this.reseed(seed, index);
  }

  /** Begins the stream of another pair. */
  reseed(seed: number, index: number): void {
    this.#a = scramble(seed);
    this.#b = scramble(index ^ this.#a);
    this.#c = scramble(Math.floor(index / 2 ** 32) + 1 ^ this.#b);
    // One of the four has to be other than zero.
    this.#d = scramble(this.#c + 0x9e37_79b9) | 1;
  }

  /** 0 to 2^32 - 1. */
  uint32(): number {
    let t = this.#d;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = this.#a;
    this.#a = t ^ this.#a ^ this.#a >>> 19;
    return this.#a >>> 0;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.uint32() / 2 ** 32 * bound);
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** A number in which every bit depends on every bit of another (the mixer of MurmurHash3). */
function scramble(number: number): number {
  let mixed = number | 0;
  mixed = Math.imul(mixed ^ mixed >>> 16, 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2_ae35);
  return mixed ^ mixed >>> 16;
}
