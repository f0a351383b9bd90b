/** Seconds in the unit that reads best, with three or four digits: `12.3 µs`, `1.042 s`, `30 min 0 s`. */
export function readableSeconds(seconds: number): string {
  const magnitude = Math.abs(seconds);
  if (magnitude === 0) return "0 s";
  if (Math.round(magnitude) >= 3600) return readableSpan(seconds);
  if (Math.round(magnitude) >= FEWEST_AS_MINUTES) return readableMinutes(seconds);
  // By what is going to be written: 999.96 µs are 1.000 ms.
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
  return `${(seconds * factor).toFixed(digits)} ${unit}`;
}

/** Ten minutes: below, a tenth of a second may matter still. */
const FEWEST_AS_MINUTES = 600;

/** Some minutes: `30 min 12 s`. */
function readableMinutes(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  return `${seconds < 0 ? "-" : ""}${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** The same with its sign always written. */
export function signedSeconds(seconds: number): string {
  return seconds < 0 ? readableSeconds(seconds) : `+${readableSeconds(seconds)}`;
}

/**
 * The same with more digits where these would not tell apart what lies so close together, and from ten
 * minutes on with the seconds: `4.000012 s`, `4784 d 0 h 51 min 17.25 s`.
 *
 * @param seconds What to write
 * @param resolution What has to be told, in seconds; not a number for as usual
 */
export function exactSeconds(seconds: number, resolution: number): string {
  const usual = readableSeconds(seconds);
  if (seconds === 0 || !(resolution > 0)) return usual;
  const digitsIn = (factor: number): number =>
    Math.min(9, Math.max(0, -Math.floor(Math.log10(resolution * factor) + 1e-9)));
  if (Math.round(Math.abs(seconds)) >= FEWEST_AS_MINUTES) {
    if (resolution >= (Math.abs(seconds) >= 3600 ? 60 : 1)) return usual;
    const digits = digitsIn(1);
    // Rounded before it is taken apart: there are no 60 s in a minute.
    const magnitude = Number(Math.abs(seconds).toFixed(digits));
    const minutes = Math.floor(magnitude / 60);
    const rest = (magnitude - minutes * 60).toFixed(digits);
    const sign = seconds < 0 ? "-" : "";
    return minutes >= 60
      ? `${readableSpan(Math.sign(seconds) * minutes * 60)} ${rest} s`
      : `${sign}${minutes} min ${rest} s`;
  }
  const [number = "", unit = ""] = usual.split(" ");
  const factor = { s: 1, ms: 1e3, "µs": 1e6, ns: 1e9 }[unit] ?? 1;
  const digits = digitsIn(factor);
  const isEnough = digits <= (number.split(".")[1] ?? "").length;
  return isEnough ? usual : `${(seconds * factor).toFixed(digits)} ${unit}`;
}

/** Hours and more, where seconds would be a riddle: `-9 d 22 h 14 min`. */
function readableSpan(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const minutes = Math.round(Math.abs(seconds) / 60);
  const days = Math.floor(minutes / 1440);
  const rest = `${Math.floor(minutes / 60) % 24} h ${minutes % 60} min`;
  return days === 0 ? `${sign}${rest}` : `${sign}${days} d ${rest}`;
}
