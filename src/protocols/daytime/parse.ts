import { monthNames, parseAsctime } from "../asctime/parse.ts";
import { DecodeError } from "../decode_error.ts";

/** A Daytime line, and what can be read of it. */
export interface DaytimeReading {
  /** The line, without its end. */
  readonly text: string;
  /** Its date and time. */
  readonly time: Temporal.PlainDateTime;
  /** Its offset from UTC, such as `+02:00`, where the line has a known one. */
  readonly offset?: string;
}

/**
 * Parses a Daytime line of any of the shapes in use. The weekday is not compared
 * with the date (RFC 867's own example has the wrong one), two-digit years are
 * those around `pivot`, and of the names of zones only `UTC`, `GMT` and `Z` are known.
 *
 * @param octets A reply as it came
 * @param pivot A time within 50 years of the one in the line
 * @returns The line and its reading
 * @throws {DecodeError} If the line has none of these shapes or names no real date
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseDaytime } from "@timesrv/timesrv/protocols";
 *
 * const octets = new TextEncoder().encode("22 NOV 2026 16:44:35 UTC\r\n");
 * const { time, offset } = parseDaytime(octets, Temporal.Now.instant());
 * assertEquals([time.toString(), offset], ["2026-11-22T16:44:35", "+00:00"]);
 * ```
 */
export function parseDaytime(octets: Uint8Array, pivot: Temporal.Instant): DaytimeReading {
  // Without the look-behind, a long run of blanks before something else takes quadratic time.
  const text = new TextDecoder("latin1").decode(octets)
    .replace(/^[\r\n]+|(?<![\r\n\0 ])[\r\n\0 ]+$/g, "");
  // RFC 867 has printable ASCII alone, and the text is shown to people as it is.
  if (/[^ -~]/.test(text)) throw new DecodeError("not a time", octets);
  for (const shape of shapes) {
    const fields = shape.exec(text)?.groups;
    if (fields === undefined) continue;
    try {
      const time = Temporal.PlainDateTime.from({
        year: fullYear(fields["year"] ?? "", pivot),
        month: monthNumber(fields["month"] ?? ""),
        day: Number(fields["day"]),
        hour: hourOf(fields["hour"], fields["half"]),
        minute: Number(fields["minute"]),
        second: fields["second"] === "60" ? 59 : Number(fields["second"]),
      }, { overflow: "reject" });
      const offset = zoneOffset(fields["zone"]);
      return { text, time, ...(offset !== undefined && { offset }) };
    } catch (cause) {
      throw new DecodeError("not a time", octets, { cause });
    }
  }
  return parseAsctime(octets);
}

const clock = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";
/** The same with hours of one digit, or of a 12-hour clock. */
const anyClock = "(?<hour>\\d{1,2}):(?<minute>\\d\\d):(?<second>\\d\\d)(?: (?<half>[AP]M))?";
const month = "(?<month>[A-Z][a-z]{2})";
const zone = "(?<zone>[A-Z]{3,5}|[+-]\\d{2,4})";

/**
 * The shapes of RFC 867, xinetd, RFC 1123, ISO 8601, the NIST servers, date(1) in two languages,
 * Windows (its American form, the only one that is unambiguous) and Cisco. Every part is bounded,
 * so that a datagram of 64 KiB neither takes long to parse nor fills a screen.
 */
const shapes = [
  `^[A-Z][a-z]{2,8}, (?<month>[A-Z][a-z]{2,8}) (?<day>\\d{1,2}), (?<year>\\d{4}) ${clock}-?(?<zone>\\S{0,32})$`,
  `^(?:[A-Z][a-z]{2}, )?(?<day>\\d{1,2}) (?<month>[A-Za-z]{3}) (?<year>\\d{2}|-?\\d{4,6}) ${clock} ?(?<zone>\\S{0,32})$`,
  `^(?<year>\\d{4}|[+-]\\d{6})-(?<month>\\d\\d)-(?<day>\\d\\d)[T ]${clock}(?:[.,]\\d{1,12})?(?<zone>\\S{0,32})$`,
  `^\\d{5} (?<year>\\d\\d)-(?<month>\\d\\d)-(?<day>\\d\\d) ${clock} \\d\\d \\d \\d .{0,32}(?<zone>UTC)\\(\\S{1,32}\\) .$`,
  `^[A-Z][a-z]{2} ${month} {1,2}(?<day>\\d{1,2}) ${anyClock} ${zone} (?<year>\\d{4})$`,
  `^[A-Z][a-z]{2} {1,2}(?<day>\\d{1,2}) ${month} ${anyClock} ${zone} (?<year>\\d{4})$`,
  `^[A-Z][a-z]{2} {1,2}(?<day>\\d{1,2}) ${month} (?<year>\\d{4}) ${anyClock} ${zone}$`,
  `^(?=.{7,8} [AP]M )${anyClock} (?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{4})$`,
  `^[*.]?${clock}(?:\\.\\d{1,6})? ${zone} [A-Z][a-z]{2} ${month} {1,2}(?<day>\\d{1,2}) (?<year>\\d{4})$`,
].map((shape) => new RegExp(shape));

function monthNumber(month: string): number {
  if (/^\d/.test(month)) return Number(month);
  const name = month.slice(0, 3).toLowerCase();
  return monthNames.findIndex((other) => other.toLowerCase() === name) + 1;
}

/** The hour of the day; on a 12-hour clock, 12 comes before 1. */
function hourOf(hour: string | undefined, half: string | undefined): number {
  if (half === undefined) return Number(hour);
  const value = Number(hour);
  if (value < 1 || value > 12) return NaN;
  return value % 12 + (half === "PM" ? 12 : 0);
}

/** A year of two digits is the one nearest to the pivot's. */
function fullYear(year: string, pivot: Temporal.Instant): number {
  if (year.length !== 2) return Number(year);
  const pivotYear = pivot.toZonedDateTimeISO("UTC").year;
  return Number(year) + Math.round((pivotYear - Number(year)) / 100) * 100;
}

function zoneOffset(zone = ""): string | undefined {
  if (/^(UTC|GMT|Z)$/i.test(zone)) return "+00:00";
  const [, sign, hours, minutes = "00"] = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/.exec(zone) ??
    [];
  return sign === undefined ? undefined : `${sign}${hours}:${minutes}`;
}

const MAX_LINE_LENGTH = 80;
const LINE_FEED = 0x0a;
const COLON = 0x3a;
const LAST_PRINTABLE = 0x7e;

/** A line such as time servers send: it ends as one and has a time of day. */
export function looksLikeDaytime(octets: Uint8Array): boolean {
  if (octets.length > MAX_LINE_LENGTH || octets[octets.length - 1] !== LINE_FEED) return false;
  let hasClock = false;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] as number;
    if (octet < LINE_FEED || octet > LAST_PRINTABLE) return false;
    if (octet === COLON && octets[i + 3] === COLON) hasClock = true;
  }
  return hasClock;
}
