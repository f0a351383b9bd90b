/** Leap seconds: as options, and as the list of them that IERS and NIST publish, `leap-seconds.list`. */
import { DAY_NS, parseInstantNs, SECOND_NS } from "../../../text/duration.ts";
import { quote } from "../../../text/json.ts";

/** A second that is inserted or deleted at the end of a day of UTC. */
export interface LeapSecond {
  /** Whether 23:59:59 occurs twice or not at all. */
  readonly kind: "insert" | "delete";
  /** The beginning of the next day. */
  readonly midnightNs: bigint;
}

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

export function isLeapSecond(value: unknown): value is LeapSecond {
  const { kind, midnightNs } = (value ?? {}) as Partial<LeapSecond>;
  return (kind === "insert" || kind === "delete") && typeof midnightNs === "bigint";
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
  { leaps, leapsExpireNs }: {
    readonly leaps: readonly LeapSecond[];
    readonly leapsExpireNs?: bigint | undefined;
  },
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

const NTP_TO_UNIX_SECONDS = 2_208_988_800n;
const DAY_SECONDS = 86_400n;

/** Characters; more than any list needs in this millennium. */
const MAX_LIST_LENGTH = 1_000_000;

export interface LeapList {
  /** The leap seconds, past and future. */
  readonly leaps: readonly LeapSecond[];
  /** The time until which the list is complete (its line `#@`), if it has one. */
  readonly expires: Temporal.Instant | undefined;
}

/**
 * Parses a list: lines of seconds since 1900 and the difference of TAI and UTC from then on.
 *
 * @throws {SyntaxError} If it is not such a list, or has a leap second that does not end a day
 */
export function parseLeapList(text: string): LeapList {
  if (text.length > MAX_LIST_LENGTH) throw notAList("it is too long");
  const leaps: LeapSecond[] = [];
  let before: bigint | undefined;
  let expires: Temporal.Instant | undefined;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const expiry = /^#@\s{0,20}(\d{1,12})\b/.exec(line)?.[1];
    if (expiry !== undefined) expires = toInstant(BigInt(expiry));
    if (/^\s*(#|$)/.test(line)) continue;
    const [, seconds, difference] = /^\s*(\d{1,12})\s+(\d{1,6})\s*(?:#.*)?$/.exec(line) ?? [];
    if (seconds === undefined || difference === undefined) {
      throw notAList(`line ${i + 1} is not two numbers`);
    }
    const now = BigInt(difference);
    if (before !== undefined && now !== before) {
      const midnight = toInstant(BigInt(seconds));
      if (BigInt(seconds) % DAY_SECONDS !== 0n) {
        throw notAList(
          `line ${i + 1} has a leap second at ${midnight}, which is not the end of a day`,
        );
      }
      leaps.push({
        kind: now > before ? "insert" : "delete",
        midnightNs: midnight.epochNanoseconds,
      });
    }
    before = now;
  }
  if (before === undefined) throw notAList("there are none");
  return { leaps, expires };
}

/**
 * Parses the leap seconds of a `leap-seconds.list` file, as IERS and NIST publish it.
 *
 * @param text The file
 * @returns The leap seconds, past and future
 * @throws {SyntaxError} If it is not such a file, or has a leap second that does not end a day
 */
export function parseLeapSeconds(text: string): LeapSecond[] {
  return [...parseLeapList(text).leaps];
}

/**
 * Checks a list against its hash (the line `#h`): SHA-1 of all numbers in it. A list without one passes.
 *
 * @throws {SyntaxError} If it does not match: the list was changed, or is not complete
 */
export async function verifyLeapList(text: string): Promise<void> {
  const lines = text.split(/\r?\n/);
  const written = lines.find((line) => line.startsWith("#h"));
  if (written === undefined) return;
  const numbers = lines.map((line) =>
    /^#[$@]\s*(\d+)/.exec(line)?.[1] ?? (/^\s*(\d+)\s+(\d+)/.exec(line)?.slice(1) ?? []).join("")
  );
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(numbers.join("")));
  const words = new DataView(digest);
  // The hash has five words, which may lack their leading zeros.
  const expected = written.slice("#h".length).trim().split(/\s+/).map((word) =>
    Number(`0x${word}`)
  );
  if (expected.length === 5 && expected.every((word, i) => word === words.getUint32(4 * i))) return;
  throw notAList("its hash does not match: it was changed, or is not complete");
}

function toInstant(ntpSeconds: bigint): Temporal.Instant {
  return Temporal.Instant.fromEpochNanoseconds((ntpSeconds - NTP_TO_UNIX_SECONDS) * SECOND_NS);
}

function notAList(why: string): SyntaxError {
  return new SyntaxError(`Cannot read the leap seconds: ${why}`);
}
