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

/** Formats a value as JSON of one line, in which unprintable characters are escaped as `\\u009b`. */
export function formatJson(value: unknown): string {
  return escapeJson(JSON.stringify(value) ?? String(value));
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
  const text = isPlain ? String(value) : JSON.stringify(value) ?? String(value);
  return shorten(escapeJson(text.slice(0, max + 1)), max);
}
