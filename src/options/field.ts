/**
 * The definition of an option. Command lines, environment variables, URL parameters, JSON, scenario
 * files, the library's checks, help, manual pages and the reference in `docs/` all use it.
 *
 * @module
 */
import { type InSeconds, parseDurationNs, readSeconds, type TimeSpan } from "../text/duration.ts";
import { formatChoices } from "../text/suggest.ts";

/** A value that an option does not accept; the message names what it accepts. */
export class FieldError extends Error {
  /** The error to throw: a `RangeError` for a value of the right kind that is out of bounds. */
  readonly Failure: ErrorConstructor;

  constructor(message: string, Failure: ErrorConstructor = SyntaxError) {
    super(message);
    this.Failure = Failure;
  }
}

/** The part of a definition that does not depend on the type of the value. */
export interface Row {
  /** The name in kebab-case, for a flag (`--root-delay`) or a URL parameter. */
  readonly name: string;
  /** The letter of the short flag, without the dash. */
  readonly short?: string;
  /** Further flags of a command line for it, such as `--samples`. */
  readonly aliases?: readonly string[];
  /** Flags of it in earlier versions, refused with the name of today's. */
  readonly formerFlags?: readonly string[];
  /**
   * The placeholder of the value in help, such as `<seconds>`; a switch has none. In square brackets, as
   * `[stratum]`, the value is optional: a number, or the empty text without one.
   */
  readonly syntax?: string;
  /** One line of help, without the default: what it does, and its unit. */
  readonly help: string;
  /** The default as help shows it, as a user would write it. */
  readonly default?: string;
  /** Values that shell completions offer, such as names; `./` stands for files. */
  readonly offers?: readonly string[];
  /** Whether it may be given several times, once per value. */
  readonly isRepeatable?: boolean;
  readonly conflicts?: readonly string[];
  /** The maximum length of a text, 256 by default: no pattern sees a longer one. */
  readonly maxLength?: number;
  /** Whether messages must not contain its value. */
  readonly isSecret?: boolean;
}

export interface Field<Value = unknown> extends Row {
  /** What it accepts, for error messages. */
  readonly expected: string;
  /** All values, if there are few. */
  readonly choices?: readonly string[];
  /** Whether it is a number in the library and in JSON. */
  readonly isNumber?: boolean;
  /** Whether it is a length of time, which JSON may also give as a number of seconds. */
  readonly isDuration?: boolean;
  /**
   * Reads a value of the library or of JSON.
   *
   * @throws {FieldError} If it is not accepted
   */
  read(given: unknown): Value;
  /**
   * Parses a text of a command line, an environment variable or a URL.
   *
   * @throws {FieldError} If it is not accepted
   */
  parse(text: string): Value;
}

/** A set of options, by their names in the library. */
export type Fields<Values> = { readonly [Key in keyof Values]-?: Field<NonNullable<Values[Key]>> };

/** A set of options of the library whose lengths of time are read as seconds. */
export type TimedFields<Values> = Fields<InSeconds<Values>>;

/** The values of a set of options, all of them optional. */
export type ValuesOf<Set extends Readonly<Record<string, Field>>> = {
  readonly [Key in keyof Set]?: Set[Key] extends Field<infer Value> ? Value : never;
};

const MAX_LENGTH = 256;

/** The maximum length of what may be long: paths, URLs, descriptions, faults with their clients. */
export const MAX_LONG_TEXT = 4096;

/**
 * Defines an option of any type.
 *
 * @param expected What it accepts, for error messages
 * @param read Reads a value; returns undefined if it is not accepted
 * @param fromText Turns a text into a value for `read`
 */
export function field<Value>(
  row: Row & { readonly choices?: readonly string[] },
  expected: string,
  read: (given: unknown) => Value | undefined,
  fromText: (text: string) => unknown = (text) => text,
): Field<Value> {
  const { maxLength = MAX_LENGTH } = row;
  const checkLength = (given: unknown): void => {
    if (typeof given !== "string" || given.length <= maxLength) return;
    throw new FieldError(`expected at most ${maxLength} characters`);
  };
  const accept = (given: unknown): Value => {
    checkLength(given);
    const value = read(given);
    if (value === undefined) throw new FieldError(`expected ${expected}`);
    return value;
  };
  const parse = (text: string): Value => {
    checkLength(text);
    return accept(fromText(text));
  };
  return { ...row, expected, read: accept, parse };
}

export function number(
  min: number,
  max: number,
  row: Row & { readonly unit?: string },
): Field<number> {
  return bounded(min, max, `${row.unit ?? "a number"}, ${min} to ${max}`, row, Number.isFinite);
}

/** A number above 0, up to a bound. */
export function positive(max: number, row: Row & { readonly unit?: string }): Field<number> {
  const expected = `${row.unit ?? "a number"} above 0, up to ${max}`;
  return bounded(Number.MIN_VALUE, max, expected, row, Number.isFinite);
}

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
    throw new FieldError(`expected ${expected}`, RangeError);
  };
  return { ...field(row, expected, read, toNumber), isNumber: true };
}

