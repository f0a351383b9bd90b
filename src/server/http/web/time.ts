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
import { describeStatus, type Look } from "../state.ts";
import { HttpError, type HttpResponse, jsonResponse, textResponse } from "../../../http/message.ts";

/** The version of the JSON; it changes when a key is renamed, removed or gets another meaning. */
const SCHEMA = 1;

const SECOND_NS = 1_000_000_000n;

/** The forms of text, each from nanoseconds since 1970 and a time zone. */
const forms: Readonly<Record<string, (ns: bigint, zone: string) => string>> = {
  iso: (ns, zone) =>
    zone === "UTC"
      ? instantOf(ns).toString({ smallestUnit: "millisecond" })
      : instantOf(ns).toZonedDateTimeISO(zone)
        .toString({ smallestUnit: "millisecond", timeZoneName: "never" }),
  unix: formatUnix,
  unixms: (ns) => String(floorDivide(ns, 1_000_000n)),
  asctime: (ns, zone) => {
    const zoned = instantOf(ns).toZonedDateTimeISO(zone);
    const local = ns + BigInt(zoned.offsetNanoseconds);
    return formatAsctime(Number(floorDivide(local, SECOND_NS)), { utc: true });
  },
  rfc1123: (ns) => new Date(Number(floorDivide(ns, 1_000_000n))).toUTCString(),
  ntp: (ns) => {
    const units = floorDivide(ns << 32n, SECOND_NS) + (BigInt(NTP_TO_UNIX_SECONDS) << 32n);
    return BigInt.asUintN(64, units).toString(16).padStart(16, "0");
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
  const ns = joinNs(look.time);
  const local = zone === undefined ? undefined : zonedTime(ns, zone);
  const body = {
    schema: SCHEMA,
    time: instantOf(ns).toString({ smallestUnit: "nanosecond" }),
    unix: Number(formatUnix(ns)),
    t2: milliseconds(look),
    leap: status.leap,
    stratum: status.stratum,
    reference_id: status.referenceId,
    root_delay: status.rootDelay,
    root_dispersion: status.rootDispersion,
    root_distance: status.rootDistance,
    synchronized: status.synchronized,
    simulated: time.isSimulated,
    ...local && { local: local.toString(), utc_offset: local.offset },
  };
  // The last reading, so that t3 - t2 is what this took.
  return { ...body, t3: milliseconds(time.look()) };
}

/**
 * The time as a line of text.
 *
 * @throws {HttpError} If the form or the zone is unknown, or the clock is not synchronised, which text cannot say
 */
function timeText(time: ServedTime, format = "iso", zone = "UTC"): string {
  const form = Object.hasOwn(forms, format) ? forms[format] : undefined;
  if (form === undefined) {
    throw new HttpError(
      400,
      `There is no form ${quote(format)}: ${suggest(format, Object.keys(forms))}`,
    );
  }
  const look = time.look();
  zonedTime(joinNs(look.time), zone);
  if (look.status.leap === 3) throw new HttpError(503, "The clock is not synchronised");
  return `${form(joinNs(look.time), zone)}\n`;
}

function instantOf(ns: bigint): Temporal.Instant {
  return Temporal.Instant.fromEpochNanoseconds(ns);
}

function zonedTime(ns: bigint, zone: string): Temporal.ZonedDateTime {
  try {
    return instantOf(ns).toZonedDateTimeISO(zone);
  } catch {
    throw new HttpError(
      400,
      `There is no time zone ${quote(zone)}: expected one such as Europe/Berlin`,
    );
  }
}

/** Milliseconds since 1970, exact to a quarter of a microsecond. */
export function milliseconds({ time: { seconds, nanoseconds } }: Look): number {
  return seconds * 1000 + Math.round(nanoseconds / 100) / 1e4;
}

/** Seconds since 1970 to the microsecond: `1775250576.123456`. */
function formatUnix(ns: bigint): string {
  const value = floorDivide(ns, 1000n);
  const whole = value < 0n ? -value : value;
  const fraction = String(whole % 1_000_000n).padStart(6, "0");
  return `${value < 0n ? "-" : ""}${whole / 1_000_000n}.${fraction}`;
}
