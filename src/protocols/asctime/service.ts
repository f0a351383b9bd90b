import { type Answer, refusal, type Responder } from "../responder.ts";
import { type Fields, flag, UNNAMED } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { localOffset } from "../../system/local_time.ts";

/** Options for {@linkcode formatAsctime} and the asctime service. */
export interface AsctimeOptions {
  /**
   * Write UTC rather than the local time of this machine.
   *
   * @default {false}
   */
  readonly utc?: boolean;
}

const asctimeFields: Fields<AsctimeOptions> = { utc: flag(UNNAMED) };

/**
 * Formats a time as `asctime` text.
 *
 * @param unixSeconds Whole seconds since the Unix epoch
 * @param options Whether to write local time or UTC
 * @returns The text, without a line end
 * @throws {RangeError} If the time is beyond the years a `Date` reaches
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatAsctime } from "@timesrv/timesrv/protocols";
 *
 * assertEquals(formatAsctime(0, { utc: true }), "Thu Jan  1 00:00:00 1970");
 * ```
 */
export function formatAsctime(unixSeconds: number, options: AsctimeOptions = {}): string {
  const { utc } = readOptions(asctimeFields, options, "formatAsctime");
  const date = wallClock(unixSeconds, utc);
  // ECMAScript fixes the form and its English names, whatever the locale: "Fri, 03 Apr 2020 21:09:36 GMT".
  const [weekday = "", day = "", month, year, clock] = date.toUTCString().split(" ");
  return `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${clock} ${Number(year)}`;
}

/**
 * Returns a date whose UTC is the local time of this machine, or UTC.
 *
 * @throws {RangeError} If the time is beyond the years a `Date` reaches
 */
export function wallClock(unixSeconds: number, utc = false): Date {
  const date = new Date((unixSeconds + (utc ? 0 : localOffset(unixSeconds))) * 1000);
  if (!Number.isNaN(date.valueOf())) return date;
  throw new RangeError(`Cannot write a time as text: got ${unixSeconds} s`);
}

export function asctimeResponder({ utc = false }: AsctimeOptions = {}): Responder {
  return textResponder((unixSeconds) => formatAsctime(unixSeconds, { utc }));
}

const DECLINED = refusal("declined");

/** A `Date` reaches 8.64e12 s either way of 1970, and a zone is less than a day off. */
const MAX_UNIX_SECONDS = 8.64e12 - 86_400;

/**
 * A service that answers every datagram with a text, which it encodes once a second and copies for each
 * request. It declines times that cannot be written in every zone.
 */
export function textResponder(
  format: (unixSeconds: number, leapIndicator: number) => string,
): Responder {
  const encoder = new TextEncoder();
  const text = new Uint8Array(64);
  let textLength = 0;
  let textSeconds = NaN;
  let textLeap = NaN;
  return {
    respond({ reply, arrival: { seconds }, status: { leap } }): Answer {
      if (Math.abs(seconds) > MAX_UNIX_SECONDS) return DECLINED;
      if (seconds !== textSeconds || leap !== textLeap) {
        textSeconds = seconds;
        textLeap = leap;
        textLength = encoder.encodeInto(format(seconds, leap), text).written;
      }
      for (let i = 0; i < textLength; i++) reply[i] = text[i] as number;
      return textLength;
    },
  };
}
