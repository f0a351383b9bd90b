/** The served time in a time zone, with the fields of the World Time API, which firmware of many devices reads. */
import type { WebRoutes } from "./route.ts";
import { findClock, withinDates, zonedTime } from "./time.ts";
import { HttpError, type HttpResponse, jsonResponse, textResponse } from "../../../http/message.ts";

const PATH = "/api/timezone/";

export const worldTimeRoutes: WebRoutes = {
  // All paths below it.
  [PATH]: {
    part: "time",
    isPublic: true,
    parameters: ["listener"],
    methods: {
      GET({ request, subject, parameters }): HttpResponse {
        const { url: { pathname }, peer } = request;
        const [, zone = "", suffix] = /^(.*?)(\.txt)?$/.exec(decode(pathname.slice(PATH.length))) ??
          [];
        const look = findClock(subject, parameters).look();
        // A device that sets its clock by this could not see it.
        if (look.status.leap === 3) throw new HttpError(503, "The clock is not synchronised");
        const zoned = zonedTime(look, zone, 404);
        const fields = { ...withinDates(() => worldTime(zoned)), client_ip: peer };
        if (suffix === undefined) return jsonResponse(200, fields);
        const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value ?? ""}\n`);
        return textResponse(200, lines.join(""));
      },
    },
  },
};

/** Decodes a zone that a program escaped, as `Etc%2FGMT%2B5`; as it is where it cannot be decoded. */
function decode(zone: string): string {
  try {
    return decodeURIComponent(zone);
  } catch {
    return zone;
  }
}

/** The fields of the World Time API, in its order. */
function worldTime(
  zoned: Temporal.ZonedDateTime,
): Readonly<Record<string, string | number | boolean | null>> {
  const raw = standardOffset(zoned);
  const offset = zoned.offsetNanoseconds / 1e9;
  const isSummer = offset > raw;
  const change = (direction: "previous" | "next"): string | null =>
    isSummer ? utc(zoned.getTimeZoneTransition(direction)?.toInstant(), "second") : null;
  return {
    utc_offset: zoned.offset,
    timezone: zoned.timeZoneId,
    day_of_week: zoned.dayOfWeek % 7,
    day_of_year: zoned.dayOfYear,
    datetime: zoned.toString({ smallestUnit: "microsecond", timeZoneName: "never" }),
    utc_datetime: utc(zoned.toInstant(), "microsecond"),
    unixtime: Math.floor(zoned.epochMilliseconds / 1000),
    raw_offset: raw,
    week_number: zoned.weekOfYear ?? null,
    dst: isSummer,
    abbreviation: abbreviate(zoned),
    dst_offset: offset - raw,
    dst_from: change("previous"),
    dst_until: change("next"),
  };
}

/** The offset of the zone's winter in seconds: the least one of the year, as zones do not name theirs. */
function standardOffset(zoned: Temporal.ZonedDateTime): number {
  const offsets = [1, 7].map((month) => zoned.with({ month, day: 1 }).offsetNanoseconds / 1e9);
  return Math.min(...offsets, zoned.offsetNanoseconds / 1e9);
}

function utc(
  instant: Temporal.Instant | undefined,
  smallestUnit: "second" | "microsecond",
): string | null {
  return instant?.toString({ smallestUnit }).replace("Z", "+00:00") ?? null;
}

/** `CET`; without a name the offset, as `+0545`. */
function abbreviate(zoned: Temporal.ZonedDateTime): string {
  const text = zoned.toLocaleString("en-GB", { timeZoneName: "short" });
  const name = text.slice(text.lastIndexOf(" ") + 1);
  if (!/^(?:GMT|UTC)./.test(name)) return name;
  return zoned.offset.replace(":", "").replace(/00$/, "");
}
