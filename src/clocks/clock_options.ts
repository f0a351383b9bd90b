/** A clock that lies, as it is described: by options, on a command line, in a URL, in a file. */
import { parseDuration } from "./duration.ts";
import { type Smear, smears } from "./smear.ts";
import type { LeapSecond, Step, Timeline } from "./timeline.ts";

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
  /** Jumps: `+1s@00:05` five seconds after the start, `-1h@PT10M`, or at an instant of served time. */
  readonly steps?: readonly string[];
  /** A second more or less at the end of a day: `insert@2028-12-31`, `delete@2029-06-30`; or `none`. */
  readonly leap?: string;
  /** Further leap seconds, such as {@linkcode parseLeapSeconds} reads. */
  readonly leapSeconds?: readonly LeapSecond[];
  /**
   * How leap seconds are spread over hours: `linear`, `cosine` or `quadratic`, 24 hours from noon to noon
   * or as `linear,20h`; or as an operator does it: `google`, `aws`, `meta`, `chrony`; or `none`.
   */
  readonly smear?: string;
  /** The standard deviation of its noise: a quick jitter and a slow wander. */
  readonly noise?: string | Temporal.Duration;
  /** Makes the noise that of another run again: a whole number, 0 to 4294967295. */
  readonly seed?: number;
}

const SECOND_NS = 1_000_000_000n;
const DAY_NS = 86_400n * SECOND_NS;

/**
 * Plans what is served from a moment on.
 *
 * @param options What to make of system time
 * @param nowNs That moment of system time, in nanoseconds since the Unix epoch
 * @throws {SyntaxError} If a text cannot be read
 * @throws {RangeError} If a number is out of range, or options contradict each other
 */
export function planTimeline(options: ClockOptions, nowNs: bigint): Timeline {
  const { time, offset, steps = [], leapSeconds = [] } = options;
  const [leap, smear] = [options.leap, options.smear].map(noneIsNone);
  const base = time === undefined ? nowNs : instantNs(time);
  const servedNs = base + (offset === undefined ? 0n : durationNs(offset));
  const leaps = [...leapSeconds, ...leap === undefined ? [] : [parseLeap(leap)]]
    .toSorted((a, b) => a.midnightNs < b.midnightNs ? -1 : 1)
    // A smear may go on for a day; what is over otherwise is in the time asked for already.
    .filter(({ midnightNs }) => midnightNs + (smear === undefined ? 0n : DAY_NS) > servedNs);
  if (smear !== undefined && leap === undefined && leapSeconds.length === 0) {
    throw new RangeError(`Cannot smear without a leap second: give one, as insert@2028-12-31`);
  }
  return {
    plan: { systemNs: nowNs, servedNs, gainPpb: rateOf(options) - SECOND_NS },
    steps: steps.map((step) => parseStep(step, nowNs, servedNs)),
    leaps,
    ...(smear !== undefined && { smear: parseSmear(smear) }),
  };
}

function noneIsNone(text: string | undefined): string | undefined {
  return text === "none" ? undefined : text;
}

/** The rate of a clock in nanoseconds a second. */
export function rateOf({ rate, freeze = false }: ClockOptions): bigint {
  if (!freeze) return parseRate(rate ?? 1);
  if (rate !== undefined && parseRate(rate) !== 0n) {
    throw new RangeError(`Cannot stand still and run at a rate of ${rate}`);
  }
  return 0n;
}

/** A duration in nanoseconds; a day is 24 hours. */
export function durationNs(duration: string | Temporal.Duration): bigint {
  const read = typeof duration === "string" ? parseDuration(duration) : duration;
  if (read.years !== 0 || read.months !== 0) {
    throw new RangeError(`Cannot take ${read} for a length of time: a month has none`);
  }
  const minutes = (((read.weeks * 7 + read.days) * 24) + read.hours) * 60 + read.minutes;
  const parts = [
    BigInt(minutes) * 60n * SECOND_NS,
    BigInt(read.seconds) * SECOND_NS,
    BigInt(read.milliseconds) * 1_000_000n,
    BigInt(read.microseconds) * 1000n,
    BigInt(read.nanoseconds),
  ];
  return parts.reduce((sum, part) => sum + part);
}

