import { escapeLine, shorten, UNPRINTABLE } from "./printable.ts";

/**
 * Parses JSON that a person wrote.
 *
 * @throws {SyntaxError} If it is not JSON, or has a number that would become infinite
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, requireFinite);
  } catch (error) {
    // The engine's message quotes the text as it is.
    throw new SyntaxError(escapeLine((error as Error).message), { cause: error });
  }
}

function requireFinite(
  key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (value !== Infinity && value !== -Infinity) return value;
  const where = key === "" ? "" : `${quote(key)} is `;
  const number = shorten(context?.source ?? "", MAX_QUOTED_LENGTH);
  throw new SyntaxError(`${where}${number}, which is beyond the range of numbers`);
}

/**
 * Formats a value as JSON of one line, with keys in snake_case, in which unprintable characters are escaped
 * as `\\u009b`.
 */
export function formatJson(value: unknown): string {
  return escapeJson(JSON.stringify(value, withSnakeKeys) ?? String(value));
}

function withSnakeKeys(_key: string, value: unknown): unknown {
  return isRecord(value) ? mapKeys(value, nameInJson) : value;
}

/** Keys that are no names, such as URLs, stay as they are. */
function nameInJson(key: string): string {
  return /^[A-Za-z0-9]+$/.test(key) ? snakeCase(key) : key;
}

/** Objects whose keys are causes and outcomes. */
const VALUE_KEYS: readonly string[] = ["refused", "key_exchanges"];

/**
 * Parses what {@linkcode formatJson} wrote, with keys in camelCase, but for those that are values.
 *
 * @throws {SyntaxError} If it is not JSON
 * @throws {RangeError} If it is nested too deeply
 */
export function parseSnakeJson(text: string): unknown {
  return JSON.parse(
    text,
    (key, value) =>
      isRecord(value) && !VALUE_KEYS.includes(key) ? mapKeys(value, camelCase) : value,
  );
}

function mapKeys(
  record: Readonly<Record<string, unknown>>,
  rename: (key: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key), value]));
}

/** Whether a value is an object of JSON, rather than one of a class such as `Temporal.Duration`. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** The name in JSON of a key of the library: `root_delay` of `rootDelay`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(key: string): string {
  return key.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function escapeJson(json: string): string {
  return json.replace(
    UNPRINTABLE,
    (character) =>
      Array.from(
        { length: character.length },
        (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
      ).join(""),
  );
}

const MAX_QUOTED_LENGTH = 100;

/** Quotes a value of others for a message, on one line of limited length. */
export function quote(value: unknown, max = MAX_QUOTED_LENGTH): string {
  const isPlain = typeof value === "number" || typeof value === "bigint" ||
    value instanceof Temporal.Duration;
  const text = isPlain ? String(value) : toJson(value) ?? String(value);
  return shorten(escapeJson(text.slice(0, max + 1)), max);
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // JSON has no form for a circle, nor for a bigint.
    return Object.prototype.toString.call(value);
  }
}
