/** Durations as people write them on a command line. */

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;

/** The units in the order in which they are written, and what each is in nanoseconds. */
const units: readonly (readonly [name: string, nanoseconds: number])[] = [
  ["w", 604_800e9],
  ["d", 86_400e9],
  ["h", 3600e9],
  ["m", 60e9],
  ["s", 1e9],
  ["ms", 1e6],
];

const PLAIN = new RegExp(
  `^([+-]?)(?=\\d)${units.map(([unit]) => `(?:${NUMBER}${unit})?`).join("")}$`,
);
const BARE = new RegExp(`^[+-]?${NUMBER}$`);

/**
 * Reads a duration: bare seconds (`90`, `0.5`), units from the largest to the smallest (`10s`, `5m`,
 * `+1h30m`, `-2d`, `250ms`), or ISO 8601 (`PT90M`). A day is 24 hours; a month or a year is none.
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
    if (BARE.test(text)) return ofNanoseconds(Number(text) * 1e9);
    const [, sign, ...amounts] = PLAIN.exec(text) ?? [];
    if (sign === undefined) return withoutCalendar(Temporal.Duration.from(text));
    const nanoseconds = units.reduce((sum, [, each], i) => sum + Number(amounts[i] ?? 0) * each, 0);
    return ofNanoseconds(sign === "-" ? -nanoseconds : nanoseconds);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read the duration ${JSON.stringify(text)}: expected seconds, 10s, 1h30m or PT90M`,
      { cause },
    );
  }
}

/** Seconds apart, so that no number is beyond 2^53. */
function ofNanoseconds(nanoseconds: number): Temporal.Duration {
  const seconds = Math.trunc(nanoseconds / 1e9);
  return Temporal.Duration.from({
    seconds,
    nanoseconds: Math.round(nanoseconds - seconds * 1e9) || 0,
  });
}

function withoutCalendar(duration: Temporal.Duration): Temporal.Duration {
  const { years, months, weeks, days } = duration;
  if (years !== 0 || months !== 0) throw new RangeError("A month has no fixed length");
  return duration.with({ weeks: 0, days: weeks * 7 + days });
}
