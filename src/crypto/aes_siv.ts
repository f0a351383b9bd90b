/**
 * AES-SIV (RFC 5297) with AES-CMAC: `AEAD_AES_SIV_CMAC_256`, on which NTS is built. The EVP cipher of OpenSSL 3.0 is not
 * used: it seals an empty plaintext with a tag of zeros.
 */
import { areEqual, BLOCK_LENGTH, Cmac, double } from "./cmac.ts";
import { nodeCrypto } from "./node_crypto.ts";

/** Octets of a key: half for the MAC, half to encrypt. */
export const SIV_KEY_LENGTH = 32;

/** Octets by which a sealed text is longer. */
export const SIV_TAG_LENGTH = 16;

const ZERO = new Uint8Array(BLOCK_LENGTH);

export class AesSiv {
  readonly #cmac: Cmac;
  readonly #start: Uint8Array;
  readonly #secret: Uint8Array;

  /** @throws {RangeError} If the key has another length than {@linkcode SIV_KEY_LENGTH} */
  constructor(key: Uint8Array) {
    if (key.length !== SIV_KEY_LENGTH) throw new RangeError(`A key of ${key.length} octets`);
    this.#cmac = new Cmac(key.slice(0, SIV_KEY_LENGTH / 2));
    this.#secret = key.slice(SIV_KEY_LENGTH / 2);
    this.#start = this.#cmac.compute(ZERO);
  }

  /** Encrypts a text: tag, then as many octets as it has. */
  seal(plain: Uint8Array, associated: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const tag = this.#authenticate(plain, associated);
    const sealed = new Uint8Array(SIV_TAG_LENGTH + plain.length);
    sealed.set(tag);
    sealed.set(this.#crypt(tag, plain), SIV_TAG_LENGTH);
    return sealed;
  }

  /** Decrypts what {@linkcode seal} has made of the same; undefined if anything was changed. */
  open(sealed: Uint8Array, associated: readonly Uint8Array[]): Uint8Array | undefined {
    if (sealed.length < SIV_TAG_LENGTH) return undefined;
    const tag = sealed.subarray(0, SIV_TAG_LENGTH);
    const plain = this.#crypt(tag, sealed.subarray(SIV_TAG_LENGTH));
    return areEqual(this.#authenticate(plain, associated), tag) ? plain : undefined;
  }

  /** S2V of RFC 5297 §2.4. */
  #authenticate(plain: Uint8Array, associated: readonly Uint8Array[]): Uint8Array {
    let chain = this.#start;
    for (const each of associated) chain = xor(double(chain), this.#cmac.compute(each));
    if (plain.length >= BLOCK_LENGTH) {
      const last = plain.length - BLOCK_LENGTH;
      const message = plain.slice();
      message.set(xor(plain.subarray(last), chain), last);
      return this.#cmac.compute(message);
    }
    const padded = new Uint8Array(BLOCK_LENGTH);
    padded.set(plain);
    padded[plain.length] = 0x80;
    return this.#cmac.compute(xor(double(chain), padded));
  }

  /** Encrypts or decrypts in counter mode, from the tag on without two of its bits (RFC 5297 §2.5). */
  #crypt(tag: Uint8Array, text: Uint8Array): Uint8Array {
    if (text.length === 0) return new Uint8Array();
    const counter = tag.slice();
    counter[8] = (counter[8] as number) & 0x7f;
    counter[12] = (counter[12] as number) & 0x7f;
    const cipher = nodeCrypto().createCipheriv("aes-128-ctr", this.#secret, counter);
    const crypted = new Uint8Array(cipher.update(text));
    // Until its end Deno keeps a cipher, which no garbage collector frees.
    cipher.final();
    return crypted;
  }
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((octet, i) => octet ^ (b[i] as number));
}
