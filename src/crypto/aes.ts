/** AES in the two modes that AES-CMAC and AES-SIV are made of. A key has 16 octets, for CBC also 32. */
import { nodeCrypto } from "./node_crypto.ts";

export const BLOCK_LENGTH = 16;

/** CBC that begins with a block of zeros each time. */
export interface Cbc extends Disposable {
  setKey(key: Uint8Array): void;
  /** Encrypts whole blocks; returns the last one, which is valid until the next call. */
  encrypt(blocks: Uint8Array): Uint8Array;
}

export interface Ctr extends Disposable {
  setKey(key: Uint8Array): void;
  /** Encrypts or decrypts a text into a place of its length, from a counter on. */
  crypt(counter: Uint8Array, text: Uint8Array, into: Uint8Array): void;
}

/** An implementation of AES. */
export interface Aes {
  readonly Cbc: new () => Cbc;
  readonly Ctr: new () => Ctr;
}

const ZERO = new Uint8Array(BLOCK_LENGTH);

class NodeCbc implements Cbc {
  #key: Uint8Array = ZERO;

  setKey(key: Uint8Array): void {
    this.#key = key.slice();
  }

  encrypt(blocks: Uint8Array): Uint8Array {
    const algorithm = this.#key.length === 32 ? "aes-256-cbc" : "aes-128-cbc";
    const cipher = nodeCrypto().createCipheriv(algorithm, this.#key, ZERO);
    cipher.setAutoPadding(false);
    const last = cipher.update(blocks).subarray(-BLOCK_LENGTH);
    // Until its end Deno keeps a cipher, which no garbage collector frees.
    cipher.final();
    return last;
  }

  [Symbol.dispose](): void {}
}

class NodeCtr implements Ctr {
  #key: Uint8Array = ZERO;

  setKey(key: Uint8Array): void {
    this.#key = key.slice();
  }

  crypt(counter: Uint8Array, text: Uint8Array, into: Uint8Array): void {
    const cipher = nodeCrypto().createCipheriv("aes-128-ctr", this.#key, counter);
    into.set(cipher.update(text));
    cipher.final();
  }

  [Symbol.dispose](): void {}
}

/** AES of `node:crypto`, which is there everywhere. */
export const nodeAes: Aes = { Cbc: NodeCbc, Ctr: NodeCtr };
