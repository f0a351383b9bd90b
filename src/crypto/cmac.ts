/** AES-CMAC (RFC 4493, NIST SP 800-38B), built on the CBC mode of AES. */
import { type Aes, BLOCK_LENGTH, type Cbc, nodeAes } from "./aes.ts";

/** Computes AES-CMACs by one key, of 16 or 32 octets. */
export class Cmac implements Disposable {
  readonly #cbc: Cbc;
  /** The subkeys for a last block that is whole, and for one that is not. */
  readonly #whole = new Uint8Array(BLOCK_LENGTH);
  readonly #padded = new Uint8Array(BLOCK_LENGTH);

  constructor(key: Uint8Array, aes: Aes = nodeAes) {
    this.#cbc = new aes.Cbc();
    this.setKey(key);
  }

  setKey(key: Uint8Array): void {
    this.#cbc.setKey(key);
    this.#cbc.reserve(BLOCK_LENGTH).fill(0, 0, BLOCK_LENGTH);
    this.#whole.set(this.#cbc.encrypt(BLOCK_LENGTH));
    double(this.#whole);
    this.#padded.set(this.#whole);
    double(this.#padded);
  }

  /**
   * Computes the MAC of a message, which is valid until the next call.
   *
   * @param end Is added to the last 16 octets of the message, which has as many at least (`xorend` of RFC 5297 §2.1)
   */
  compute(message: Uint8Array, end?: Uint8Array): Uint8Array {
    const { length } = message;
    const octets = Math.max(Math.ceil(length / BLOCK_LENGTH), 1) * BLOCK_LENGTH;
    const padded = this.#cbc.reserve(octets);
    padded.set(message);
    if (end !== undefined) add(padded, length - BLOCK_LENGTH, end);
    if (octets > length) {
      padded[length] = 0x80;
      padded.fill(0, length + 1, octets);
    }
    add(padded, octets - BLOCK_LENGTH, octets === length ? this.#whole : this.#padded);
    return this.#cbc.encrypt(octets);
  }

  [Symbol.dispose](): void {
    this.#cbc[Symbol.dispose]();
  }
}

/** Adds a block to one that begins somewhere: in GF(2^128) that is XOR. */
export function add(octets: Uint8Array, at: number, block: Uint8Array): void {
  for (let i = 0; i < BLOCK_LENGTH; i++) {
    octets[at + i] = (octets[at + i] as number) ^ (block[i] as number);
  }
}

/** Multiplies a block by x in GF(2^128): `dbl` of RFC 5297 §2.3. */
export function double(block: Uint8Array): void {
  const carry = (block[0] as number) >> 7;
  for (let i = 0; i < BLOCK_LENGTH - 1; i++) {
    block[i] = (block[i] as number) << 1 | (block[i + 1] as number) >> 7;
  }
  block[BLOCK_LENGTH - 1] = (block[BLOCK_LENGTH - 1] as number) << 1 ^ (carry === 0 ? 0 : 0x87);
}

/** Compares in a time that does not depend on where the two differ. */
export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}