/** Converts a text to a number if it is one. */
function toNumber(text: string): unknown {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

export function oneOf<const Word extends string>(words: readonly Word[], row: Row): Field<Word> {
  const read = (given: unknown): Word | undefined => words.find((word) => word === given);
  return field({ ...row, choices: words }, formatChoices(words), read);
}

const ON: readonly string[] = ["", "1", "true", "yes", "on"];
const OFF: readonly string[] = ["0", "false", "no", "off"];

function readSwitch(text: string): boolean | string {
  return ON.includes(text) ? true : OFF.includes(text) ? false : text;
}

/** Defines a switch; in a URL it needs no value. */
export function flag(row: Omit<Row, "syntax">): Field<boolean> {
  return field(
    row,
    "true or false",
    (given) => typeof given === "boolean" ? given : undefined,
    readSwitch,
  );
}

/** Defines a switch that may have a number instead, as `--local` or `--local 8`. */
export function flagOr(value: Field<number>, row: Row): Field<boolean | number> {
  const expected = `true or false, or ${value.expected}`;
  return field<boolean | number>(row, expected, (given) => {
    if (typeof given === "boolean") return given;
    return typeof given === "number" ? value.read(given) : undefined;
  }, (text) => /^\d+$/.test(text) ? Number(text) : readSwitch(text));
}

/** Defines a duration, a text such as `1h30m` or a `Temporal.Duration`; the value is kept as given. */
export function duration(min: string, max: string, row: Row): Field<TimeSpan> {
  const [minNs, maxNs] = [parseDurationNs(min), parseDurationNs(max)];
  const expected = `a duration from ${min} to ${max}, such as 2s, 500ms or 1h30m`;
  const read = (given: unknown): TimeSpan | undefined => {
    const span = asTimeSpan(given);
    const ns = span === undefined ? undefined : attempt(() => parseDurationNs(span));
    if (ns === undefined) return undefined;
    if (ns >= minNs && ns <= maxNs) return span;
    throw new FieldError(`expected ${expected}`, RangeError);
  };
  return { ...field({ syntax: "<duration>", ...row }, expected, read), isDuration: true };
}

/**
 * Returns a value that may be a length of time. A number has no unit: a caller that means milliseconds would get seconds.
 *
 * @throws {FieldError} If it is a number
 */
export function asTimeSpan(given: unknown): TimeSpan | undefined {
  if (typeof given === "number") {
    throw new FieldError(
      'expected a length of time with its unit, such as "2s", or a Temporal.Duration',
      TypeError,
    );
  }
  return typeof given === "string" || given instanceof Temporal.Duration ? given : undefined;
}

/** Defines a duration that is read as seconds. */
export function seconds(min: string, max: string): Field<number> {
  const { read, parse, ...row } = duration(min, max, UNNAMED);
  return {
    ...row,
    read: (given) => readSeconds(read(given)),
    parse: (text) => readSeconds(parse(text)),
  };
}

/** The row of an option that the library alone has. */
export const UNNAMED: Row = { name: "", help: "" };

/** Defines an option of the library, such as a function, that is passed on as it is. */
export function passed<Value>(): Field<Value> {
  return field({ ...UNNAMED, maxLength: Infinity }, "a value", (given) => given as Value);
}

/** Defines a text that `parse` must accept; the value is kept as given. */
export function text(expected: string, parse: (text: string) => unknown, row: Row): Field<string> {
  return field(
    row,
    expected,
    (given) => typeof given === "string" ? attempt(() => (parse(given), given)) : undefined,
  );
}

/** Defines the name of a file, which is longer than most texts; `check` throws for one that is not accepted. */
export function file(
  row: Row,
  expected = "the name of a file",
  check: (name: string) => unknown = () => {},
): Field<string> {
  const checkName = (name: string): void => {
    if (name === "") throw new SyntaxError("no name");
    check(name);
  };
  return text(expected, checkName, { maxLength: MAX_LONG_TEXT, syntax: "<file>", ...row });
}

/** Returns undefined if a parser fails, but keeps a {@linkcode FieldError}, which names what it expects. */
export function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Defines a list of values, each read by one field; a text is one value. */
export function list<Value>(each: Field<Value>, max = Infinity): Field<readonly Value[]> {
  const expected = `a list, each of it ${each.expected}`;
  const all = field<readonly Value[]>({ ...each, isRepeatable: true }, expected, (given) => {
    if (!Array.isArray(given)) return undefined;
    if (given.length > max) throw new FieldError(`expected ${max} at most`, RangeError);
    return given.map((one) => each.read(one));
  });
  return { ...all, parse: (text) => [each.parse(text)] };
}
