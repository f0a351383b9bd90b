/** Key files of chrony, ntpd and NTPsec: `7 AES128 HEX:...`, one key per line. */
import { formatChoices } from "../text/suggest.ts";
import { AES_LENGTHS, type KeyType, keyTypes, type SymmetricKey } from "./mac.ts";

/** Other names of types, in capitals: those of ntpd and NTPsec, and of openssl. */
const aliases: Readonly<Record<string, KeyType>> = {
  M: "MD5",
  SHA: "SHA1",
  AES: "AES128",
  AES128CMAC: "AES128",
  AES256CMAC: "AES256",
};

const MAX_ID = 2 ** 32 - 1;

/** ntpd reads a longer key without a prefix as hexadecimal digits. */
const MAX_TEXT_LENGTH = 20;

/** A whole line of chrony is a comment if it begins so. */
const COMMENT = /^[!;#%]/;

/**
 * Parses a key file. No message has a part of a key, which may stand anywhere in a line that cannot be read.
 *
 * @throws {SyntaxError} If a line cannot be read, or there is no key
 */
export function parseKeyFile(text: string): SymmetricKey[] {
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
  if (id < 1 || id > MAX_ID) fail(`a line begins with the id of a key, 1 to ${MAX_ID}`);
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
    fail(`key ${id} has ${secret.length} octets, and ${known} needs ${length}`);
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
