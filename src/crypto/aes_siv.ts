/**
 * AES-SIV (RFC 5297) with AES-CMAC: `AEAD_AES_SIV_CMAC_256`, on which NTS is built. The EVP cipher of OpenSSL 3.0 is not
 * used: it seals an empty plaintext with a tag of zeros.
 */
import { type Aes, BLOCK_LENGTH, type Ctr, nodeAes } from "./aes.ts";
import { add, areEqual, Cmac, double } from "./cmac.ts";

/** Octets of a key: half for the MAC, half to encrypt. */
export const SIV_KEY_LENGTH = 32;

/** Octets by which a sealed text is longer. */
export const SIV_TAG_LENGTH = BLOCK_LENGTH;

const ZERO = new Uint8Array(BLOCK_LENGTH);
const EMPTY = new Uint8Array();

export class AesSiv implements Disposable {
  readonly #cmac: Cmac;
  readonly #ctr: Ctr;
  /** With what S2V begins: the MAC of a block of zeros, and of `first`. */
  readonly #start = new Uint8Array(BLOCK_LENGTH);
  readonly #first: Uint8Array | undefined;
  readonly #ctrKey = new Uint8Array(BLOCK_LENGTH);
  /** Whether the cipher has its key, which an empty text does not need. */
  #isCtrReady = false;
  readonly #sum = new Uint8Array(BLOCK_LENGTH);
  readonly #counter = new Uint8Array(BLOCK_LENGTH);

  /**
   * @param first Associated data that comes before that of each text
   * @throws {RangeError} If the key has another length than {@linkcode SIV_KEY_LENGTH}
   */
  constructor(key: Uint8Array, aes: Aes = nodeAes, first?: Uint8Array) {
    checkKey(key);
    this.#first = first;
    this.#cmac = new Cmac(key.subarray(0, SIV_KEY_LENGTH / 2), aes);
    this.#ctr = new aes.Ctr();
    this.#prepare(key);
  }

  /** Changes the key; this is cheaper than a new object. */
  setKey(key: Uint8Array): void {
    checkKey(key);
    this.#cmac.setKey(key.subarray(0, SIV_KEY_LENGTH / 2));
    this.#prepare(key);
  }

  #prepare(key: Uint8Array): void {
    this.#ctrKey.set(key.subarray(SIV_KEY_LENGTH / 2));
    this.#isCtrReady = false;
    this.#start.set(this.#cmac.compute(ZERO));
    if (this.#first !== undefined) this.#include(this.#start, this.#first);
  }

  /** Encrypts a text: tag, then as many octets as it has. */
  seal(plain: Uint8Array, associated: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const sealed = new Uint8Array(SIV_TAG_LENGTH + plain.length);
    this.sealInto(sealed, plain, associated);
    return sealed;
  }

  /** Encrypts a text into a place, of as many octets or more. */
  sealInto(into: Uint8Array, plain: Uint8Array, associated: readonly Uint8Array[]): void {
    const tag = this.#authenticate(plain, associated);
    into.set(tag);
    this.#crypt(tag, plain, into.subarray(SIV_TAG_LENGTH));
  }

  /** Decrypts what {@linkcode seal} has made of the same; undefined if anything was changed. */
  open(sealed: Uint8Array, associated: readonly Uint8Array[]): Uint8Array | undefined {
    const length = sealed.length - SIV_TAG_LENGTH;
    if (length < 0) return undefined;
    const plain = length === 0 ? EMPTY : new Uint8Array(length);
    return this.openInto(plain, sealed, associated) ? plain : undefined;
  }

  /** Decrypts into a place of the length of the text; returns whether nothing was changed. */
  openInto(plain: Uint8Array, sealed: Uint8Array, associated: readonly Uint8Array[]): boolean {
    if (sealed.length !== SIV_TAG_LENGTH + plain.length) return false;
    const tag = sealed.subarray(0, SIV_TAG_LENGTH);
    this.#crypt(tag, sealed.subarray(SIV_TAG_LENGTH), plain);
    if (areEqual(this.#authenticate(plain, associated), tag)) return true;
    plain.fill(0);
    return false;
  }

  /** S2V of RFC 5297 §2.4. */
  #authenticate(plain: Uint8Array, associated: readonly Uint8Array[]): Uint8Array {
    const sum = this.#sum;
    sum.set(this.#start);
    for (const each of associated) this.#include(sum, each);
    if (plain.length >= BLOCK_LENGTH) return this.#cmac.compute(plain, sum);
    double(sum);
    for (let i = 0; i < plain.length; i++) sum[i] = (sum[i] as number) ^ (plain[i] as number);
    sum[plain.length] = (sum[plain.length] as number) ^ 0x80;
    return this.#cmac.compute(sum);
  }

  #include(sum: Uint8Array, associated: Uint8Array): void {
    double(sum);
    add(sum, 0, this.#cmac.compute(associated));
  }

  /** Encrypts or decrypts in counter mode, from the tag on without two of its bits (RFC 5297 §2.5). */
  #crypt(tag: Uint8Array, text: Uint8Array, into: Uint8Array): void {
    if (text.length === 0) return;
    if (!this.#isCtrReady) this.#ctr.setKey(this.#ctrKey);
    this.#isCtrReady = true;
    const counter = this.#counter;
    counter.set(tag);
    counter[8] = (counter[8] as number) & 0x7f;
    counter[12] = (counter[12] as number) & 0x7f;
    this.#ctr.crypt(counter, text, into);
  }

  [Symbol.dispose](): void {
    this.#cmac[Symbol.dispose]();
    this.#ctr[Symbol.dispose]();
  }
}

function checkKey({ length }: Uint8Array): void {
  if (length !== SIV_KEY_LENGTH) throw new RangeError(`A key of ${length} octets`);
}
