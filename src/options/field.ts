/**
 * An option, written once. Command lines, environment variables, URL parameters, JSON, scenario files,
 * the library's checks, help, manual pages and the reference in `docs/` are all read from these rows.
 *
 * @module
 */
import { parseDurationNs } from "../text/duration.ts";
import { formatChoices } from "../text/suggest.ts";

/** A value that an option does not accept; the message says what it accepts. */
export class FieldError extends Error {
  /** Whether the value is of the right kind, but out of bounds. */
  readonly isRange: boolean;

  constructor(message: string, isRange = false) {
    super(message);
    this.isRange = isRange;
  }
}

/** What a row says of an option, whatever its values. */
export interface Row {
  /** The name in kebab-case, as a flag (`--root-delay`) and a URL parameter have it. */
  readonly name: string;
  /** The letter of its short flag, without the dash. */
  readonly short?: string;
  /** How help writes its value, such as `<seconds>`; a switch has none. */
  readonly syntax?: string;
  /** One line of help, without the default: what it does, and its unit. */
  readonly help: string;
  /** The default as help shows it, as a user would write it. */
  readonly default?: string;
  /** Whether it may be given again, each time for one more value. */
  readonly isRepeatable?: boolean;
  /** The names of the options that it excludes. */
  readonly conflicts?: readonly string[];
  /** Whether its value must not be shown, in a message neither. */
  readonly isSecret?: boolean;
}

/** One option of a set. */
export interface Field<Value = unknown> extends Row {
  /** What is accepted, in words, for the message about a value that is not. */
  readonly expected: string;
  /** The values there are, where they are few. */
  readonly choices?: readonly string[];
  /** Whether the library and JSON have it as a number. */
  readonly isNumber?: boolean;
  /**
   * Reads a value as the library or JSON gives it.
   *
   * @throws {FieldError} If it is not accepted
   */
  read(given: unknown): Value;
  /**
   * Reads a value as text: of a command line, an environment variable or a URL.
   *
   * @throws {FieldError} If it is not accepted
   */
  parse(text: string): Value;
}

/** A set of options, by the names that the library has for them. */
export type Fields<Values> = { readonly [Key in keyof Values]-?: Field<NonNullable<Values[Key]>> };

/** The values that a set of options may have; all of them are optional. */
export type ValuesOf<Set extends Readonly<Record<string, Field>>> = {
  readonly [Key in keyof Set]?: Set[Key] extends Field<infer Value> ? Value : never;
};

/**
 * An option of any kind.
 *
 * @param row What it is
 * @param expected What it accepts, in words
 * @param read Reads a value; undefined is one that is not accepted
 * @param fromText Turns a text into what `read` reads
 */
export function field<Value>(
  row: Row & { readonly choices?: readonly string[] },
  expected: string,
  read: (given: unknown) => Value | undefined,
  fromText: (text: string) => unknown = (text) => text,
): Field<Value> {
  const accept = (given: unknown): Value => {
    const value = read(given);
    if (value === undefined) throw new FieldError(`expected ${expected}`);
    return value;
  };
  return { ...row, expected, read: accept, parse: (text) => accept(fromText(text)) };
}

/** A number within bounds. */
export function number(
  min: number,
  max: number,
  row: Row & { readonly unit?: string },
): Field<number> {
  return bounded(min, max, `${row.unit ?? "a number"}, ${min} to ${max}`, row, Number.isFinite);
}

/** A number above 0, up to a bound. */
export function positive(
  max: number,
  row: Row & { readonly unit?: string },
): Field<number> {
  const expected = `${row.unit ?? "a number"} above 0, up to ${max}`;
  return bounded(Number.MIN_VALUE, max, expected, row, Number.isFinite);
}

/** A whole number within bounds. */
export function whole(min: number, max: number, row: Row): Field<number> {
  const range = max === Infinity ? `${min} or more` : `${min} to ${max}`;
  return bounded(min, max, `a whole number, ${range}`, row, Number.isInteger);
}

function bounded(
  min: number,
  max: number,
  expected: string,
  row: Row,
  isOfKind: (value: unknown) => boolean,
): Field<number> {
  const read = (given: unknown): number | undefined => {
    if (typeof given !== "number") return undefined;
    if (isOfKind(given) && given >= min && given <= max) return given;
    throw new FieldError(`expected ${expected}`, true);
  };
  return { ...field(row, expected, read, toNumber), isNumber: true };
}

/** A text as a number, if it is written as one; else the text. */
function toNumber(text: string): unknown {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[], row: Row): Field<Word> {
  const read = (given: unknown): Word | undefined => words.find((word) => word === given);
  return field({ ...row, choices: words }, formatChoices(words), read);
}

const ON: readonly string[] = ["", "1", "true", "yes", "on"];
const OFF: readonly string[] = ["0", "false", "no", "off"];

/** A switch, which a URL may have without a value. */
export function flag(row: Omit<Row, "syntax">): Field<boolean> {
  return field(
    row,
    "true or false",
    (given) => typeof given === "boolean" ? given : undefined,
    (text) => ON.includes(text) ? true : OFF.includes(text) ? false : text,
  );
}

/** A length of time, as a text such as `1h30m` or a `Temporal.Duration`; it stays as it is given. */
export function duration(
  min: string,
  max: string,
  row: Row,
): Field<string | Temporal.Duration> {
  const [minNs, maxNs] = [parseDurationNs(min), parseDurationNs(max)];
  const expected = `a duration from ${min} to ${max}, such as 250ms, 10s or 1h30m`;
  return field(row, expected, (given) => {
    if (typeof given !== "string" && !(given instanceof Temporal.Duration)) return undefined;
    const ns = durationOf(given);
    if (ns === undefined) return undefined;
    if (ns >= minNs && ns <= maxNs) return given;
    throw new FieldError(`expected ${expected}`, true);
  });
}

function durationOf(given: string | Temporal.Duration): bigint | undefined {
  try {
    return parseDurationNs(given);
  } catch {
    return undefined;
  }
}

/** A text that a function of the owner parses for its mistakes; it stays as it is given. */
export function text(expected: string, parse: (text: string) => unknown, row: Row): Field<string> {
  return field(
    row,
    expected,
    (given) => typeof given === "string" ? parsable(given, parse) : undefined,
  );
}

/** A value, if it can be parsed; undefined if it cannot, unless the parser says what it expects. */
export function parsable<Value>(value: Value, parse: (value: Value) => unknown): Value | undefined {
  try {
    parse(value);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Several values, each of which one field reads; a text is one of them. */
export function list<Value>(each: Field<Value>, max = Infinity): Field<readonly Value[]> {
  const expected = `a list, each of it ${each.expected}`;
  const all = field<readonly Value[]>({ ...each, isRepeatable: true }, expected, (given) => {
    if (!Array.isArray(given)) return undefined;
    if (given.length > max) throw new FieldError(`expected ${max} at most`, true);
    return given.map((one) => each.read(one));
  });
  return { ...all, parse: (text) => [each.parse(text)] };
}
