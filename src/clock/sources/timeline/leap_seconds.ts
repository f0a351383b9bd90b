import { parseInstantNs } from "../../../text/duration.ts";
import type { LeapSecond, Timeline } from "./timeline.ts";
import { quote } from "../../../text/json.ts";

const SECOND_NS = 1_000_000_000n;
const DAY_NS = 86_400n * SECOND_NS;

/**
 * Parses a leap second such as `insert@2028-12-31`.
 *
 * @throws {SyntaxError} If it cannot be read
 */
export function parseLeap(text: string): LeapSecond {
  const [, kind, date] = /^(insert|delete)@(\d{4}-\d\d-\d\d)$/.exec(text) ?? [];
  let midnightNs: bigint | undefined;
  try {
    if (date !== undefined) midnightNs = parseInstantNs(date) + DAY_NS;
  } catch {
    // There is no such day.
  }
  if (kind === undefined || midnightNs === undefined) {
    throw new SyntaxError(
      `Cannot read the leap second ${quote(text)}: expected one such as insert@2028-12-31`,
    );
  }
  return { kind: kind as LeapSecond["kind"], midnightNs };
}

/**
 * Sorts leap seconds by time, without duplicates.
 *
 * @throws {RangeError} If one does not end a day, or is inserted and deleted on the same day
 */
export function sortLeaps(leaps: readonly LeapSecond[]): LeapSecond[] {
  const byDay = new Map<bigint, LeapSecond>();
  for (const leap of leaps) {
    if (leap.midnightNs % DAY_NS !== 0n) {
      const time = Temporal.Instant.fromEpochNanoseconds(leap.midnightNs);
      throw new RangeError(`Cannot ${leap.kind} a second at ${time}: it is not the end of a day`);
    }
    const other = byDay.get(leap.midnightNs);
    if (other !== undefined && other.kind !== leap.kind) {
      throw new RangeError(`Cannot insert and delete a second on ${dateOf(leap)}`);
    }
    byDay.set(leap.midnightNs, leap);
  }
  return [...byDay.values()].sort((a, b) => a.midnightNs < b.midnightNs ? -1 : 1);
}

export function leapWarnings(
  { leaps, leapsExpireNs }: Pick<Timeline, "leaps" | "leapsExpireNs">,
  servedNs: bigint,
): string[] {
  const unusual = leaps.filter(({ midnightNs }) => utc(midnightNs).day !== 1);
  return [
    ...unusual.map((leap) =>
      `The leap second of ${dateOf(leap)} is not at the end of a month, as real ones are ` +
      "(ITU-R TF.460-6)"
    ),
    ...(leapsExpireNs === undefined || servedNs <= leapsExpireNs ? [] : [
      `The list of leap seconds expired on ${utc(leapsExpireNs).toPlainDate()}: ` +
      "later leap seconds are missing",
    ]),
  ];
}

/** Formats the day at whose end a leap second happens. */
export function dateOf({ midnightNs }: LeapSecond): string {
  return utc(midnightNs - 1n).toPlainDate().toString();
}

function utc(ns: bigint): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochNanoseconds(ns).toZonedDateTimeISO("UTC");
}
