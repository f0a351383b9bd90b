/** Ranges of the monitoring plugins: in which a value raises an alert. */

const NUMBER = String.raw`-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;

const shape = new RegExp(
  `^(?<inside>@)?(?:(?<low>~|${NUMBER})?(?<colon>:))?(?<high>${NUMBER})?$`,
);

const numbers = new RegExp(NUMBER, "g");

/** A range of the monitoring plugins' guidelines. */
export interface Range {
  /** As it was written, but for its numbers: all plain decimals, which every reader takes. */
  readonly text: string;
  /** Whether it was written as a single number, a limit. */
  readonly isLimit: boolean;
  /** Where it begins and ends; as a limit, as if it began at 0. */
  readonly from: number;
  readonly to: number;
  /** Whether it was written with `@`. */
  readonly isInside: boolean;
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
  if (![low ?? "", high ?? ""].every((end) => end === "~" || Number.isFinite(Number(end)))) {
    fail("a number of it is too large");
  }
  if (from > to) fail(`it begins at ${from}, above its end`);
  return {
    text: text.replaceAll(numbers, plainDecimal),
    from,
    to,
    isInside: inside !== undefined,
    isLimit: inside === undefined && colon === undefined,
    alerts: (value) => (value >= from && value <= to) === (inside !== undefined),
  };
}

/** A number without an exponent, and with digits on both sides of its point: `1e-3` as `0.001`. */
function plainDecimal(number: string): string {
  if (/^-?\d+(\.\d+)?$/.test(number)) return number;
  const parts = /^(?<sign>-?)(?<first>\d)(?:\.(?<others>\d+))?e(?<exponent>.*)$/
    .exec(Number(number).toExponential())?.groups ?? {};
  const { sign = "", first = "", others = "", exponent } = parts;
  // How many digits are before the point; the zeros that this takes are put in first.
  const point = 1 + Number(exponent);
  const digits = "0".repeat(Math.max(0, 1 - point)) + (first + others).padEnd(point, "0");
  const whole = Math.max(1, point);
  return sign + digits.slice(0, whole) + (digits.length > whole ? `.${digits.slice(whole)}` : "");
}
