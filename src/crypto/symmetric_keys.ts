import { formatChoices } from "../text/suggest.ts";
import { parseKeyFile } from "./key_file.ts";
import { AES_LENGTHS, type KeyType, keyTypes, Mac, type SymmetricKey } from "./mac.ts";

/** Ids that a line names. */
const MAX_SHOWN = 5;

const MAX_ID = 2 ** 32 - 1;

/**
 * Symmetric keys for NTP, by their ids: `ServeOptions.keys` and `ExchangeOptions.keys`. Neither the console nor JSON
 * shows their secrets.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseKeys, query, serve } from "@timesrv/timesrv";
 *
 * const keys = parseKeys("7 AES128 HEX:000102030405060708090a0b0c0d0e0f");
 * await using server = await serve("ntp://127.0.0.1:0", { keys });
 * const reply = await query(`${server.url}?key=7`, { keys });
 * assertEquals("authenticated" in reply && reply.authenticated, "key 7");
 * ```
 */
export class SymmetricKeys {
  readonly #keys: ReadonlyMap<number, SymmetricKey>;
  readonly #macs = new Map<number, Mac>();

  /**
   * Takes keys.
   *
   * @param keys The keys; two of them must not have the same id
   * @throws {SyntaxError} If a type is unknown
   * @throws {RangeError} If an id is out of range or there twice, or a secret has the wrong length
   */
  constructor(keys: Iterable<SymmetricKey>) {
    const known = new Map<number, SymmetricKey>();
    for (const key of keys) {
      checkKey(key);
      if (known.has(key.id)) throw new RangeError(`Key ${key.id} is there twice`);
      known.set(key.id, key);
    }
    this.#keys = known;
  }

  /** The ids and types, in the order given. */
  get list(): readonly { readonly id: number; readonly type: KeyType }[] {
    return [...this.#keys.values()].map(({ id, type }) => ({ id, type }));
  }

  /** What to know about keys before relying on them, in one line; undefined without anything. */
  warningOf(ids: readonly number[] = [...this.#keys.keys()]): string | undefined {
    const weak = ids.filter((id) => this.#keys.get(id)?.type === "MD5");
    if (weak.length === 0) return undefined;
    const shown = weak.length > MAX_SHOWN ? [...weak.slice(0, MAX_SHOWN), "..."] : weak;
    return `${weak.length === 1 ? "Key" : "Keys"} ${shown.join(", ")} ${
      weak.length === 1 ? "is" : "are"
    } of type MD5, which RFC 8573 deprecates: prefer AES128`;
  }

  /** Whether there is a key with this id. */
  has(id: number): boolean {
    return this.#keys.has(id);
  }

  /** Finds what computes MACs by a key; undefined if there is no such key. */
  find(id: number): Mac | undefined {
    const mac = this.#macs.get(id);
    if (mac !== undefined) return mac;
    const key = this.#keys.get(id);
    if (key === undefined) return undefined;
    const made = new Mac(key);
    this.#macs.set(id, made);
    return made;
  }

  /** Copies the keys, secrets included, for another thread. */
  copy(): SymmetricKey[] {
    return [...this.#keys.values()];
  }
}

function checkKey({ id, type, secret }: SymmetricKey): void {
  if (!Number.isInteger(id) || id < 1 || id > MAX_ID) {
    throw new RangeError(`A key id is a whole number, 1 to ${MAX_ID}`);
  }
  if (!keyTypes.includes(type)) {
    throw new SyntaxError(`The type of key ${id} is unknown: expected ${formatChoices(keyTypes)}`);
  }
  const length = AES_LENGTHS[type];
  if (length === undefined ? secret.length > 0 : secret.length === length) return;
  throw new RangeError(
    length === undefined
      ? `Key ${id} is empty`
      : `Key ${id} has ${secret.length} octets, and ${type} needs ${length}`,
  );
}

/**
 * Parses a key file of chrony (`7 AES128 HEX:...`), ntpd or NTPsec (`7 AES128CMAC ...`).
 *
 * A line is `ID TYPE KEY`, or `ID KEY` for MD5. `HEX:` begins hexadecimal digits and `ASCII:` a text; without
 * either, more than 20 characters are hexadecimal if they can be, as in ntpd, and fewer are a text.
 *
 * @param text The text of the file
 * @returns The keys
 * @throws {SyntaxError} If a line cannot be read; the message has its number, and nothing of the key
 */
export function parseKeys(text: string): SymmetricKeys {
  return new SymmetricKeys(parseKeyFile(text));
}
