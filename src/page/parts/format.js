/** Numbers and times in the wording of timecli. */

/** @param {number} count */
export function formatCount(count) {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Formats a number per second: `1,284`, `14.1`, `0`.
 *
 * @param {number} perSecond
 */
export function formatRate(perSecond) {
  if (perSecond >= 99.95) return formatCount(perSecond);
  return perSecond === 0 ? "0" : perSecond < 0.05 ? "< 0.1" : perSecond.toFixed(1);
}

/**
 * Formats seconds with three digits: `98.4 µs`, `2.31 ms`, `4 min`, `1 h 22 min 35 s`.
 *
 * @param {number} seconds
 */
export function formatSeconds(seconds) {
  const sign = seconds < 0 ? "-" : "";
  const magnitude = Math.abs(seconds);
  if (magnitude === 0) return "0 s";
  if (Math.round(magnitude) >= 60) return sign + formatSpan(magnitude);
  const written = Number(magnitude.toPrecision(3));
  const [unit, factor] = written >= 1
    ? /** @type {const} */ (["s", 1])
    : written >= 1e-3
    ? /** @type {const} */ (["ms", 1e3])
    : written >= 1e-6
    ? /** @type {const} */ (["µs", 1e6])
    : /** @type {const} */ (["ns", 1e9]);
  const inUnit = written * factor;
  const digits = unit === "ns" ? 0 : inUnit >= 100 ? 0 : inUnit >= 10 ? 1 : 2;
  return `${sign}${inUnit.toFixed(digits)} ${unit}`;
}

/**
 * Formats an error bound with two digits: a third means nothing.
 *
 * @param {number} seconds
 */
export function formatBound(seconds) {
  const two = Number(seconds.toPrecision(2));
  return formatSeconds(two).replace(/(\.\d*?)0+(?= )/, "$1").replace(/\.(?= )/, ".0");
}

/** @param {number} seconds */
export function formatSigned(seconds) {
  return seconds < 0 ? formatSeconds(seconds) : `+${formatSeconds(seconds)}`;
}

/**
 * Formats a minute or more, without units of zero: `1 h 22 min 35 s`, `12 d 4 h`, `2 min`.
 *
 * @param {number} seconds
 */
export function formatSpan(seconds) {
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => Number(amount) > 0);
  if (first === -1) return "0 s";
  const shown = parts.slice(first, first + 3).filter(([amount]) => Number(amount) > 0);
  return shown.map((part) => part.join(" ")).join(" ");
}

/**
 * Formats an interval with one unit: `62 ms`, `1.0 s`, `17 min`.
 *
 * @param {number} seconds
 */
export function formatInterval(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : formatAge(seconds);
}

/**
 * Formats how long ago something was, with one unit: `9 s`, `2 min`.
 *
 * @param {number} seconds
 */
export function formatAge(seconds) {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 360_000) return `${Math.round(seconds / 3600)} h`;
  return `${formatCount(seconds / 86_400)} d`;
}

/** @param {number} seconds */
export function formatUptime(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}

/** @type {Record<string, string>} */
const protocolNames = { ntp: "NTP", time: "Time", daytime: "Daytime", asctime: "text" };

/** @param {string} protocol */
export function protocolName(protocol) {
  return protocolNames[protocol] ?? protocol;
}

/**
 * The name of each upstream server, as ticks and the history have it: a pool has several of one URL.
 *
 * @param {readonly { url: string }[]} upstreams
 */
export function nameUpstreams(upstreams) {
  return upstreams.map(({ url }, i) => {
    const member = upstreams.slice(0, i + 1).filter((each) => each.url === url).length;
    return member === 1 ? url : `${url}#${member}`;
  });
}

/** A name without the scheme that most have. @param {string} name */
export function shortenName(name) {
  return name.replace(/^ntp:\/\//, "");
}

/** The zone that times are shown in. */
export const zone = {
  isLocal: false,
  /** @returns {"UTC" | undefined} */
  get name() {
    return this.isLocal ? undefined : "UTC";
  },
};

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, "0");
}

/**
 * Formats a time of day: `10:24:37`.
 *
 * @param {number} ms
 */
export function formatTime(ms) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "-";
  const parts = zone.isLocal
    ? [date.getHours(), date.getMinutes(), date.getSeconds()]
    : [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  return parts.map(two).join(":");
}

/**
 * Formats a date: `Saturday, 28 November 2026`.
 *
 * @param {number} ms
 */
export function formatDate(ms) {
  if (Number.isNaN(new Date(ms).getTime())) return "-";
  const format = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
    new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone.name }).format(ms);
  const weekday = format({ weekday: "long" });
  return `${weekday}, ${format({ day: "numeric", month: "long", year: "numeric" })}`;
}

/**
 * Formats the zone at a moment: `UTC`, `GMT+1, Europe/Berlin`.
 *
 * @param {number} ms
 */
export function formatZone(ms) {
  if (!zone.isLocal || Number.isNaN(new Date(ms).getTime())) return "UTC";
  const format = new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" });
  const offset = format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value;
  return `${offset}, ${format.resolvedOptions().timeZone}`;
}
