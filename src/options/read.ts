/** Reads options by their definitions: objects of the library and of JSON, texts of command lines and URLs. */
import { suggest } from "../text/suggest.ts";
import { type Field, FieldError, type ValuesOf } from "./field.ts";
import { quote, snakeCase } from "../text/json.ts";
import { escapeLine } from "../text/printable.ts";

type AnySet = Readonly<Record<string, Field>>;

/**
 * Reads an object of options, without those that are undefined.
 *
 * @param fields The options, by their names in the library
 * @param where The name of the object in messages, such as `clock` in `clock.rate`
 * @param style How its keys are written: as in the library, or in JSON, `root_delay` for `rootDelay`
 * @throws {TypeError} If it is not an object, or has a length of time that is a number
 * @throws {SyntaxError} If it has an unknown option, or a value that cannot be read
 * @throws {RangeError} If a value is out of bounds
 */
export function readOptions<Set extends AnySet>(
  fields: Set,
  given: unknown,
  where: string,
  style: "library" | "json" = "library",
): ValuesOf<Set> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${where} is ${quote(given)}, expected an object`);
  }
  const keys = new Map(
    Object.keys(fields).map((key) => [style === "json" ? snakeCase(key) : key, key]),
  );
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const key = keys.get(name);
    const field = key === undefined ? undefined : fields[key];
    if (key === undefined || field === undefined) {
      throw new SyntaxError(
        `Unknown ${where} option ${quote(name)}: ${suggest(name, [...keys.keys()])}`,
      );
    }
    const given = style === "json" && field.isDuration ? withUnit(value) : value;
    values[key] = withName(`${where}.${name}`, field, value, () => field.read(given));
  }
  return values as ValuesOf<Set>;
}

/** Turns a number of JSON, in which a length of time may be one of seconds, into a text. */
export function withUnit(value: unknown): unknown {
  return typeof value === "number" ? `${value.toFixed(9).replace(/\.?0+$/, "")}s` : value;
}

/** Picks the values of one set of options from those of several. */
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

/** Finds an option by its name on command lines and in URLs; `key` is its name in the library. */
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
 * @param label Its name in messages, such as `--rate` or an environment variable
 * @throws {SyntaxError} If it cannot be read
 * @throws {RangeError} If it is out of bounds
 */
export function parseOption<Value>(
  field: Field<Value>,
  text: string,
  label: string = field.name,
): Value {
  return withName(label, field, text, () => field.parse(text));
}

/** A name in JSON may be anybody's: the clients of a scenario have any. */
const MAX_NAME_LENGTH = 100;

/** Turns a {@linkcode FieldError} into the one form of message for all options. */
function withName<T>(name: string, { isSecret }: Field, given: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const { Failure } = error;
    const shown = isSecret ? "not accepted" : quote(given);
    throw new Failure(`${escapeLine(name, MAX_NAME_LENGTH)} is ${shown}, ${error.message}`, {
      cause: error,
    });
  }
}
