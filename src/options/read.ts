/** Options read by their rows: objects of the library and of JSON, and texts of command lines and URLs. */
import { suggest } from "../text/suggest.ts";
import { type Field, FieldError, type ValuesOf } from "./field.ts";

/** Any set of options. */
type AnySet = Readonly<Record<string, Field>>;

/**
 * Reads an object of options. What is undefined counts as not given.
 *
 * @param fields The options there are
 * @param given The object
 * @param where What it is called, such as `clock`: names of values are told after it, as `clock.rate`
 * @returns The values that are given
 * @throws {TypeError} If it is no object
 * @throws {SyntaxError} If it has an unknown option, or a value that cannot be read
 * @throws {RangeError} If a value is out of bounds
 */
export function readOptions<Set extends AnySet>(
  fields: Set,
  given: unknown,
  where: string,
): ValuesOf<Set> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${where} is ${describe(given)}, expected an object`);
  }
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = fieldOf(fields, key, where);
    values[key] = named(`${where}.${key}`, field, value, () => field.read(value));
  }
  return values as ValuesOf<Set>;
}

/** The values of one set of options, out of those of several. */
export function pickOptions<Set extends AnySet>(
  fields: Set,
  values: { readonly [Key in keyof Set]?: unknown },
): ValuesOf<Set> {
  const picked = Object.keys(fields).flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(picked) as ValuesOf<Set>;
}

/** The field of an option by the library's name. */
function fieldOf(fields: AnySet, key: string, where: string): Field {
  const found = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (found !== undefined) return found;
  throw new SyntaxError(
    `Unknown ${where} option ${JSON.stringify(key)}: ${suggest(key, Object.keys(fields))}`,
  );
}

/** An option by the name that command lines and URLs have for it, and the library's; undefined if there is none. */
export function findOption(
  fields: AnySet,
  name: string,
): { readonly key: string; readonly field: Field } | undefined {
  const found = Object.entries(fields).find(([, field]) => field.name === name);
  return found && { key: found[0], field: found[1] };
}

/**
 * Parses the text of an option.
 *
 * @param field The option
 * @param text The text
 * @param label What a message calls it, such as `--rate` or an environment variable
 * @throws {SyntaxError} If it cannot be read; the message names the option
 * @throws {RangeError} If it is out of bounds
 */
export function parseOption<Value>(
  field: Field<Value>,
  text: string,
  label: string = field.name,
): Value {
  return named(label, field, text, () => field.parse(text));
}

/** Tells of a value that is not accepted by its name, in the one form that all such messages have. */
function named<T>(name: string, { isSecret }: Field, given: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const Failure = error.isRange ? RangeError : SyntaxError;
    const shown = isSecret ? "not accepted" : describe(given);
    throw new Failure(`${name} is ${shown}, ${error.message}`, { cause: error });
  }
}

/** A value as a message shows it, on one line and not too long. */
function describe(value: unknown): string {
  const shown = typeof value === "number" || value instanceof Temporal.Duration
    ? String(value)
    : JSON.stringify(value) ?? String(value);
  return shown.length > 100 ? `${shown.slice(0, 99)}…` : shown;
}
