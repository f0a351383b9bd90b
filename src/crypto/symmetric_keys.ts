import { formatChoices } from "../text/suggest.ts";
import { formatPlural } from "../text/units.ts";
import { AES_LENGTHS, type KeyType, keyTypes, Mac, type SymmetricKey } from "./mac.ts";

const MAX_KEY_ID = 2 ** 32 - 1;

/** Ids that a line names. */
const MAX_SHOWN = 5;

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
   * Checks and keeps keys.
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

  /** A warning about weak keys, in one line; undefined if there is none. */
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
  if (!Number.isInteger(id) || id < 1 || id > MAX_KEY_ID) {
    throw new RangeError(`A key id is a whole number, 1 to ${MAX_KEY_ID}`);
  }
  if (!keyTypes.includes(type)) {
    throw new SyntaxError(`The type of key ${id} is unknown: expected ${formatChoices(keyTypes)}`);
  }
  const length = AES_LENGTHS[type];
  if (length === undefined ? secret.length > 0 : secret.length === length) return;
  throw new RangeError(
    length === undefined
      ? `Key ${id} is empty`
      : `Key ${id} has ${formatPlural(secret.length, "octet")}, and ${type} needs ${length}`,
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

/** Other names of types, in capitals: those of ntpd and NTPsec, and of openssl. */
const aliases: Readonly<Record<string, KeyType>> = {
  M: "MD5",
  SHA: "SHA1",
  AES: "AES128",
  AES128CMAC: "AES128",
  AES256CMAC: "AES256",
};

/** ntpd reads a longer key without a prefix as hexadecimal digits. */
const MAX_TEXT_LENGTH = 20;

/** A whole line of chrony is a comment if it begins so. */
const COMMENT = /^[!;#%]/;

/**
 * Parses a key file. No message has a part of a key, which may stand anywhere in a line that cannot be read.
 *
 * @throws {SyntaxError} If a line cannot be read, or there is no key
 */
function parseKeyFile(text: string): SymmetricKey[] {
  const lines = new Map<number, number>();
  const keys: SymmetricKey[] = [];
  for (const [i, line] of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).entries()) {
    const fail = (problem: string): never => {
      throw new SyntaxError(`line ${i + 1}: ${problem}`);
    };
    const words = line.split(/\s+/).filter((word) => word !== "");
    const [first] = words;
    if (first === undefined || COMMENT.test(first)) continue;
    const key = parseLine(words, fail);
    const before = lines.get(key.id);
    if (before !== undefined) fail(`key ${key.id} is in line ${before} already`);
    lines.set(key.id, i + 1);
    keys.push(key);
  }
  if (keys.length === 0) throw new SyntaxError("it has no key");
  return keys;
}

type Fail = (problem: string) => never;

function parseLine(words: readonly string[], fail: Fail): SymmetricKey {
  const comment = words.findIndex((word, i) => i >= 1 && word.startsWith("#"));
  const [first = "", ...rest] = comment < 0 ? words : words.slice(0, comment);
  const id = /^\d{1,10}$/.test(first) ? Number(first) : 0;
  if (id < 1 || id > MAX_KEY_ID) fail(`a line begins with the id of a key, 1 to ${MAX_KEY_ID}`);
  const [written = "", type] = [rest.at(-1), rest.length === 1 ? "MD5" : rest[0]];
  if (rest.length < 1 || rest.length > 2) {
    fail(`expected ID TYPE KEY, and found ${rest.length === 0 ? "an id alone" : "more"}`);
  }
  // Not a key of MD5 that is the name of another type.
  if (rest.length === 1 && findType(written) !== undefined) fail("the key is missing");
  const known = findType(type ?? "") ?? fail(`the type of a key is ${formatChoices(keyTypes)}`);
  const secret = parseSecret(written, fail);
  const length = AES_LENGTHS[known];
  if (length !== undefined && secret.length !== length) {
    fail(`key ${id} has ${formatPlural(secret.length, "octet")}, and ${known} needs ${length}`);
  }
  return { id, type: known, secret };
}

function findType(written: string): KeyType | undefined {
  const name = written.toUpperCase();
  const plain = name.replace(/^(SHA|AES)-(?=\d{1,3}(?:-?CMAC)?$)/, "$1").replace("-CMAC", "CMAC");
  return keyTypes.find((each) => each === plain) ??
    (Object.hasOwn(aliases, plain) ? aliases[plain] : undefined);
}

function parseSecret(written: string, fail: Fail): Uint8Array {
  const [, prefix, value = ""] = /^(?:(HEX|ASCII):)?(.*)$/s.exec(written) ?? [];
  if (value === "") fail("the key is missing");
  if (prefix === "HEX") return parseHex(value) ?? fail("HEX: needs pairs of hexadecimal digits");
  if (prefix === "ASCII") return encodeText(value);
  // ntpd ends a key there, chrony does not.
  if (value.includes("#")) fail("a key with # in it needs a prefix, HEX: or ASCII:");
  const hex = value.length > MAX_TEXT_LENGTH ? parseHex(value) : undefined;
  return hex ?? encodeText(value);
}

function parseHex(digits: string): Uint8Array | undefined {
  return digits.length % 2 === 0 && /^[\da-f]+$/i.test(digits)
    ? Uint8Array.fromHex(digits)
    : undefined;
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
