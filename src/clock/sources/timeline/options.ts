/** The options of a simulated clock, for the library, URLs, JSON and command lines. */
import {
  DAY_NS,
  parseDurationNs,
  parseInstantNs,
  SECOND_NS,
  type TimeSpan,
} from "../../../text/duration.ts";
import {
  asTimeSpan,
  attempt,
  type Field,
  field,
  FieldError,
  type Fields,
  flag,
  list,
  type Row,
  text,
  whole,
} from "../../../options/field.ts";
import { readOptions } from "../../../options/read.ts";
import { isLeapSecond, type LeapSecond, parseLeap, sortLeaps } from "./leap_seconds.ts";
import { type Smear, smears } from "./smear.ts";

/**
 * A simulated clock, relative to the system clock. All options can be combined; durations and instants
 * are texts or `Temporal` objects.
 */
export interface ClockOptions {
  /**
   * The time at the start: an ISO 8601 instant (UTC unless it has a zone), a date, or `@` and seconds
   * since 1970.
   */
  readonly time?: string | Temporal.Instant;
  /** The offset from `time` or from the system clock: `+1h30m`, `-2d`, `PT90M`; positive is ahead. */
  readonly offset?: TimeSpan;
  /** The rate: 2 or `2x`, `-0.5`, 0 for a frozen clock; `+50ppm` is relative to the system clock. */
  readonly rate?: number | string;
  /** Whether it is frozen: a rate of 0. */
  readonly freeze?: boolean;
  /**
   * Steps, at most 10,000: `+1s@00:05` is five seconds after the start, `-1h@PT10M`, or `+1s@` and an
   * instant of served time. A step that is jumped over does not happen.
   */
  readonly steps?: readonly string[];
  /**
   * A leap second at the end of a day: `insert@2028-12-31`, `delete@2029-06-30`; or `none`. It happens if
   * the clock runs forward, and does not jump over it.
   */
  readonly leap?: string;
  /** Further leap seconds, such as those of {@linkcode parseLeapSeconds}; past ones are ignored. */
  readonly leapSeconds?: readonly LeapSecond[];
  /** The time until which the list of `leapSeconds` is complete; the server warns after it. */
  readonly leapSecondsExpire?: Temporal.Instant | undefined;
  /**
   * The smear of leap seconds: `linear`, `cosine` or `quadratic`, over 24 hours from noon to noon or another
   * window as in `linear,20h`; `google`, `aws`, `meta` or `chrony` for that of an operator; or `none`.
   */
  readonly smear?: string;
  /** The standard deviation of its noise: a fast jitter and a slow wander. */
  readonly noise?: TimeSpan;
  /**
   * The seed of the noise, a whole number, 0 to 4294967295: the same seed repeats the noise of another run.
   *
   * @default {the server's}
   */
  readonly seed?: number;
}

const MAX_RATE = 1_000_000;

const RATE_EXPECTED = `2x, -0.5, 0 or +50ppm, from -${MAX_RATE} to ${MAX_RATE}`;

/** More than any test needs; they are planned without a noticeable delay. */
const MAX_STEPS = 10_000;

const MAX_NOISE_NS = 3600n * SECOND_NS;

export const seedField: Field<number> = whole(0, 2 ** 32 - 1, {
  name: "seed",
  syntax: "<number>",
  help: "random seed for noise and faults; the same seed repeats the run",
});

