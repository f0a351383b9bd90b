/**
 * OpenSSL 3 by FFI: where it is, and its AES, several times as fast as `node:crypto`. C checks no length: every one is
 * checked here before a call. No other module calls libcrypto.
 */
import { isGranted } from "../system/permission.ts";
import { type Aes, BLOCK_LENGTH, type Cbc, type Ctr } from "./aes.ts";
import { add } from "./cmac.ts";

/** Libraries of another system's C library are not tried: a bare name on macOS would end the process. */
const folders: Readonly<Record<string, readonly string[]>> = {
  darwin: ["/opt/homebrew/opt/openssl@3/lib/", "/opt/local/lib/"],
};

const names: Readonly<Record<string, (library: OpensslLibrary) => string>> = {
  linux: (library) => `lib${library}.so.3`,
  darwin: (library) => `lib${library}.3.dylib`,
  windows: (library) => `lib${library}-3-x64.dll`,
};

type OpensslLibrary = "ssl" | "crypto";

/**
 * Opens a library of OpenSSL 3; undefined if there is none.
 *
 * @throws {Deno.errors.NotCapable} If the permission to call C functions is missing
 */
export function openOpenssl<Symbols extends Deno.ForeignLibraryInterface>(
  library: OpensslLibrary,
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols>["symbols"] | undefined {
  const { os } = Deno.build;
  const name = names[os]?.(library);
  if (name === undefined) return undefined;
  for (const folder of folders[os] ?? [""]) {
    try {
      return Deno.dlopen(folder + name, symbols).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }
  return undefined;
}

const SYMBOLS = {
  EVP_CIPHER_CTX_new: { parameters: [], result: "pointer" },
  EVP_CIPHER_CTX_free: { parameters: ["pointer"], result: "void" },
  EVP_CIPHER_CTX_set_padding: { parameters: ["pointer", "i32"], result: "i32" },
  EVP_aes_128_cbc: { parameters: [], result: "pointer" },
  EVP_aes_256_cbc: { parameters: [], result: "pointer" },
  EVP_aes_128_ctr: { parameters: [], result: "pointer" },
  EVP_EncryptInit_ex: {
    parameters: ["pointer", "pointer", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  EVP_EncryptUpdate: {
    parameters: ["pointer", "buffer", "buffer", "buffer", "i32"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

type Libcrypto = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The most octets of one call: more than any datagram that is served. */
export const CAPACITY = 4096;

type Ciphers = Readonly<Record<number, Deno.PointerValue>>;

let opened: Aes | undefined;

/** Opens the library; undefined if there is none, or no permission to call it. */
export function openLibcrypto(): Aes | undefined {
  if (opened !== undefined) return opened;
  // The npm package runs without Deno.
  if (!("Deno" in globalThis) || !isGranted({ name: "ffi" })) return undefined;
  const library = openOpenssl("crypto", SYMBOLS);
  return opened = library && bind(library);
}

function bind(library: Libcrypto): Aes {
  // By the octets of their keys.
  const cbc: Ciphers = { 16: library.EVP_aes_128_cbc(), 32: library.EVP_aes_256_cbc() };
  const ctr: Ciphers = { 16: library.EVP_aes_128_ctr() };
  const zero = new Uint8Array(BLOCK_LENGTH);
  const output = new Uint8Array(CAPACITY + BLOCK_LENGTH);
  const written = new Int32Array(1);

  /** A cipher with its key. */
  class Context implements Disposable {
    readonly #ciphers: Ciphers;
    #pointer: Deno.PointerValue = library.EVP_CIPHER_CTX_new();
    #keyLength: number | undefined;

    constructor(ciphers: Ciphers) {
      this.#ciphers = ciphers;
    }

    /** Sets the key, if one is given, and the initial block. */
    begin(key: Uint8Array | null, block: Uint8Array): void {
      if (this.#pointer === null) throw new Error("The cipher is closed");
      if (block.length !== BLOCK_LENGTH) throw new RangeError("A block has 16 octets");
      if (key !== null && key.length !== this.#keyLength) this.#choose(key.length);
      const isDone = library.EVP_EncryptInit_ex(
        this.#pointer,
        null,
        null,
        key as BufferSource | null,
        block as BufferSource,
      );
      if (isDone !== 1) throw new Error("OpenSSL refuses the key");
    }

    /** Chooses a cipher by the octets of its key. */
    #choose(keyLength: number): void {
      const cipher = this.#ciphers[keyLength];
      if (cipher === undefined) throw new RangeError(`No key of AES has ${keyLength} octets`);
      // Without a cipher, OpenSSL would go on with the last one and its length of a key.
      if (cipher === null) throw new Error("OpenSSL has no AES");
      if (library.EVP_EncryptInit_ex(this.#pointer, cipher, null, null, null) !== 1) {
        throw new Error("OpenSSL has no AES");
      }
      library.EVP_CIPHER_CTX_set_padding(this.#pointer, 0);
      this.#keyLength = keyLength;
    }

    /** Encrypts the first octets of a text, into a place that has as many. */
    run(text: Uint8Array, length: number, into: Uint8Array): void {
      if (this.#pointer === null) throw new Error("The cipher is closed");
      if (this.#keyLength === undefined) throw new Error("The cipher has no key");
      if (length > CAPACITY) throw new RangeError(`More than ${CAPACITY} octets`);
      if (length > text.length || length > into.length) throw new RangeError("A place too short");
      const isDone = library.EVP_EncryptUpdate(
        this.#pointer,
        into as BufferSource,
        written,
        text as BufferSource,
        length,
      );
      if (isDone !== 1 || written[0] !== length) throw new Error("OpenSSL does not encrypt");
    }

    [Symbol.dispose](): void {
      library.EVP_CIPHER_CTX_free(this.#pointer);
      this.#pointer = null;
    }
  }

  return {
    Cbc: class implements Cbc {
      readonly #context = new Context(cbc);
      readonly #input = new Uint8Array(CAPACITY);
      readonly #last = new Uint8Array(BLOCK_LENGTH);

      setKey(key: Uint8Array): void {
        this.#context.begin(key, zero);
        this.#last.fill(0);
      }

      reserve(length: number): Uint8Array {
        if (length > CAPACITY) throw new RangeError(`More than ${CAPACITY} octets`);
        return this.#input;
      }

      encrypt(length: number): Uint8Array {
        const [input, last] = [this.#input, this.#last];
        if (!(length > 0 && length <= CAPACITY) || length % BLOCK_LENGTH !== 0) {
          throw new RangeError(`${length} octets are no blocks`);
        }
        // OpenSSL goes on from the block before, which is taken out again: this saves the call that begins anew.
        add(input, 0, last);
        this.#context.run(input, length, output);
        for (let i = 0; i < BLOCK_LENGTH; i++) {
          last[i] = output[length - BLOCK_LENGTH + i] as number;
        }
        return last;
      }

      [Symbol.dispose](): void {
        this.#context[Symbol.dispose]();
      }
    },
    Ctr: class implements Ctr {
      readonly #context = new Context(ctr);

      setKey(key: Uint8Array): void {
        this.#context.begin(key, zero);
      }

      crypt(counter: Uint8Array, text: Uint8Array, into: Uint8Array): void {
        this.#context.begin(null, counter);
        this.#context.run(text, text.length, into);
      }

      [Symbol.dispose](): void {
        this.#context[Symbol.dispose]();
      }
    },
  };
}
