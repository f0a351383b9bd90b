import { quote } from "../text/json.ts";

const NUMBER = String.raw`-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;

const shape = new RegExp(`^(?<inside>@)?(?:(?<low>~|${NUMBER})?(?<colon>:))?(?<high>${NUMBER})?$`);

const numbers = new RegExp(NUMBER, "g");

/** A range of the monitoring plugins' guidelines. */
export interface Range {
  /** As it was written, but with plain decimals, which every reader of performance data accepts. */
  readonly text: string;
  /** Whether it was written as a single number. */
  readonly isLimit: boolean;
  /** Its ends; a single number is the upper end, and 0 the lower. */
  readonly from: number;
  readonly to: number;
  /** Whether it was written with `@`. */
  readonly isInside: boolean;
  alerts(value: number): boolean;
}

/**
 * Parses a range: `10` is 0 to 10, `10:` is 10 and more, `~:10` is 10 and less, `10:20` is 10 to 20,
 * ends included. A value outside raises an alert, and with `@` in front one inside.
 */
export function parseRange(text: string): Range {
  const fail = (problem: string): never => {
    throw new SyntaxError(`Cannot read the range ${quote(text)}: ${problem}`);
  };
  const { inside, low, colon, high } = shape.exec(text)?.groups ?? {};
  if (colon === undefined && high === undefined) {
    fail("expected a number, or LOW:HIGH as in 10, 1:, ~:-1 or @10:20");
  }
  const from = low === "~" ? -Infinity : Number(low ?? 0);
  const to = Number(high ?? Infinity);
  if (![low ?? "", high ?? ""].every((end) => end === "~" || Number.isFinite(Number(end)))) {
    fail("expected smaller numbers");
  }
  if (from > to) fail("expected LOW below HIGH");
  return {
    text: text.replaceAll(numbers, plainDecimal),
    from,
    to,
    isInside: inside !== undefined,
    isLimit: inside === undefined && colon === undefined,
    alerts: (value) => (value >= from && value <= to) === (inside !== undefined),
  };
}

/** Writes a number without an exponent, with digits on both sides of its point: `1e-3` as `0.001`. */
function plainDecimal(number: string): string {
  if (/^-?\d+(\.\d+)?$/.test(number)) return number;
  return Number(number).toLocaleString("en", { useGrouping: false, maximumFractionDigits: 100 });
}