/** The options for URLs, JSON and command lines. */
export const clockFields: Fields<Omit<ClockOptions, "leapSeconds" | "leapSecondsExpire">> = {
  time: field(
    { name: "time", syntax: "<instant>", help: "start at this date and time (UTC)" },
    "a time such as 2038-01-19T03:14:00Z",
    (time) =>
      typeof time === "string" || time instanceof Temporal.Instant
        ? attempt(() => (parseInstantNs(time), time))
        : undefined,
  ),
  offset: signedDuration(parseDurationNs, "a duration such as +1h30m, -2d or PT90M", {
    name: "offset",
    syntax: "<duration>",
    help: "serve a time this far ahead; negative is behind",
  }),
  rate: field(
    { name: "rate", syntax: "<rate>", help: "run at another rate: 2x, -0.5, +50ppm" },
    RATE_EXPECTED,
    (rate) =>
      typeof rate === "number" || typeof rate === "string"
        ? attempt(() => (parseRate(rate), rate))
        : undefined,
  ),
  freeze: flag({ name: "freeze", help: "stop the clock" }),
  steps: list(
    text("a step such as +1s@00:05", parseStep, {
      name: "step",
      syntax: "<step>",
      help: "step: +1s@00:05 is 5 s after the start; repeatable",
    }),
    MAX_STEPS,
  ),
  leap: text("a leap second such as insert@2028-12-31, or none", noneOr(parseLeap), {
    name: "leap",
    syntax: "<leap second>",
    help: "insert or delete a second: insert@2028-12-31",
  }),
  smear: text(
    `${Object.keys(smears).join(", ")} or none, with a window of 1s to 40d as in linear,20h`,
    noneOr(parseSmear),
    {
      name: "smear",
      syntax: "<shape>",
      help: `spread a leap second: ${Object.keys(smears).join(", ")}`,
    },
  ),
  noise: signedDuration(parseNoise, "a duration from 0 to 1h, such as 2ms", {
    name: "clock-noise",
    syntax: "<duration>",
    help: "standard deviation of random error",
  }),
  seed: seedField,
};

const libraryFields: Fields<ClockOptions> = {
  ...clockFields,
  leapSeconds: field(
    { name: "leap-seconds", help: "further leap seconds" },
    "a list such as parseLeapSeconds() returns",
    (leaps) => Array.isArray(leaps) && leaps.every(isLeapSecond) ? leaps : undefined,
  ),
  leapSecondsExpire: field(
    { name: "leap-seconds-expire", help: "when the list of further leap seconds expires" },
    "a Temporal.Instant",
    (expires) => expires instanceof Temporal.Instant ? expires : undefined,
  ),
};

/** A parsed step: a time after the start, or at an instant of served time. */
export interface WrittenStep {
  /** The text of its moment, for messages. */
  readonly when: string;
  readonly at: { readonly afterNs: bigint } | { readonly servedNs: bigint };
  readonly byNs: bigint;
}

/** {@linkcode ClockOptions} as numbers; undefined if not given. */
export interface ClockReading {
  readonly timeNs: bigint | undefined;
  readonly offsetNs: bigint | undefined;
  /** Nanoseconds per second. */
  readonly rate: bigint | undefined;
  readonly steps: readonly WrittenStep[] | undefined;
  /** The leap second of the option `leap`. */
  readonly leap: LeapSecond | undefined;
  /** All leap seconds, the earliest first. */
  readonly leaps: readonly LeapSecond[] | undefined;
  readonly leapsExpireNs: bigint | undefined;
  readonly smear: Smear | "none" | undefined;
  readonly noiseNs: number | undefined;
  readonly seed: number | undefined;
}

/**
 * Parses options, each by itself and independently of the present time.
 *
 * @throws {SyntaxError} If an option is unknown, or a value cannot be read
 * @throws {RangeError} If a value is out of bounds, or options contradict each other
 * @throws {TypeError} If it is not an object
 */
export function readClock(options: ClockOptions): ClockReading {
  const read = readOptions(libraryFields, options, "clock");
  const { time, offset, rate, freeze, steps, leapSeconds, leapSecondsExpire, ...rest } = read;
  const { smear, noise, seed } = rest;
  const leap = rest.leap === undefined ? undefined : noneOr(parseLeap)(rest.leap);
  const own = leap === undefined || leap === "none" ? [] : [leap];
  const areLeapsGiven = leap !== undefined || leapSeconds !== undefined;
  return {
    timeNs: time === undefined ? undefined : parseInstantNs(time),
    offsetNs: offset === undefined ? undefined : parseDurationNs(offset),
    rate: combineRate(rate, freeze),
    steps: steps?.map(parseStep),
    leap: own[0],
    leapsExpireNs: leapSecondsExpire?.epochNanoseconds,
    leaps: areLeapsGiven ? sortLeaps([...leapSeconds ?? [], ...own]) : undefined,
    smear: smear === undefined ? undefined : noneOr(parseSmear)(smear),
    noiseNs: noise === undefined ? undefined : Number(parseNoise(noise)),
    seed,
  };
}

