import { DecodeError } from "../decode_error.ts";

/** The request of the classic exercise; servers ignore its text. */
export const ASCTIME_REQUEST = "Time request";

export const monthNames: readonly string[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
  .split(" ");

const textPattern =
  /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (-?\d{1,6})$/;

/**
 * Parses `asctime` text. A line feed, carriage return or zero octet that servers
 * add at its end is dropped; a zero-padded day is accepted; the weekday is not
 * compared with the date.
 *
 * @param octets A reply as it came
 * @returns The text and the date and time in it, which have no zone
 * @throws {DecodeError} If the octets are not such a text or name no real date
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAsctime } from "@timesrv/timesrv/protocols";
 *
 * const octets = new TextEncoder().encode("Fri Apr  3 21:09:36 2020\n");
 * const { text, time } = parseAsctime(octets);
 * assertEquals(text, "Fri Apr  3 21:09:36 2020");
 * assertEquals(time.toString(), "2020-04-03T21:09:36");
 * ```
 */
export function parseAsctime(octets: Uint8Array): { text: string; time: Temporal.PlainDateTime } {
  // Without the look-behind, a long run of them before something else takes quadratic time.
  const text = latin1.decode(octets).replace(/(?<![\r\n\0])[\r\n\0]+$/, "");
  const [, monthName = "", day, hour, minute, second, year] = textPattern.exec(text) ?? [];
  const month = monthNames.indexOf(monthName) + 1;
  try {
    const time = Temporal.PlainDateTime.from({
      year: Number(year),
      month,
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      // C counts a leap second as :60; a plain date-time cannot.
      second: Math.min(Number(second), second === "60" ? 59 : Infinity),
    }, { overflow: "reject" });
    return { text, time };
  } catch (cause) {
    throw new DecodeError("not a time", octets, { cause });
  }
}

const latin1 = new TextDecoder("latin1");

/** The lengths of `asctime` text for years of one digit up to six and a sign, and two octets of line end. */
const MIN_LENGTH = 21;
const MAX_LENGTH = 29;

/** Judges by the length, the spaces and the colons. */
export function looksLikeAsctime(octets: Uint8Array): boolean {
  return octets.length >= MIN_LENGTH && octets.length <= MAX_LENGTH &&
    octets[3] === SPACE && octets[7] === SPACE && octets[10] === SPACE &&
    octets[13] === COLON && octets[16] === COLON && octets[19] === SPACE;
}

const SPACE = 0x20;
const COLON = 0x3a;
