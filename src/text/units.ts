/** Formats seconds in the unit that reads best, with three or four digits: `12.3 µs`, `1.042 s`, `30 min 0 s`. */
export function formatSeconds(seconds: number): string {
  const magnitude = Math.abs(seconds);
  if (magnitude === 0) return "0 s";
  const whole = Math.round(magnitude);
  if (whole >= 3600) return formatSpan(seconds);
  if (whole >= MIN_IN_MINUTES) {
    return `${seconds < 0 ? "-" : ""}${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  // Rounded first: 999.96 µs is 1.000 ms.
  const written = Number(magnitude.toPrecision(magnitude < 1e-6 ? 3 : 4));
  const [unit, factor] = written >= 1
    ? ["s", 1]
    : written >= 1e-3
    ? ["ms", 1e3]
    : written >= 1e-6
    ? ["µs", 1e6]
    : ["ns", 1e9];
  const inUnit = written * factor;
  const digits = unit === "ns" ? 0 : inUnit >= 100 ? 1 : inUnit >= 10 ? 2 : 3;
  return `${formatFixed(seconds * factor, digits)} ${unit}`;
}

/** From ten minutes on, tenths of a second no longer matter. */
const MIN_IN_MINUTES = 600;

/** Formats an offset from UTC as `+05:30`; early zones have seconds in it, which are left out. */
export function formatUtcOffset(seconds: number): string {
  const minutes = Math.trunc(seconds / 60);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const magnitude = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(magnitude / 60)}:${two(magnitude % 60)}`;
}

export function formatSignedSeconds(seconds: number): string {
  return addSign(formatSeconds(seconds));
}

/**
 * Formats seconds like {@linkcode formatSeconds}, with more digits where `resolution` in seconds needs them,
 * unless it is NaN: `4.000012 s`, `4784 d 0 h 51 min 17.25 s`.
 */
export function formatExactSeconds(seconds: number, resolution: number): string {
  const usual = formatSeconds(seconds);
  if (seconds === 0 || !(resolution > 0)) return usual;
  const digitsIn = (factor: number): number =>
    Math.min(9, Math.max(0, -Math.floor(Math.log10(resolution * factor) + 1e-9)));
  if (Math.round(Math.abs(seconds)) >= MIN_IN_MINUTES) {
    if (resolution >= (Math.abs(seconds) >= 3600 ? 60 : 1)) return usual;
    const digits = digitsIn(1);
    // Rounded before it is split, so that no minute has 60 s.
    const magnitude = Number(Math.abs(seconds).toFixed(digits));
    const minutes = Math.floor(magnitude / 60);
    const rest = (magnitude - minutes * 60).toFixed(digits);
    const sign = seconds < 0 ? "-" : "";
    return minutes >= 60
      ? `${formatSpan(Math.sign(seconds) * minutes * 60)} ${rest} s`
      : `${sign}${minutes} min ${rest} s`;
  }
  const [number = "", unit = ""] = usual.split(" ");
  const factor = { s: 1, ms: 1e3, "µs": 1e6, ns: 1e9 }[unit] ?? 1;
  const digits = digitsIn(factor);
  const isEnough = digits <= (number.split(".")[1] ?? "").length;
  return isEnough ? usual : `${formatFixed(seconds * factor, digits)} ${unit}`;
}

/** Like `toFixed()`, but what is rounded to zero has no sign. */
function formatFixed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(?=[0.]*$)/, "");
}

/** Formats an offset with the digits that its error bound leaves: `+1 h 0 min 0.0000 s` for one of 2 ms. */
export function formatMeasured(seconds: number, boundSeconds: number): string {
  return addSign(formatExactSeconds(seconds, boundSeconds / 10));
}

function addSign(text: string): string {
  return text.startsWith("-") ? text : `+${text}`;
}

/** `-9 d 22 h 14 min`. */
function formatSpan(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const minutes = Math.round(Math.abs(seconds) / 60);
  const days = Math.floor(minutes / 1440);
  const rest = `${Math.floor(minutes / 60) % 24} h ${minutes % 60} min`;
  return days === 0 ? `${sign}${rest}` : `${sign}${days} d ${rest}`;
}

/** Formats a count with thousands separators, whatever the locale: `41,203`. */
export function formatCount(count: number): string {
  // toLocaleString() loads ICU's locale data: 5 MB and 8 ms for the first line of a log.
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Formats a count of things: `1 request`, `41,203 requests`. */
export function formatPlural(count: number, thing: string, things = `${thing}s`): string {
  return `${formatCount(count)} ${Math.round(count) === 1 ? thing : things}`;
}

export function formatInstant(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 9 });
}
