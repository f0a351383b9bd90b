/** Leap seconds as options have them. */
import { parseInstantNs } from "../../../text/duration.ts";
import type { LeapSecond } from "./timeline.ts";

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
    // No such day.
  }
  if (kind === undefined || midnightNs === undefined) {
    throw new SyntaxError(
      `Cannot read the leap second ${JSON.stringify(text)}: expected one such as insert@2028-12-31`,
    );
  }
  return { kind: kind as LeapSecond["kind"], midnightNs };
}

/**
 * Sorts leap seconds by time, each of them once.
 *
 * @throws {RangeError} If one is inserted and deleted on the same day
 */
export function inOrder(leaps: readonly LeapSecond[]): LeapSecond[] {
  const byDay = new Map<bigint, LeapSecond>();
  for (const leap of leaps) {
    const other = byDay.get(leap.midnightNs);
    if (other !== undefined && other.kind !== leap.kind) {
      throw new RangeError(`Cannot insert and delete a second on ${dateOf(leap)}`);
    }
    byDay.set(leap.midnightNs, leap);
  }
  return [...byDay.values()].sort((a, b) => a.midnightNs < b.midnightNs ? -1 : 1);
}

/** The day at whose end a leap second happens. */
export function dateOf({ midnightNs }: LeapSecond): string {
  const last = Temporal.Instant.fromEpochNanoseconds(midnightNs - 1n);
  return last.toZonedDateTimeISO("UTC").toPlainDate().toString();
}
