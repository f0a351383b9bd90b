/** Ranges of the monitoring plugins: in which a value raises an alert. */

const NUMBER = String.raw`-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;

const shape = new RegExp(
  `^(?<inside>@)?(?:(?<low>~|${NUMBER})?(?<colon>:))?(?<high>${NUMBER})?$`,
);

/** A range of the monitoring plugins' guidelines. */
export interface Range {
  /** As it was written. */
  readonly text: string;
  /** Whether it was written as a single number, a limit. */
  readonly isLimit: boolean;
  /** Whether a value raises an alert. */
  alerts(value: number): boolean;
}

/**
 * Reads a range: `10` is 0 to 10, `10:` is 10 and more, `~:10` is 10 and less, `10:20` is between,
 * both included. A value outside raises an alert, and with `@` in front one inside.
 *
 * @throws {SyntaxError} If it is none
 */
export function parseRange(text: string): Range {
  const fail = (problem: string): never => {
    throw new SyntaxError(`Cannot read the range ${JSON.stringify(text)}: ${problem}`);
  };
  const { inside, low, colon, high } = shape.exec(text)?.groups ?? {};
  if (colon === undefined && high === undefined) {
    fail("expected a number, or LOW:HIGH as in 10, 1:, ~:-1 or @10:20");
  }
  const from = low === "~" ? -Infinity : Number(low ?? 0);
  const to = Number(high ?? Infinity);
  if (from > to) fail(`it begins at ${from}, above its end`);
  return {
    text,
    isLimit: inside === undefined && colon === undefined,
    alerts: (value) => (value >= from && value <= to) === (inside !== undefined),
  };
}
