/** AES in the two modes that AES-CMAC and AES-SIV are made of. A key has 16 octets, for CBC also 32. */

export const BLOCK_LENGTH = 16;

/** CBC that begins with a block of zeros each time. */
export interface Cbc extends Disposable {
  setKey(key: Uint8Array): void;
  /** The place of the next blocks, of this many octets or more; the next call may be given another one. */
  reserve(length: number): Uint8Array;
  /** Encrypts that many octets of the place, whole blocks; returns the last block, which is valid until the next call. */
  encrypt(length: number): Uint8Array;
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
  #blocks = new Uint8Array(16 * BLOCK_LENGTH);

  setKey(key: Uint8Array): void {
    this.#key = key.slice();
  }

  reserve(length: number): Uint8Array {
    if (length > this.#blocks.length) this.#blocks = new Uint8Array(length);
    return this.#blocks;
  }

  encrypt(length: number): Uint8Array {
    const algorithm = this.#key.length === 32 ? "aes-256-cbc" : "aes-128-cbc";
    const cipher = nodeCrypto().createCipheriv(algorithm, this.#key, ZERO);
    cipher.setAutoPadding(false);
    const last = cipher.update(this.#blocks.subarray(0, length)).subarray(-BLOCK_LENGTH);
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

type NodeCrypto = typeof import("node:crypto");

const { process } = globalThis as unknown as {
  readonly process: { getBuiltinModule(name: "node:crypto"): NodeCrypto };
};

const load = (): NodeCrypto => process.getBuiltinModule("node:crypto");

let loaded: NodeCrypto | undefined;

/**
 * Returns `node:crypto`, which Deno has built in. Loading it costs 10 ms, and only where keys are used; it is loaded at
 * once, as responders and requests never wait.
 */
export function nodeCrypto(): NodeCrypto {
  return loaded ??= load();
}
