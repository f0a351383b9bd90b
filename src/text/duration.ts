import { quote } from "./json.ts";

/** A length of time: a text such as `3s`, `250ms`, `1h30m` or `PT90M`, or a `Temporal.Duration`. */
export type TimeSpan = string | Temporal.Duration;

/** Options whose lengths of time have been read, as seconds. */
export type InSeconds<Options> = {
  readonly [Key in keyof Options]: TimeSpan extends NonNullable<Options[Key]>
    ? number | Extract<Options[Key], undefined>
    : Options[Key];
};

export const SECOND_NS = 1_000_000_000n;
export const DAY_NS = 86_400n * SECOND_NS;

const units: readonly (readonly [name: string, nanoseconds: bigint])[] = [
  ["w", 604_800n * SECOND_NS],
  ["d", DAY_NS],
  ["h", 3600n * SECOND_NS],
  ["m", 60n * SECOND_NS],
  ["s", SECOND_NS],
  ["ms", 1_000_000n],
  // The micro sign and the Greek letter look the same.
  ["[uµμ]s", 1000n],
  ["ns", 1n],
];

/** More than any duration or time needs. */
const MAX_LENGTH = 100;

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const WITH_UNITS = new RegExp(
  `^([+-]?)(?=\\d)${units.map(([unit]) => `(?:${NUMBER}${unit})?`).join("")}$`,
);
const SECONDS = new RegExp(`^[+-]?${NUMBER}$`);

/**
 * Parses a duration: seconds (`90`, `0.5`), units from the largest to the smallest (`10s`, `5m`,
 * `+1h30m`, `-2d`, `250ms`, `100us`, `5ns`), or ISO 8601 (`PT90M`) without months and years. A day has 24
 * hours. The result is exact to the nanosecond.
 */
export function parseDuration(text: string): Temporal.Duration {
  try {
    if (text.length > MAX_LENGTH) throw new RangeError(`longer than ${MAX_LENGTH} characters`);
    const [, sign, ...amounts] = WITH_UNITS.exec(SECONDS.test(text) ? `${text}s` : text) ?? [];
    if (sign === undefined) return fromNanoseconds(toNanoseconds(Temporal.Duration.from(text)));
    const nanoseconds = units.reduce((sum, [, unit], i) => sum + multiply(amounts[i], unit), 0n);
    return fromNanoseconds(sign === "-" ? -nanoseconds : nanoseconds);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read the duration ${quote(text)}: expected seconds, 10s, 1h30m or PT90M`,
      { cause },
    );
  }
}

/** A decimal amount of a unit, rounded to the nearest nanosecond: a double is too coarse after 100 days. */
function multiply(amount: string | undefined, unitNs: bigint): bigint {
  const [whole = "", fraction = ""] = amount?.split(".") ?? [];
  const scale = 10n ** BigInt(fraction.length);
  return (2n * BigInt(whole + fraction) * unitNs + scale) / (2n * scale);
}

export function fromNanoseconds(nanoseconds: bigint): Temporal.Duration {
  // Seconds apart, so that no number is beyond 2^53.
  return Temporal.Duration.from({
    seconds: Number(nanoseconds / SECOND_NS),
    nanoseconds: Number(nanoseconds % SECOND_NS),
  });
}

/** A day has 24 hours, and a month no fixed length. */
export function toNanoseconds(duration: Temporal.Duration): bigint {
  const { years, months, weeks, days, hours, minutes, seconds } = duration;
  if (years !== 0 || months !== 0) {
    throw new RangeError(`Cannot convert ${duration} to nanoseconds: a month has no fixed length`);
  }
  const wholeMinutes = ((weeks * 7 + days) * 24 + hours) * 60 + minutes;
  return (BigInt(wholeMinutes) * 60n + BigInt(seconds)) * SECOND_NS +
    BigInt(duration.milliseconds) * 1_000_000n + BigInt(duration.microseconds) * 1000n +
    BigInt(duration.nanoseconds);
}

/** Texts are durations as of {@linkcode parseDuration}. */
export function parseDurationNs(duration: TimeSpan): bigint {
  if (typeof duration === "string") return toNanoseconds(parseDuration(duration));
  if (duration instanceof Temporal.Duration) return toNanoseconds(duration);
  throw new TypeError(
    `Cannot read the duration ${quote(duration)}: ` +
      "expected a text such as 1h30m, or a Temporal.Duration",
  );
}

/**
 * In nanoseconds since the Unix epoch. A text without an offset or a zone in brackets is UTC;
 * `@1234567890` is seconds since the epoch.
 */
export function parseInstantNs(instant: string | Temporal.Instant): bigint {
  if (instant instanceof Temporal.Instant) return instant.epochNanoseconds;
  if (typeof instant !== "string") {
    throw new TypeError(
      `Cannot read the time ${quote(instant)}: ` +
        "expected a text such as 2038-01-19T03:14:00Z, or a Temporal.Instant",
    );
  }
  const [, seconds] = /^@(-?\d{1,12})$/.exec(instant) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * SECOND_NS;
  try {
    return parseInstant(instant).epochNanoseconds;
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read the time ${quote(instant)}: expected one such as 2038-01-19T03:14:00Z`,
      { cause },
    );
  }
}

function parseInstant(text: string): Temporal.Instant {
  if (text.length > MAX_LENGTH) throw new RangeError(`longer than ${MAX_LENGTH} characters`);
  // Temporal.Instant ignores a zone in brackets, and rejects a date-time without an offset.
  if (text.includes("[")) return Temporal.ZonedDateTime.from(text).toInstant();
  if (/Z|^[^T\s]*[T\s].*[+-]\d\d/i.test(text)) return Temporal.Instant.from(text);
  return Temporal.PlainDateTime.from(text).toZonedDateTime("UTC").toInstant();
}

/** Reads a length of time as seconds; texts as {@linkcode parseDuration} does. */
export function readSeconds(span: TimeSpan): number {
  return toSeconds(typeof span === "string" ? parseDuration(span) : span);
}

export function toSeconds(duration: Temporal.Duration): number {
  return duration.total("seconds");
}

export function fromSeconds(seconds: number): Temporal.Duration {
  const whole = Math.trunc(seconds);
  return Temporal.Duration.from({
    seconds: whole,
    nanoseconds: Math.round((seconds - whole) * 1e9) || 0,
  });
}
