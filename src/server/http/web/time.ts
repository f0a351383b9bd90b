/** The served time over HTTP: JSON, and text in six forms. */
import { formatAsctime } from "../../../protocols/asctime/service.ts";
import { NTP_TO_UNIX_SECONDS } from "../../../protocols/ntp/timestamp.ts";
import type { ServedTime } from "../../../clock/served_time.ts";
import { floorDivide, joinNs } from "../../../clock/line.ts";
import { suggest } from "../../../text/suggest.ts";
import { quote } from "../../../text/json.ts";
import type { ControlledServer } from "../call.ts";
import { isPreferred } from "../../../http/negotiate.ts";
import type { WebRoutes } from "./route.ts";
import { describeStatus, type Look, toMilliseconds } from "../state.ts";
import { HttpError, type HttpResponse, jsonResponse, textResponse } from "../../../http/message.ts";

/** The version of the JSON; it changes when a key is renamed, removed or gets another meaning. */
const SCHEMA = 1;

const SECOND_NS = 1_000_000_000n;

/** The forms of text, each from a time in its zone. */
const forms: Readonly<Record<string, (zoned: Temporal.ZonedDateTime) => string>> = {
  iso: (zoned) =>
    zoned.timeZoneId === "UTC"
      ? zoned.toInstant().toString({ smallestUnit: "millisecond" })
      : zoned.toString({ smallestUnit: "millisecond", timeZoneName: "never" }),
  unix: ({ epochNanoseconds }) => formatUnix(epochNanoseconds),
  unixms: ({ epochNanoseconds }) => String(floorDivide(epochNanoseconds, 1_000_000n)),
  asctime: ({ epochNanoseconds, offsetNanoseconds }) => {
    const local = epochNanoseconds + BigInt(offsetNanoseconds);
    return formatAsctime(Number(floorDivide(local, SECOND_NS)), { utc: true });
  },
  rfc1123: ({ epochNanoseconds }) =>
    new Date(Number(floorDivide(epochNanoseconds, 1_000_000n))).toUTCString(),
  ntp: ({ epochNanoseconds }) => {
    const units = floorDivide(epochNanoseconds << 32n, SECOND_NS);
    const ntp = units + (BigInt(NTP_TO_UNIX_SECONDS) << 32n);
    return BigInt.asUintN(64, ntp).toString(16).padStart(16, "0");
  },
};

const timeParameters = ["zone", "listener"];

export const timeRoutes: WebRoutes = {
  "/time": {
    part: "time",
    isPublic: true,
    // With n, a page makes each URL its own, and finds what the browser measured of its request.
    parameters: [...timeParameters, "n"],
    methods: {
      GET({ request, subject, parameters }): HttpResponse {
        const [time, zone] = [findClock(subject, parameters), parameters.get("zone") ?? undefined];
        const accept = request.headers.get("accept") ?? "";
        if (isPreferred(accept, "text/plain", "application/json")) {
          return textResponse(200, timeText(time, "iso", zone));
        }
        return jsonResponse(200, timeFields(time, zone), { "vary": "accept" });
      },
    },
  },
  "/time.txt": {
    part: "time",
    isPublic: true,
    parameters: ["format", ...timeParameters],
    methods: {
      GET({ subject, parameters }): HttpResponse {
        const [format, zone] = ["format", "zone"].map((name) => parameters.get(name) ?? undefined);
        return textResponse(200, timeText(findClock(subject, parameters), format, zone));
      },
    },
  },
};

/** @throws {HttpError} If no listener has this URL */
export function findClock(
  { time, listeners }: ControlledServer,
  parameters: URLSearchParams,
): ServedTime {
  const url = parameters.get("listener");
  if (url === null) return time;
  const found = listeners.find((listener) => listener.url === url);
  if (found !== undefined) return found.time;
  throw new HttpError(
    404,
    `There is no listener ${quote(url)}: ${suggest(url, listeners.map(({ url }) => url))}`,
  );
}

/** The time as fields of JSON, with the status in the words of `timecli --json`. */
function timeFields(time: ServedTime, zone: string | undefined): object {
  const look = time.look();
  const status = describeStatus(look);
  const zoned = zonedTime(look, zone);
  const body = {
    schema: SCHEMA,
    time: zoned.toInstant().toString({ smallestUnit: "nanosecond" }),
    unix: Number(formatUnix(zoned.epochNanoseconds)),
    t2: toMilliseconds(look),
    leap: status.leap,
    stratum: status.stratum,
    reference_id: status.referenceId,
    root_delay: status.rootDelay,
    root_dispersion: status.rootDispersion,
    root_distance: status.rootDistance,
    synchronized: status.synchronized,
    simulated: time.isSimulated,
    ...zone !== undefined && { local: zoned.toString(), utc_offset: zoned.offset },
  };
  // The last reading, so that t3 - t2 is what this took.
  return { ...body, t3: toMilliseconds(time.look()) };
}

/**
 * The time as a line of text.
 *
 * @throws {HttpError} If the form or the zone is unknown, or the clock is not synchronised, which text cannot say
 */
function timeText(time: ServedTime, format = "iso", zone?: string): string {
  const form = Object.hasOwn(forms, format) ? forms[format] : undefined;
  if (form === undefined) {
    throw new HttpError(
      400,
      `There is no form ${quote(format)}: ${suggest(format, Object.keys(forms))}`,
    );
  }
  const look = time.look();
  const zoned = zonedTime(look, zone);
  if (look.status.leap === 3) throw new HttpError(503, "The clock is not synchronised");
  return `${withinDates(() => form(zoned))}\n`;
}

/**
 * The served time in a zone.
 *
 * @param status The status of the response if there is no such zone
 * @throws {HttpError} If there is none, or the time is beyond the years that have dates
 */
export function zonedTime({ time }: Look, zone = "UTC", status = 400): Temporal.ZonedDateTime {
  const instant = withinDates(() => Temporal.Instant.fromEpochNanoseconds(joinNs(time)));
  try {
    return instant.toZonedDateTimeISO(zone);
  } catch {
    throw new HttpError(
      status,
      `There is no time zone ${quote(zone)}: expected one such as Europe/Berlin`,
    );
  }
}

/**
 * Calculates with dates, whose years are fewer than those that a simulated clock can serve.
 *
 * @throws {HttpError} If the result would be beyond them (503)
 */
export function withinDates<T>(calculate: () => T): T {
  try {
    return calculate();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HttpError(503, "The served time is outside the years -271821 to 275760");
  }
}

/** Seconds since 1970 to the microsecond: `1775250576.123456`. */
function formatUnix(ns: bigint): string {
  const value = floorDivide(ns, 1000n);
  const whole = value < 0n ? -value : value;
  const fraction = String(whole % 1_000_000n).padStart(6, "0");
  return `${value < 0n ? "-" : ""}${whole / 1_000_000n}.${fraction}`;
}
