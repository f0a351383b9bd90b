import { parseDuration, toSeconds } from "../../text/duration.ts";
import { quote } from "../../text/json.ts";

/** The result of a monitoring plugin. */
export type CheckState = "OK" | "WARNING" | "CRITICAL" | "UNKNOWN";

/**
 * What raises an alert: a range of the monitoring plugins' guidelines for each value, such as `10`,
 * `1:`, `~:-1` or `@10:20`. A value outside the range alerts, with `@` one inside. Ends in seconds may be
 * durations, such as `100ms`, and ends in percent may have their sign.
 */
export interface CheckThresholds {
  /** For the median offset, in seconds. A single number limits it both ways. */
  readonly offset?: string;
  /** For the jitter, in seconds. It needs two usable replies, and is UNKNOWN with fewer. */
  readonly jitter?: string;
  /** For the root distance, in seconds. */
  readonly rootDistance?: string;
  /** For the stratum. */
  readonly stratum?: string;
  /** For the requests without a reply, in percent. */
  readonly loss?: string;
}

/** The unit of each value. */
export const thresholdUnits = {
  ...{ offset: "s", jitter: "s", rootDistance: "s", stratum: "", loss: "%" },
} as const satisfies Readonly<Record<keyof CheckThresholds, RangeUnit>>;

const names = ["offset", "jitter", "rootDistance", "stratum", "loss"] as const;

export type Alerts = Readonly<Partial<Record<"WARNING" | "CRITICAL", Range | undefined>>>;

export type Thresholds = Readonly<Record<keyof CheckThresholds, Alerts>>;

export function parseThresholds(warning: CheckThresholds, critical: CheckThresholds): Thresholds {
  return Object.fromEntries(names.map((name): [string, Alerts] => {
    const parse = (text?: string): Range | undefined =>
      text === undefined ? text : parseRange(text, thresholdUnits[name]);
    return [name, { WARNING: parse(warning[name]), CRITICAL: parse(critical[name]) }];
  })) as Thresholds;
}

/** A critical range within the range that raises no warning would leave no room for warnings. */
export function checkContradictions(warning: CheckThresholds, critical: CheckThresholds): void {
  const given = parseThresholds(warning, critical);
  for (const name of names) {
    const { WARNING: wide, CRITICAL: narrow } = given[name];
    if (!wide || !narrow || wide.isInside || narrow.isInside) continue;
    const start = ({ from, to, isLimit }: Range): number =>
      name === "offset" && isLimit ? -to : from;
    const isWithin = start(narrow) >= start(wide) && narrow.to <= wide.to;
    // The same range twice is a way to have no warnings.
    if (!isWithin || start(narrow) === start(wide) && narrow.to === wide.to) continue;
    const value = name === "rootDistance" ? "root distance" : name;
    throw new RangeError(
      `Cannot check the ${value}: its critical range ${critical[name]} is within its warning ` +
        `range ${warning[name]}, so that nothing would be a warning`,
    );
  }
}

export interface Metric {
  readonly state: CheckState;
  /** The value and its ranges, in the form of the monitoring plugins' guidelines. */
  readonly performanceData: string;
  /** The value if it raises an alert, or why it is not known; empty otherwise. */
  formatRemark(whyUnknown?: string): string;
}

/** The least and the largest value that are possible, for graphs; an offset has neither. */
const limits: Readonly<Record<string, string>> = {
  ...{ jitter: "0", root_distance: "0", delay: "0", time: "0", stratum: "0;16", loss: "0;100" },
};

/** The value is undefined if it is not known although there are ranges for it. */
export function createMetric(
  label: string,
  value: number | undefined,
  unit: RangeUnit,
  alerts: Alerts = {},
): Metric {
  const { WARNING, CRITICAL } = alerts;
  const alert = (["CRITICAL", "WARNING"] as const).find((state) => {
    const range = alerts[state];
    // As in check_ntp_time: a single number limits the offset both ways.
    const isMagnitude = label === "offset" && range?.isLimit;
    return value !== undefined && range?.alerts(isMagnitude ? Math.abs(value) : value);
  });
  const state = value === undefined ? "UNKNOWN" : alert ?? "OK";
  const data = value === undefined ? "U" : `${unit === "s" ? value.toFixed(6) : value}${unit}`;
  return {
    state,
    performanceData: `${label}=${data};${WARNING?.text ?? ""};${CRITICAL?.text ?? ""};` +
      (limits[label] ?? ""),
    formatRemark(whyUnknown): string {
      if (value === undefined) return `, ${label} unknown ${whyUnknown} (${state})`;
      const percent = unit === "%" ? "%" : "";
      return state === "OK" ? "" : `, ${label}=${formatDecimal(value)}${percent} (${state})`;
    },
  };
}

/** A number without an exponent, to the nanosecond. */
export function formatDecimal(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}

/** In the order of the monitoring plugins, WARNING is worse than UNKNOWN. */
const severities: readonly CheckState[] = ["UNKNOWN", "WARNING", "CRITICAL"];

export function worstState(states: readonly CheckState[]): CheckState {
  return severities.findLast((state) => states.includes(state)) ?? "OK";
}

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
