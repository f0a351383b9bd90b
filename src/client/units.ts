/** Seconds in the unit that reads best, with three or four digits: `12.3 µs`, `1.042 s`, `30 min 0 s`. */
export function readableSeconds(seconds: number): string {
  const magnitude = Math.abs(seconds);
  if (magnitude === 0) return "0 s";
  if (Math.round(magnitude) >= 3600) return readableSpan(seconds);
  if (Math.round(magnitude) >= FEWEST_AS_MINUTES) return readableMinutes(seconds);
  const [unit, factor] = magnitude >= 1
    ? ["s", 1]
    : magnitude >= 1e-3
    ? ["ms", 1e3]
    : magnitude >= 1e-6
    ? ["µs", 1e6]
    : ["ns", 1e9];
  const value = seconds * factor;
  const digits = unit === "ns" ? 0 : Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return `${value.toFixed(digits)} ${unit}`;
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

/** Hours and more, where seconds would be a riddle: `-9 d 22 h 14 min`. */
function readableSpan(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const minutes = Math.round(Math.abs(seconds) / 60);
  const days = Math.floor(minutes / 1440);
  const rest = `${Math.floor(minutes / 60) % 24} h ${minutes % 60} min`;
  return days === 0 ? `${sign}${rest}` : `${sign}${days} d ${rest}`;
}
