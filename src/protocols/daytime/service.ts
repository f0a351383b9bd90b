import { leap } from "../ntp/packet.ts";
import { type Answer, refusal, type Responder } from "../responder.ts";
import { formatAsctime, textResponder, wallClock } from "../asctime/service.ts";
import { type Fields, flag, oneOf, UNNAMED } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { localOffset } from "../../system/local_time.ts";
import { formatUtcOffset } from "../../text/units.ts";

/** The forms of a Daytime line in use. */
export const daytimeFormats = ["ctime", "rfc1123", "iso8601", "nist"] as const;

/** One of {@linkcode daytimeFormats}. */
export type DaytimeFormat = (typeof daytimeFormats)[number];

/** Options for {@linkcode formatDaytime}. */
export interface DaytimeOptions {
  /**
   * The form of the line: `Fri Apr  3 21:09:36 2020`, `Fri, 03 Apr 2020 21:09:36 +0200`,
   * `2020-04-03T21:09:36+02:00` or, always UTC, `58942 20-04-03 19:09:36 00 0 0   0.0 UTC(timesrv) *`.
   *
   * @default {"ctime"}
   */
  readonly format?: DaytimeFormat;
  /**
   * Write UTC rather than the local time of this machine.
   *
   * @default {false}
   */
  readonly utc?: boolean;
}

const daytimeFields: Fields<DaytimeOptions> = {
  format: oneOf(daytimeFormats, UNNAMED),
  utc: flag(UNNAMED),
};

/**
 * Formats a time as a Daytime line, CR LF included.
 *
 * @param unixSeconds Whole seconds since the Unix epoch
 * @param options The form, and whether to write local time or UTC
 * @param leapIndicator The announced leap second, which the `nist` form carries
 * @returns The line
 * @throws {RangeError} If the time is beyond the years a `Date` reaches
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatDaytime } from "@timesrv/timesrv/protocols";
 *
 * const options = { format: "rfc1123", utc: true } as const;
 * assertEquals(formatDaytime(0, options), "Thu, 01 Jan 1970 00:00:00 +0000\r\n");
 * ```
 */
export function formatDaytime(
  unixSeconds: number,
  options: DaytimeOptions = {},
  leapIndicator: number = leap.none,
): string {
  const { format = "ctime", utc = false } = readOptions(daytimeFields, options, "formatDaytime");
  if (format === "nist") return nistLine(unixSeconds, leapIndicator);
  return `${writers[format](unixSeconds, utc)}\r\n`;
}

const writers: Record<Exclude<DaytimeFormat, "nist">, (seconds: number, utc: boolean) => string> = {
  ctime: (seconds, utc) => formatAsctime(seconds, { utc }),
  rfc1123(seconds, utc): string {
    const parts = formatAsctime(seconds, { utc }).split(/ +/);
    const [weekday, month, day = "", clock, written = ""] = parts;
    const year = written.replace(/\d+/, (digits) => digits.padStart(4, "0"));
    const zone = offsetText(seconds, utc).replace(":", "");
    return `${weekday}, ${day.padStart(2, "0")} ${month} ${year} ${clock} ${zone}`;
  },
  iso8601(seconds, utc): string {
    return wallClock(seconds, utc).toISOString().replace(/\.\d+Z$/, offsetText(seconds, utc));
  },
};

/** Days from the modified Julian day 0, 1858-11-17, to the Unix epoch. */
const UNIX_EPOCH_MJD = 40_587;

/** Formats the line of the NIST servers: modified Julian day, date, time, DST code, leap, health, advance. */
function nistLine(unixSeconds: number, leapIndicator: number): string {
  const iso = wallClock(unixSeconds, true).toISOString();
  const [, date = "", clock = ""] = /(\d\d-\d\d-\d\d)T(.{8})/.exec(iso) ?? [];
  // Its last five digits, which is all of it from 1858 to 2132.
  const day = (Math.floor(unixSeconds / 86_400) + UNIX_EPOCH_MJD) % 100_000;
  const fiveDigits = String(day < 0 ? day + 100_000 : day).padStart(5, "0");
  const health = leapIndicator === leap.unsynchronized ? 4 : 0;
  const leapSecond = leapIndicator % 3;
  // No summer time (00) and no advance (0.0): neither is known here.
  return `\n${fiveDigits} ${date} ${clock} 00 ${leapSecond} ${health}   0.0 UTC(timesrv) *\r\n`;
}

function offsetText(unixSeconds: number, utc: boolean): string {
  return formatUtcOffset(utc ? 0 : localOffset(unixSeconds));
}

const refuseUnsynchronized = refusal("unsynchronized");

/** Refuses while the clock is not synchronised, which a Daytime line cannot report. */
export function daytimeResponder(options: DaytimeOptions = {}): Responder {
  const lines = textResponder((seconds, leap) => formatDaytime(seconds, options, leap));
  return {
    respond: (exchange): Answer | Promise<Answer> =>
      exchange.status.leap === leap.unsynchronized ? refuseUnsynchronized : lines.respond(exchange),
  };
}
