/** Instants and lengths of time as whole nanoseconds. */
import { parseDuration } from "./duration.ts";

const SECOND_NS = 1_000_000_000n;

/**
 * A duration in nanoseconds; a day is 24 hours.
 *
 * @throws {SyntaxError} If a text is none
 * @throws {RangeError} If it has months or years
 * @throws {TypeError} If it is neither a text nor a `Temporal.Duration`
 */
export function durationNs(duration: string | Temporal.Duration): bigint {
  if (typeof duration !== "string" && !(duration instanceof Temporal.Duration)) {
    throw new TypeError(
      `Cannot take ${shown(duration)} for a duration: expected a text such as 1h30m, or a ` +
        "Temporal.Duration",
    );
  }
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

/**
 * An instant in nanoseconds since the Unix epoch: UTC, unless a text names an offset or, in brackets, a zone.
 *
 * @throws {SyntaxError} If a text is none
 * @throws {TypeError} If it is neither a text nor a `Temporal.Instant`
 */
export function instantNs(instant: string | Temporal.Instant): bigint {
  if (typeof instant !== "string" && !(instant instanceof Temporal.Instant)) {
    throw new TypeError(
      `Cannot take ${
        shown(instant)
      } for a time: expected a text such as 2038-01-19T03:14:00Z, or a ` +
        "Temporal.Instant",
    );
  }
  if (typeof instant !== "string") return instant.epochNanoseconds;
  const [, seconds] = /^@(-?\d{1,12})$/.exec(instant) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * SECOND_NS;
  try {
    return parseInstant(instant).epochNanoseconds;
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read the time ${JSON.stringify(instant)}: expected one such as 2038-01-19T03:14:00Z`,
      { cause },
    );
  }
}

function parseInstant(text: string): Temporal.Instant {
  // Temporal.Instant would not look at the zone, nor a plain date-time.
  if (text.includes("[")) return Temporal.ZonedDateTime.from(text).toInstant();
  const hasZone = /Z|[T\s].*[+-]\d\d/i.test(text);
  if (hasZone) return Temporal.Instant.from(text);
  // A date without a zone is UTC: what is served knows no other.
  return Temporal.PlainDateTime.from(text).toZonedDateTime("UTC").toInstant();
}

/** What somebody gave in place of something else. */
function shown(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
