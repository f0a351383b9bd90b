/** A clock that lies, as it is described: by options, on a command line, in a URL, in a file. */
import { parseDurationNs, parseInstantNs } from "../../../text/duration.ts";
import { inOrder, parseLeap } from "./leap_seconds.ts";
import { type Smear, smears } from "./smear.ts";
import type { LeapSecond } from "./timeline.ts";

/**
 * What a served clock makes of the system's. All of it may be combined; durations and instants are
 * texts or `Temporal` objects.
 */
export interface ClockOptions {
  /**
   * The time at the start: an ISO 8601 instant (UTC where it names no zone), a date, or `@` and seconds
   * since 1970.
   */
  readonly time?: string | Temporal.Instant;
  /** How far ahead it is: `+1h30m`, `-2d`, `PT90M`. Of `time`, where that is given too. */
  readonly offset?: string | Temporal.Duration;
  /** How fast it runs: 2 or `2x`, `-0.5`, 0 stands still; `+50ppm` is so much faster than the system's. */
  readonly rate?: number | string;
  /** Whether it stands still: a rate of 0. */
  readonly freeze?: boolean;
  /**
   * Jumps, 10,000 at most: `+1s@00:05` five seconds after the start, `-1h@PT10M`, or when served time comes
   * to an instant. One that is jumped over does not happen.
   */
  readonly steps?: readonly string[];
  /**
   * A second more or less at the end of a day: `insert@2028-12-31`, `delete@2029-06-30`; or `none`. It
   * happens to a clock that runs forward, and is not jumped over.
   */
  readonly leap?: string;
  /** Further leap seconds, such as {@linkcode parseLeapSeconds} reads; those that are past are no mistake. */
  readonly leapSeconds?: readonly LeapSecond[];
  /**
   * How leap seconds are spread over hours: `linear`, `cosine` or `quadratic`, 24 hours from noon to noon
   * or as `linear,20h`; or as an operator does it: `google`, `aws`, `meta`, `chrony`; or `none`.
   */
  readonly smear?: string;
  /** The standard deviation of its noise: a quick jitter and a slow wander. */
  readonly noise?: string | Temporal.Duration;
  /**
   * Makes the noise that of another run again, so long after the start: a whole number, 0 to 4294967295.
   *
   * @default {the server's}
   */
  readonly seed?: number;
}

const SECOND_NS = 1_000_000_000n;
const DAY_NS = 86_400n * SECOND_NS;

/** A jump as it is written: so long after the start, or at an instant of served time. */
export interface WrittenStep {
  /** Its moment as it is written. */
  readonly when: string;
  readonly at: { readonly afterNs: bigint } | { readonly servedNs: bigint };
  readonly byNs: bigint;
}

/** {@linkcode ClockOptions} as they are understood, whenever they begin to count; undefined is not given. */
export interface ClockReading {
  readonly timeNs: bigint | undefined;
  readonly offsetNs: bigint | undefined;
  /** Nanoseconds a second. */
  readonly rate: bigint | undefined;
  readonly steps: readonly WrittenStep[] | undefined;
  /** The leap second that is asked for by itself. */
  readonly leap: LeapSecond | undefined;
  /** That one and the others, the earliest first. */
  readonly leaps: readonly LeapSecond[] | undefined;
  readonly smear: Smear | "none" | undefined;
  readonly noiseNs: number | undefined;
  readonly seed: number | undefined;
}

/**
 * Understands what is written of a clock, each by itself and without regard to any moment.
 *
 * @throws {SyntaxError} If a text cannot be read
 * @throws {RangeError} If a number is out of range, or options contradict each other
 * @throws {TypeError} If a value is something else than it may be
 */
export function readClock(options: ClockOptions): ClockReading {
  const { time, offset, leapSeconds = [], noise, seed } = options;
  const leap = noneOr(options.leap, parseLeap);
  if (!Array.isArray(leapSeconds)) {
    throw new TypeError(
      `Cannot take ${leapSeconds} for leapSeconds: expected such as parseLeapSeconds() gives`,
    );
  }
  const isTold = leap !== undefined || options.leapSeconds !== undefined;
  const told = leap === undefined || leap === "none" ? leapSeconds : [...leapSeconds, leap];
  return {
    timeNs: time === undefined ? undefined : parseInstantNs(time),
    offsetNs: offset === undefined ? undefined : parseDurationNs(offset),
    rate: rateOf(options),
    steps: options.steps === undefined ? undefined : parseSteps(options.steps),
    leap: leap === "none" ? undefined : leap,
    leaps: isTold ? inOrder(told) : undefined,
    smear: noneOr(options.smear, parseSmear),
    noiseNs: noise === undefined ? undefined : deviationNs(noise),
    seed: seed === undefined ? undefined : checkSeed(seed),
  };
}

