import { parseRange, type Range, type RangeUnit } from "./range.ts";

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