/** Defines a duration that may be negative; the value is kept as given. */
function signedDuration(
  parse: (value: TimeSpan) => bigint,
  expected: string,
  row: Row,
): Field<TimeSpan> {
  const read = (value: unknown): TimeSpan | undefined => {
    const span = asTimeSpan(value);
    return span === undefined ? undefined : attempt(() => (parse(span), span));
  };
  return { ...field(row, expected, read), isDuration: true };
}

function noneOr<T>(parse: (text: string) => T): (text: string) => T | "none" {
  return (text) => text === "none" ? text : parse(text);
}

function combineRate(
  rate: number | string | undefined,
  freeze: boolean | undefined,
): bigint | undefined {
  const parsed = rate === undefined ? undefined : parseRate(rate);
  if (freeze === undefined) return parsed;
  if (!freeze) return parsed ?? SECOND_NS;
  if (parsed !== undefined && parsed !== 0n) {
    throw new RangeError(`Cannot stop the clock and run it at a rate of ${rate}`);
  }
  return 0n;
}

/** Parses a rate, in nanoseconds per second. */
function parseRate(rate: number | string): bigint {
  const [, ppm] = /^([+-](?:\d+(?:\.\d+)?|\.\d+))ppm$/.exec(String(rate)) ?? [];
  const [, times] = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e-?\d+)?)x?$/i.exec(String(rate)) ?? [];
  const value = ppm === undefined ? Number(times) : 1 + Number(ppm) / 1e6;
  if (!(Math.abs(value) <= MAX_RATE)) {
    const isNumber = times !== undefined || ppm !== undefined;
    throw new FieldError(`expected ${RATE_EXPECTED}`, isNumber ? RangeError : SyntaxError);
  }
  // Computed without 1 + ppm, which would round thousandths of a ppm.
  const gainPpb = ppm === undefined ? (value - 1) * 1e9 : Number(ppm) * 1000;
  return SECOND_NS + BigInt(Math.round(gainPpb));
}

function parseStep(text: string): WrittenStep {
  const [, by, at] = /^([^@]{1,60})@(.{1,60})$/.exec(text) ?? [];
  if (by === undefined || at === undefined) throw new FieldError("expected one such as +1s@00:05");
  const byNs = parseDurationNs(by);
  if (/^\d{4}-|^[+-]\d{6}-|^@/.test(at)) {
    return { when: at, at: { servedNs: parseInstantNs(at) }, byNs };
  }
  const [, hours = "0", minutes, seconds = ""] =
    /^(?:(\d+):(?=[0-5]?\d:))?(\d+):([0-5]\d)$/.exec(at) ?? [];
  const afterNs = minutes === undefined
    ? parseDurationNs(at)
    : ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * SECOND_NS;
  if (afterNs < 0n) throw new FieldError("expected a moment after the start", RangeError);
  return { when: at, at: { afterNs }, byNs };
}

function parseSmear(text: string): Smear {
  const [name = "", window, ...rest] = text.split(",");
  const smear = Object.hasOwn(smears, name) ? smears[name] : undefined;
  if (smear === undefined || rest.length > 0) throw new SyntaxError(`no smear: ${text}`);
  if (window === undefined) return smear;
  const windowNs = parseDurationNs(window);
  if (windowNs < SECOND_NS || windowNs > 40n * DAY_NS) {
    throw new FieldError("expected a window of 1s to 40d", RangeError);
  }
  return { ...smear, windowNs };
}

function parseNoise(noise: TimeSpan): bigint {
  const ns = parseDurationNs(noise);
  if (ns < 0n || ns > MAX_NOISE_NS) throw new FieldError("expected 0 to 1h", RangeError);
  return ns;
}
