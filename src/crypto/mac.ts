/** The message authentication codes of NTP's symmetric keys (RFC 5905 §7.3, RFC 8573). */
import { nodeAes, nodeCrypto } from "./aes.ts";
import { areEqual, Cmac } from "./cmac.ts";
import { CAPACITY, openLibcrypto } from "./libcrypto.ts";

/** How a key authenticates: a hash of key and packet, or AES-CMAC. */
export const keyTypes = [
  "MD5",
  "SHA1",
  "SHA224",
  "SHA256",
  "SHA384",
  "SHA512",
  "SHA3-224",
  "SHA3-256",
  "SHA3-384",
  "SHA3-512",
  "AES128",
  "AES256",
] as const;

/** One of {@linkcode keyTypes}: the name of chrony's key files. */
export type KeyType = (typeof keyTypes)[number];

/** A key that a server and its clients share. */
export interface SymmetricKey {
  /** The number by which packets name it, 1 to 2^32 - 1. */
  readonly id: number;
  /** How it authenticates: a hash, or AES-CMAC with a secret of 16 or 32 octets. */
  readonly type: KeyType;
  /** The secret octets. */
  readonly secret: Uint8Array;
}

/** Octets of the secret of an AES key; any other secret may have any length. */
export const AES_LENGTHS: Readonly<Partial<Record<KeyType, number>>> = { AES128: 16, AES256: 32 };

/** In version 4 a longer MAC could be taken for an extension field (RFC 7822 §7.5), so longer digests are cut. */
const MAX_LENGTH = 20;

/** Computes and verifies the MACs of packets by one key. */
export class Mac {
  /** The id of the key. */
  readonly id: number;
  /** How the key authenticates. */
  readonly type: KeyType;
  readonly #digest: (message: Uint8Array) => Uint8Array;
  readonly #length: number;

  /** Keeps the secret of the key to itself. */
  constructor({ id, type, secret }: SymmetricKey) {
    this.id = id;
    this.type = type;
    if (type in AES_LENGTHS) {
      const cmac = new Cmac(secret, openLibcrypto() ?? nodeAes);
      // A client may be sent more than libcrypto is given.
      const longCmac = (): Cmac => new Cmac(secret, nodeAes);
      this.#digest = (message) =>
        (message.length > CAPACITY ? longCmac() : cmac).compute(message).slice();
    } else {
      const { createHash } = nodeCrypto();
      const algorithm = type.toLowerCase();
      this.#digest = (message) => createHash(algorithm).update(secret).update(message).digest();
    }
    this.#length = this.#digest(new Uint8Array()).length;
  }

  /** The octets of a MAC in an NTP version, without the key id: 16 to 64, in version 4 up to 20. */
  lengthIn(version: number): number {
    return version === 4 ? Math.min(this.#length, MAX_LENGTH) : this.#length;
  }

  /** Computes the MAC of a packet, whose first octet has its version. */
  compute(packet: Uint8Array): Uint8Array {
    return this.#digest(packet).subarray(0, this.lengthIn((packet[0] as number) >> 3 & 7));
  }

  /** Whether a packet has this MAC. */
  isRight(packet: Uint8Array, mac: Uint8Array): boolean {
    return areEqual(this.compute(packet), mac);
  }
}