/** An instant in nanoseconds since the Unix epoch. */
export function instantNs(instant: string | Temporal.Instant): bigint {
  if (typeof instant !== "string") return instant.epochNanoseconds;
  const [, seconds] = /^@(-?\d{1,12})$/.exec(instant) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * SECOND_NS;
  try {
    // A date without a zone is UTC: what is served knows no other.
    const hasZone = /Z|[T\s].*[+-]\d\d/i.test(instant);
    const read = hasZone
      ? Temporal.Instant.from(instant)
      : Temporal.PlainDateTime.from(instant).toZonedDateTime("UTC").toInstant();
    return read.epochNanoseconds;
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read the time ${JSON.stringify(instant)}: expected one such as 2038-01-19T03:14:00Z`,
      { cause },
    );
  }
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

function parseStep(text: string, startNs: bigint, servedNs: bigint): Step {
  const [, by, at] = /^([^@]+)@(.+)$/.exec(text) ?? [];
  if (by === undefined || at === undefined) {
    throw new SyntaxError(
      `Cannot read the step ${JSON.stringify(text)}: expected one such as +1s@00:05`,
    );
  }
  const byNs = durationNs(by);
  const [, hours = "0", minutes, seconds] = /^(?:(\d+):)?(\d+):(\d\d)$/.exec(at) ?? [];
  if (minutes !== undefined && seconds !== undefined) {
    const afterSeconds = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    return { at: { systemNs: startNs + BigInt(afterSeconds) * SECOND_NS }, byNs };
  }
  if (!/^\d{4}-|^[+-]\d{6}-|^@/.test(at)) {
    return { at: { systemNs: startNs + durationNs(at) }, byNs };
  }
  const targetNs = instantNs(at);
  if (targetNs <= servedNs) {
    throw new RangeError(`Cannot step at ${at}: what is served is past it from the start`);
  }
  return { at: { servedNs: targetNs }, byNs };
}

/** A leap second as people write it: `insert@2028-12-31`. */
export function parseLeap(text: string): LeapSecond {
  const [, kind, date] = /^(insert|delete)@(\d{4}-\d\d-\d\d)$/.exec(text) ?? [];
  let midnightNs: bigint | undefined;
  try {
    if (date !== undefined) midnightNs = instantNs(date) + DAY_NS;
  } catch {
    // No such day.
  }
  if (kind === undefined || midnightNs === undefined) {
    throw new SyntaxError(
      `Cannot read the leap second ${JSON.stringify(text)}: expected one such as insert@2028-12-31`,
    );
  }
  return { kind: kind as LeapSecond["kind"], midnightNs };
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
  const windowNs = durationNs(window);
  if (windowNs < SECOND_NS || windowNs > 40n * DAY_NS) {
    throw new RangeError(`Cannot smear over ${window}: expected 1 s to 40 d`);
  }
  return { ...smear, windowNs };
}

const NTP_TO_UNIX_SECONDS = 2_208_988_800n;

/**
 * Reads the leap seconds of a `leap-seconds.list` file, as IERS and NIST publish it: seconds since 1900
 * and the difference of TAI and UTC from then on.
 *
 * @throws {SyntaxError} If it is no such file
 */
export function parseLeapSeconds(text: string): LeapSecond[] {
  const leaps: LeapSecond[] = [];
  let before: bigint | undefined;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, seconds, difference] = /^\s*(\d+)\s+(\d+)\s*(?:#.*)?$/.exec(line) ?? [];
    if (seconds === undefined || difference === undefined) {
      throw new SyntaxError(`Cannot read the leap seconds: line ${i + 1} is not two numbers`);
    }
    const midnightNs = (BigInt(seconds) - NTP_TO_UNIX_SECONDS) * SECOND_NS;
    const now = BigInt(difference);
    if (before !== undefined && now !== before) {
      leaps.push({ kind: now > before ? "insert" : "delete", midnightNs });
    }
    before = now;
  }
  if (before === undefined) throw new SyntaxError("Cannot read the leap seconds: there are none");
  return leaps;
}

/** The standard deviation of a clock's noise, in nanoseconds. */
export function noiseDeviationNs({ noise }: ClockOptions): number {
  const deviationNs = noise === undefined ? 0n : durationNs(noise);
  if (deviationNs < 0n || deviationNs > 3600n * SECOND_NS) {
    throw new RangeError(`Cannot have a noise of ${noise}: expected 0 to 1 h`);
  }
  return Number(deviationNs);
}
