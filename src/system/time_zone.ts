/**
 * Time zones: rules as POSIX TZ strings, with the extensions of RFC 8536 §3.3.1, and files of the time zone
 * database (TZif, RFC 8536).
 *
 * @module
 */
import { quote } from "../text/json.ts";

/** How far local time is ahead of UTC at a moment, in seconds. */
export type ZoneOffset = (unixSeconds: number) => number;

/** A yearly change to or from daylight saving time. */
interface Rule {
  /** The day of the year, counted from 0. */
  readonly dayOf: (year: number) => number;
  /** Seconds from that day's midnight; -167 to 167 hours (RFC 8536 §3.3.1). */
  readonly atSeconds: number;
}

const DAY_SECONDS = 86_400;

/** The rules that C libraries use by default: those of the United States. */
const DEFAULT_RULES = "M3.2.0,M11.1.0";

/**
 * Parses a TZ string such as `EST5EDT,M3.2.0,M11.1.0` or `<+0330>-3:30`, without a leading colon.
 *
 * @throws {SyntaxError} If it is not a TZ string
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePosixZone } from "./time_zone.ts";
 *
 * const offsetAt = parsePosixZone("CET-1CEST,M3.5.0,M10.5.0/3");
 * assertEquals(offsetAt(Date.UTC(2026, 6, 1) / 1000), 7200);
 * ```
 */
