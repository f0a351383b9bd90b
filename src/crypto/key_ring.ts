/** The keys by which an NTS server seals its cookies (RFC 8915 §6): the main thread writes them, all threads read them. */
import { SharedNumbers } from "../system/shared_numbers.ts";
import { type Aes, nodeAes } from "./aes.ts";
import { AesSiv, SIV_KEY_LENGTH } from "./aes_siv.ts";

/** The newest key, and two before it: a cookie lives for two rotations at least. */
const RING_LENGTH = 3;

const WORDS = SIV_KEY_LENGTH / 4;
const STRIDE = 1 + WORDS;

/** A key of the ring: its id, 1 to 2^32 - 1, and its 32 octets. */
export interface RingKey {
  readonly id: number;
  readonly octets: Uint8Array;
}

/** A key of the ring, ready for use; its id is associated with all that it seals. */
export interface CookieKey {
  readonly id: number;
  readonly siv: AesSiv;
}

/** The ring as its one writer has it. */
export class KeyRing {
  readonly #numbers = new SharedNumbers(RING_LENGTH * STRIDE);
  #keys: readonly RingKey[];

  /** @param keys The keys, the newest first, for tests; without any, one is made */
  constructor(keys: readonly RingKey[] = []) {
    this.#keys = keys.slice(0, RING_LENGTH);
    if (keys.length === 0) this.rotate();
    else this.#publish();
  }

  /** The memory that other threads read it from. */
  get memory(): SharedArrayBuffer {
    return this.#numbers.buffer;
  }

  /** The newest first. */
  get keys(): readonly RingKey[] {
    return this.#keys;
  }

  /** Makes a new key; the oldest falls out, and with it the cookies that it has sealed. */
  rotate(): void {
    const octets = crypto.getRandomValues(new Uint8Array(SIV_KEY_LENGTH));
    this.#keys = [{ id: this.#newId(), octets }, ...this.#keys].slice(0, RING_LENGTH);
    this.#publish();
  }

  #newId(): number {
    while (true) {
      const [id = 0] = crypto.getRandomValues(new Uint32Array(1));
      if (id !== 0 && this.#keys.every((key) => key.id !== id)) return id;
    }
  }

  #publish(): void {
    const numbers = new Float64Array(RING_LENGTH * STRIDE);
    for (const [i, { id, octets }] of this.#keys.entries()) {
      const view = new DataView(octets.buffer, octets.byteOffset, SIV_KEY_LENGTH);
      numbers[i * STRIDE] = id;
      for (let word = 0; word < WORDS; word++) {
        numbers[i * STRIDE + 1 + word] = view.getUint32(4 * word);
      }
    }
    this.#numbers.write(numbers);
  }
}

/** The ring as a thread reads it. */
export class KeyRingReader {
  readonly #numbers: SharedNumbers;
  readonly #aes: Aes;
  #keys: readonly CookieKey[] = [];

  /** @param memory That of a {@linkcode KeyRing} */
  constructor(memory: SharedArrayBuffer, aes: Aes = nodeAes) {
    this.#numbers = new SharedNumbers(memory);
    this.#aes = aes;
    this.look();
  }

  /** Notices a rotation. */
  look(): void {
    if (!this.#numbers.hasChanged) return;
    const numbers = this.#numbers.read();
    const keys: CookieKey[] = [];
    for (let at = 0; at < numbers.length && numbers[at] !== 0; at += STRIDE) {
      const id = numbers[at] as number;
      const octets = new Uint8Array(SIV_KEY_LENGTH);
      const view = new DataView(octets.buffer);
      for (let word = 0; word < WORDS; word++) {
        view.setUint32(4 * word, numbers[at + 1 + word] as number);
      }
      const idOctets = Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id);
      keys.push(this.find(id) ?? { id, siv: new AesSiv(octets, this.#aes, idOctets) });
    }
    for (const old of this.#keys) if (!keys.includes(old)) old.siv[Symbol.dispose]();
    this.#keys = keys;
  }

  /** The key for new cookies. */
  get newest(): CookieKey {
    return this.#keys[0] as CookieKey;
  }

  /** The key that has sealed a cookie; undefined once it has fallen out. */
  find(id: number): CookieKey | undefined {
    for (const key of this.#keys) if (key.id === id) return key;
    return undefined;
  }
}