/** What a text says, or that it says that there is none. */
function noneOr<T>(text: string | undefined, read: (text: string) => T): T | "none" | undefined {
  if (text === undefined || text === "none") return text;
  if (typeof text !== "string") {
    throw new TypeError(`Cannot take ${text} for a leap second or a smear: expected a text`);
  }
  return read(text);
}

function rateOf({ rate, freeze }: ClockOptions): bigint | undefined {
  const read = rate === undefined ? undefined : parseRate(rate);
  if (freeze === undefined) return read;
  if (typeof freeze !== "boolean") {
    throw new TypeError(`Cannot take ${freeze} for freeze: expected true or false`);
  }
  if (!freeze) return read ?? SECOND_NS;
  if (read !== undefined && read !== 0n) {
    throw new RangeError(`Cannot stand still and run at a rate of ${rate}`);
  }
  return 0n;
}

/** The fastest that a clock may run, either way. */
const MOST_RATE = 1_000_000;

/** A rate in nanoseconds a second. */
function parseRate(rate: number | string): bigint {
  const [, ppm] = /^([+-]\d*\.?\d+)ppm$/.exec(String(rate)) ?? [];
  const [, times] = /^([+-]?\d*\.?\d+(?:e-?\d+)?)x?$/i.exec(String(rate)) ?? [];
  if (ppm === undefined && times === undefined) {
    throw new SyntaxError(
      `Cannot read the rate ${JSON.stringify(rate)}: expected 2x, -0.5, 0 or +50ppm`,
    );
  }
  const value = ppm === undefined ? Number(times) : 1 + Number(ppm) / 1e6;
  if (Math.abs(value) > MOST_RATE) {
    throw new RangeError(`Cannot run at a rate of ${rate}: expected -${MOST_RATE} to ${MOST_RATE}`);
  }
  // Of ppm the thousandths count, which 1 + ppm would lose the end of.
  const gainPpb = ppm === undefined ? (value - 1) * 1e9 : Number(ppm) * 1000;
  return SECOND_NS + BigInt(Math.round(gainPpb));
}

/** So many jumps are planned in a moment, and are more than any test asks for. */
const MOST_STEPS = 10_000;

function parseSteps(steps: readonly string[]): WrittenStep[] {
  if (!Array.isArray(steps)) {
    throw new TypeError(`Cannot take ${steps} for steps: expected a list such as ["+1s@00:05"]`);
  }
  if (steps.length > MOST_STEPS) {
    throw new RangeError(`Cannot plan ${steps.length} steps: expected ${MOST_STEPS} at most`);
  }
  return steps.map(parseStep);
}

function parseStep(text: string): WrittenStep {
  const [, by, at] = /^([^@]+)@(.+)$/.exec(text) ?? [];
  if (by === undefined || at === undefined) {
    throw new SyntaxError(
      `Cannot read the step ${JSON.stringify(text)}: expected one such as +1s@00:05`,
    );
  }
  const byNs = parseDurationNs(by);
  if (/^\d{4}-|^[+-]\d{6}-|^@/.test(at)) {
    return { when: at, at: { servedNs: parseInstantNs(at) }, byNs };
  }
  const [, hours = "0", minutes, seconds = ""] = /^(?:(\d+):)?(\d+):(\d\d)$/.exec(at) ?? [];
  const afterNs = minutes === undefined
    ? parseDurationNs(at)
    : ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * SECOND_NS;
  if (afterNs < 0n) throw new RangeError(`Cannot step at ${at}: that is before the start`);
  return { when: at, at: { afterNs }, byNs };
}

function parseSmear(text: string): Smear {
  const [name = "", window, ...rest] = text.split(",");
  const smear = Object.hasOwn(smears, name) ? smears[name] : undefined;
  if (smear === undefined || rest.length > 0) {
    throw new SyntaxError(
      `Cannot read the smear ${JSON.stringify(text)}: expected ${Object.keys(smears).join(", ")}` +
        ", and a window as in linear,20h",
    );
  }
  if (window === undefined) return smear;
  const windowNs = parseDurationNs(window);
  if (windowNs < SECOND_NS || windowNs > 40n * DAY_NS) {
    throw new RangeError(`Cannot smear over ${window}: expected 1 s to 40 d`);
  }
  return { ...smear, windowNs };
}

/** The standard deviation of a clock's noise, in nanoseconds. */
function deviationNs(noise: string | Temporal.Duration): number {
  const ns = parseDurationNs(noise);
  if (ns < 0n || ns > 3600n * SECOND_NS) {
    throw new RangeError(`Cannot have a noise of ${noise}: expected 0 to 1 h`);
  }
  return Number(ns);
}

/**
 * Looks at a seed.
 *
 * @param seed The seed
 * @param written How it is written
 * @throws {RangeError} If it is none
 */
export function checkSeed(seed: number, written: string = String(seed)): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new RangeError(`Cannot take the seed ${written}: expected a whole number, 0 to 4294967295`);
}