export function parsePosixZone(text: string): ZoneOffset {
  // Checked first: a long text must not reach the patterns.
  if (text.length > 100) throw zoneError(text);
  const [zone = "", ...rules] = text.split(",");
  const [, , standard, savingName, saving] =
    /^([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)([+-]?[\d:]+)(?:([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)([+-]?[\d:]+)?)?$/
      .exec(zone) ?? [];
  if (standard === undefined) throw zoneError(text);
  // POSIX counts west of Greenwich as positive.
  const standardOffset = 0 - parseTime(standard, 24, text);
  if (savingName === undefined) {
    if (rules.length > 0) throw zoneError(text);
    return () => standardOffset;
  }
  const savingOffset = saving === undefined
    ? standardOffset + 3600
    : 0 - parseTime(saving, 24, text);
  const written = rules.length === 0 ? DEFAULT_RULES.split(",") : rules;
  if (written.length !== 2) throw zoneError(text);
  const [start, end] = written.map((rule) => parseRule(rule, text)) as [Rule, Rule];
  return (unixSeconds) => {
    const year = new Date((unixSeconds + standardOffset) * 1000).getUTCFullYear();
    // A change can fall into the year before or after its own.
    for (const each of [year - 1, year, year + 1]) {
      const from = changeAt(start, each) - standardOffset;
      const until = changeAt(end, each) - savingOffset;
      // South of the equator the end of the next year applies.
      const last = until > from ? until : changeAt(end, each + 1) - savingOffset;
      if (unixSeconds >= from && unixSeconds < last) return savingOffset;
    }
    return standardOffset;
  };
}

function changeAt({ dayOf, atSeconds }: Rule, year: number): number {
  return startOfYear(year) + dayOf(year) * DAY_SECONDS + atSeconds;
}

/** The first second of a year; `Date.UTC()` maps the years 0 to 99 to the last century. */
function startOfYear(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1) / 1000;
}

function parseRule(text: string, whole: string): Rule {
  const [date = "", time = "2", ...rest] = text.split("/");
  if (rest.length > 0) throw zoneError(whole);
  return { dayOf: parseDate(date, whole), atSeconds: parseTime(time, 167, whole) };
}

function parseDate(text: string, whole: string): Rule["dayOf"] {
  const [, month, week, weekday] = /^M(\d{1,2})\.([1-5])\.([0-6])$/.exec(text) ?? [];
  if (month !== undefined && Number(month) >= 1 && Number(month) <= 12) {
    return (year) => nthWeekday(year, Number(month) - 1, Number(week), Number(weekday));
  }
  const [, julian, day] = /^(J?)(\d{1,3})$/.exec(text) ?? [];
  const number = Number(day);
  // `Jn` counts from 1 without 29 February; `n` counts from 0 with it.
  if (julian === "J" && number >= 1 && number <= 365) {
    return (year) => number - 1 + (number > 59 && isLeapYear(year) ? 1 : 0);
  }
  if (julian === "" && number <= 365) return () => number;
  throw zoneError(whole);
}

/** The day of the year of a month's n-th weekday; the fifth is the last one. */
function nthWeekday(year: number, month: number, week: number, weekday: number): number {
  const first = new Date(0);
  first.setUTCFullYear(year, month, 1);
  const days = new Date(first).setUTCMonth(month + 1, 0) / 1000 / DAY_SECONDS;
  const firstDay = first.valueOf() / 1000 / DAY_SECONDS;
  let day = firstDay + (weekday - first.getUTCDay() + 7) % 7 + (week - 1) * 7;
  if (day > days) day -= 7;
  return day - startOfYear(year) / DAY_SECONDS;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Seconds of `[+-]hh[:mm[:ss]]`. */
function parseTime(text: string, maxHours: number, whole: string): number {
  const [, sign, hours, minutes = "0", seconds = "0"] =
    /^([+-]?)(\d{1,3})(?::(\d{1,2}))?(?::(\d{1,2}))?$/.exec(text) ?? [];
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  if (hours === undefined || h > maxHours || m > 59 || s > 59) throw zoneError(whole);
  return (sign === "-" ? -1 : 1) * (h * 3600 + m * 60 + s);
}

function zoneError(text: string): SyntaxError {
  return new SyntaxError(
    `Cannot read the time zone ${quote(text)}: expected a POSIX TZ string`,
  );
}

const MAGIC = 0x545a6966; // "TZif"
const HEADER_LENGTH = 44;
const TYPE_LENGTH = 6;

interface Counts {
  readonly utIndicators: number;
  readonly standardIndicators: number;
  readonly leaps: number;
  readonly transitions: number;
  readonly types: number;
  readonly letters: number;
}

/**
 * Parses a file of the time zone database.
 *
 * @throws {SyntaxError} If it is not such a file, or damaged
 */
export function readTzif(octets: Uint8Array): ZoneOffset {
  try {
    return readBlocks(new DataView(octets.buffer, octets.byteOffset, octets.byteLength), octets);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SyntaxError("truncated time zone file", { cause });
  }
}

function readBlocks(view: DataView, octets: Uint8Array): ZoneOffset {
  const version = versionAt(view, 0);
  // The first block has 32-bit times; version 2 added one with 64-bit times.
  if (version === 1) return readBlock(view, HEADER_LENGTH, countsAt(view, 0), 4, "");
  const second = HEADER_LENGTH + blockLength(countsAt(view, 0), 4);
  versionAt(view, second);
  const counts = countsAt(view, second);
  const start = second + HEADER_LENGTH;
  const footer = new TextDecoder().decode(octets.subarray(start + blockLength(counts, 8)));
  const [, rule = ""] = /^\n([^\n]{0,100})\n/.exec(footer) ?? [];
  return readBlock(view, start, counts, 8, rule);
}

function versionAt(view: DataView, at: number): number {
  if (view.getUint32(at) !== MAGIC) throw new SyntaxError("not a time zone file (TZif, RFC 8536)");
  const version = view.getUint8(at + 4);
  return version === 0 ? 1 : version - 0x30;
}

function countsAt(view: DataView, at: number): Counts {
  // In the order of the header (RFC 8536 §3.1).
  return {
    utIndicators: view.getUint32(at + 20),
    standardIndicators: view.getUint32(at + 24),
    leaps: view.getUint32(at + 28),
    transitions: view.getUint32(at + 32),
    types: view.getUint32(at + 36),
    letters: view.getUint32(at + 40),
  };
}

function blockLength(counts: Counts, timeLength: number): number {
  return counts.transitions * (timeLength + 1) + counts.types * TYPE_LENGTH + counts.letters +
    counts.leaps * (timeLength + 4) + counts.standardIndicators + counts.utIndicators;
}

function readBlock(
  view: DataView,
  start: number,
  counts: Counts,
  timeLength: 4 | 8,
  rule: string,
): ZoneOffset {
  if (start + blockLength(counts, timeLength) > view.byteLength || counts.types === 0) {
    throw new SyntaxError("truncated time zone file");
  }
  const timeAt = (at: number): number =>
    timeLength === 4 ? view.getInt32(at) : Number(view.getBigInt64(at));
  const indices = start + counts.transitions * timeLength;
  const types = indices + counts.transitions;
  const leaps = types + counts.types * TYPE_LENGTH + counts.letters;
  const transitions = Array.from(
    { length: counts.transitions },
    (_, i) => timeAt(start + i * timeLength),
  );
  const offsetOf = (type: number): number => {
    if (type >= counts.types) throw new SyntaxError("time zone file with an undefined type");
    return view.getInt32(types + type * TYPE_LENGTH);
  };
  const offsets = transitions.map((_, i) => offsetOf(view.getUint8(indices + i)));
  const corrections = Array.from({ length: counts.leaps }, (_, i) => {
    const at = leaps + i * (timeLength + 4);
    return { from: timeAt(at), seconds: view.getInt32(at + timeLength) };
  });
  const before = offsetOf(0);
  const after = rule === "" ? undefined : parsePosixZone(rule);
  return (unixSeconds) => {
    // The zones in right/ count leap seconds, and assume that the system's time counts them too.
    const leap = corrections.findLast(({ from }) => from <= unixSeconds)?.seconds ?? 0;
    const last = transitions.at(-1) ?? -Infinity;
    if (after !== undefined && unixSeconds >= last) return after(unixSeconds - leap) - leap;
    const next = firstAfter(transitions, unixSeconds);
    return (offsets[next - 1] ?? before) - leap;
  };
}

function firstAfter(moments: readonly number[], moment: number): number {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle] as number) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}
