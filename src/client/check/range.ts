import { parseDuration, toSeconds } from "../../text/duration.ts";
import { quote } from "../../text/json.ts";

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
  /** Whether no value from `low` to `high` raises an alert. */
  isClear(low: number, high: number): boolean;
}

/** The units in which the ends of a range may be given. */
export type RangeUnit = "s" | "%" | "";

/**
 * Parses a range: `10` is 0 to 10, `10:` is 10 and more, `~:10` is 10 and less, `10:20` is 10 to 20,
 * ends included. A value outside raises an alert, and with `@` in front one inside. In seconds its ends
 * may be durations (`100ms`, `-1s:1m`), in percent they may have their sign.
 */
export function parseRange(written: string, unit: RangeUnit = ""): Range {
  const text = written.replaceAll(WITH_UNIT, (end) => withoutUnit(end, unit));
  const fail = (problem: string): never => {
    throw new SyntaxError(`Cannot read the range ${quote(written)}: ${problem}`);
  };
  const { inside, low, colon, high } = shape.exec(text)?.groups ?? {};
  if (colon === undefined && high === undefined) {
    const example = unit === "s" ? "100ms" : unit === "%" ? "5%" : "10";
    fail(`expected a number, or LOW:HIGH as in ${example}, 1:, ~:-1 or @10:20`);
  }
  const from = low === "~" ? -Infinity : Number(low ?? 0);
  const to = Number(high ?? Infinity);
  if (![low ?? "", high ?? ""].every((end) => end === "~" || Number.isFinite(Number(end)))) {
    fail("expected smaller numbers");
  }
  if (from > to) fail("expected LOW below HIGH");
  const isInside = inside !== undefined;
  const isWithin = (value: number): boolean => value >= from && value <= to;
  return {
    text: text.replaceAll(numbers, plainDecimal),
    from,
    to,
    isInside,
    isLimit: inside === undefined && colon === undefined,
    alerts: (value) => isWithin(value) === isInside,
    isClear: (low, high) => isInside ? high < from || low > to : isWithin(low) && isWithin(high),
  };
}

const WITH_UNIT = /-?[\d.]+(?:[eE][+-]?\d+)?[a-zµμ%][^:]*/g;

/** The number of an end in plain decimals; an end that cannot be read stays as it is. */
function withoutUnit(end: string, unit: RangeUnit): string {
  if (unit === "%") return end.replace(/ ?%$/, "");
  if (unit !== "s" || !/\d[a-zµμ]+$/.test(end)) return end;
  try {
    return String(toSeconds(parseDuration(end)));
  } catch {
    return end;
  }
}

/** Writes a number without an exponent, with digits on both sides of its point: `1e-3` as `0.001`. */
function plainDecimal(number: string): string {
  if (/^-?\d+(\.\d+)?$/.test(number)) return number;
  return Number(number).toLocaleString("en", { useGrouping: false, maximumFractionDigits: 100 });
}
