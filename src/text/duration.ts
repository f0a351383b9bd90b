/** Durations as people write them on a command line. */

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;

/** The units in the order in which they are written, and what each is in nanoseconds. */
const units: readonly (readonly [name: string, nanoseconds: bigint])[] = [
  ["w", 604_800_000_000_000n],
  ["d", 86_400_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  // The micro sign and the Greek letter look the same.
  ["[uµμ]s", 1000n],
  ["ns", 1n],
];

const PLAIN = new RegExp(
  `^([+-]?)(?=\\d)${units.map(([unit]) => `(?:${NUMBER}${unit})?`).join("")}$`,
);
const BARE = new RegExp(`^([+-]?)${NUMBER}$`);

const SECOND_NS = 1_000_000_000n;

/**
 * Reads a duration: bare seconds (`90`, `0.5`), units from the largest to the smallest (`10s`, `5m`,
 * `+1h30m`, `-2d`, `250ms`, `100us`, `5ns`), or ISO 8601 (`PT90M`). A day is 24 hours; a month or a year
 * is none. It is exact to the nanosecond.
 *
 * @throws {SyntaxError} If it is none of these, or longer than a Temporal.Duration
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseDuration } from "./duration.ts";
 *
 * assertEquals(parseDuration("1h30m").total("minutes"), 90);
 * assertEquals(parseDuration("PT90M").total("minutes"), 90);
 * ```
 */
export function parseDuration(text: string): Temporal.Duration {
  try {
    const [, bareSign, seconds = ""] = BARE.exec(text) ?? [];
    if (bareSign !== undefined) return ofNanoseconds(bareSign, nanosecondsOf(seconds, SECOND_NS));
    const [, sign, ...amounts] = PLAIN.exec(text) ?? [];
    if (sign === undefined) return withoutCalendar(Temporal.Duration.from(text));
    const parts = units.map(([, each], i) => nanosecondsOf(amounts[i] ?? "0", each));
    return ofNanoseconds(sign, parts.reduce((sum, part) => sum + part));
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read the duration ${JSON.stringify(text)}: expected seconds, 10s, 1h30m or PT90M`,
      { cause },
    );
  }
}

/** So many of a unit, in whole numbers: a double has no nanoseconds left after a hundred days. */
function nanosecondsOf(amount: string, unit: bigint): bigint {
  const [whole = "", fraction = ""] = amount.split(".");
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * unit;
  // Rounded to the nearest.
  return (2n * scaled + scale) / (2n * scale);
}

/** Seconds apart, so that no number is beyond 2^53. */
function ofNanoseconds(sign: string, nanoseconds: bigint): Temporal.Duration {
  const duration = Temporal.Duration.from({
    seconds: Number(nanoseconds / SECOND_NS),
    nanoseconds: Number(nanoseconds % SECOND_NS),
  });
  return sign === "-" ? duration.negated() : duration;
}

function withoutCalendar(duration: Temporal.Duration): Temporal.Duration {
  const { years, months, weeks, days } = duration;
  if (years !== 0 || months !== 0) throw new RangeError("A month has no fixed length");
  return duration.with({ weeks: 0, days: weeks * 7 + days });
}
