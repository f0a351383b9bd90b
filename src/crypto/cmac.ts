/** AES-CMAC (RFC 4493, NIST SP 800-38B), built on the CBC mode of AES. */
import { nodeCrypto } from "./node_crypto.ts";

export const BLOCK_LENGTH = 16;

const ZERO = new Uint8Array(BLOCK_LENGTH);

/** Computes AES-CMACs by one key, of 16 or 32 octets. */
export class Cmac {
  readonly #algorithm: "aes-128-cbc" | "aes-256-cbc";
  readonly #secret: Uint8Array;
  /** The subkeys for a last block that is whole, and for one that is not. */
  readonly #whole: Uint8Array;
  readonly #padded: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#algorithm = secret.length === 32 ? "aes-256-cbc" : "aes-128-cbc";
    this.#secret = secret;
    this.#whole = double(this.#encrypt(ZERO));
    this.#padded = double(this.#whole);
  }

  compute(message: Uint8Array): Uint8Array {
    const blocks = Math.max(Math.ceil(message.length / BLOCK_LENGTH), 1);
    const padded = new Uint8Array(blocks * BLOCK_LENGTH);
    padded.set(message);
    const isWhole = padded.length === message.length;
    if (!isWhole) padded[message.length] = 0x80;
    const mask = isWhole ? this.#whole : this.#padded;
    const last = padded.length - BLOCK_LENGTH;
    for (let i = 0; i < BLOCK_LENGTH; i++) {
      padded[last + i] = (padded[last + i] as number) ^ (mask[i] as number);
    }
    return this.#encrypt(padded);
  }

  /** The last block of the CBC mode. */
  #encrypt(blocks: Uint8Array): Uint8Array {
    const cipher = nodeCrypto().createCipheriv(this.#algorithm, this.#secret, ZERO);
    cipher.setAutoPadding(false);
    const last = cipher.update(blocks).subarray(-BLOCK_LENGTH);
    // Until its end Deno keeps a cipher, which no garbage collector frees.
    cipher.final();
    return last;
  }
}

/** Multiplies by x in GF(2^128): `dbl` of RFC 5297 §2.3. */
export function double(block: Uint8Array): Uint8Array {
  const doubled = new Uint8Array(BLOCK_LENGTH);
  for (let i = 0; i < BLOCK_LENGTH; i++) {
    doubled[i] = (block[i] as number) << 1 | (block[i + 1] ?? 0) >> 7;
  }
  if ((block[0] as number) & 0x80) doubled[15] = (doubled[15] as number) ^ 0x87;
  return doubled;
}

/** Compares in a time that does not depend on where the two differ. */
export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}
