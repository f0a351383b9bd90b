/**
 * An option, written once. Command lines, environment variables, URL parameters, JSON, scenario files,
 * the library's checks, help, manual pages and the reference in `docs/` are all read from these rows.
 *
 * @module
 */

/** One option of a set. */
export interface Field<Value = unknown> {
  /** The name in kebab-case, as a flag (`--root-delay`) and a URL parameter have it. */
  readonly name: string;
  /** The letter of its short flag, without the dash. */
  readonly short?: string;
  /** How help writes its value, such as `<seconds>`; a switch has none. */
  readonly syntax?: string;
  /** One line of help, without the default: what it does, and its unit. */
  readonly help: string;
  /** What is accepted, in words, for the message about a value that is not. */
  readonly expected: string;
  /** The default as help shows it, as a user would write it. */
  readonly default?: string;
  /** The values there are, where they are few. */
  readonly choices?: readonly string[];
  /** Whether it may be given again, each time for one more value. */
  readonly isRepeatable?: boolean;
  /** The names of the options that it excludes. */
  readonly conflicts?: readonly string[];
  /**
   * Parses a value as text: of a command line, an environment variable or a URL.
   *
   * @throws {SyntaxError} If it cannot be read
   * @throws {RangeError} If it is out of bounds
   */
  parse(text: string): Value;
}
