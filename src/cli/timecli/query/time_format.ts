/** `--format`: times by a pattern of the user (UTS 35, as date-fns implements it). */
import { TZDateMini } from "@date-fns/tz";
import { format } from "date-fns/format";
import type { TimeReply } from "../../../protocols/registry.ts";
import { localOffset } from "../../../system/local_time.ts";
import { UsageError } from "../../shared/usage_error.ts";

/** The parts of a pattern: words in quotes, runs of one letter, and anything else. */
const parts = /'(?:[^']|'')*(?:'|$)|([A-Za-z])\1*|[^A-Za-z']+/g;

/** Letters that are usually mistaken for others; date-fns would print a warning. */
const mistaken: Readonly<Record<string, string>> = {
  YY: "YY is the year of a week; the year is yy",
  YYYY: "YYYY is the year of a week; the year is yyyy",
  D: "D is the day of the year; of the month it is d",
  DD: "DD is the day of the year; of the month it is dd",
};

/** Letters whose value depends on the offset from UTC: the offset itself, and seconds since 1970. */
const zoned = /^[XxOztT]/;

/** date-fns has milliseconds; longer fractions are formatted here. */
const MILLISECOND_DIGITS = 3;
const NANOSECOND_DIGITS = 9;
const SECOND = 1_000_000_000n;

/** Creates a function that formats the time of a reply; throws a {@linkcode UsageError} for a bad pattern. */
export function timeFormatter(pattern: string, utc: boolean): (reply: TimeReply) => string {
  const pieces = pattern.match(parts) ?? [];
  const segments = segmentsOf(pieces);
  const needsZone = pieces.find((piece) => zoned.test(piece));
  const write = (date: Date, nanoseconds: number): string => {
    const digits = String(nanoseconds).padStart(NANOSECOND_DIGITS, "0");
    return segments.map((segment) =>
      isLongFraction(segment) ? digits.slice(0, segment.length) : format(date, segment)
    ).join("");
  };
  const fail = (why: string): never => {
    throw new UsageError(`Cannot write a time as ${JSON.stringify(pattern)}: ${why}`);
  };
  if (pieces.some((piece) => piece.startsWith("'") && (piece.match(/'/g)?.length ?? 0) % 2 > 0)) {
    fail("a quote in it has no end");
  }
  for (const piece of pieces) if (Object.hasOwn(mistaken, piece)) fail(mistaken[piece] ?? "");
  if (segments.some((segment) => isLongFraction(segment) && segment.length > NANOSECOND_DIGITS)) {
    fail(`a fraction has at most ${NANOSECOND_DIGITS} digits`);
  }
  try {
    if (pieces.length === 0 || write(new Date(0), 0) === "") fail("it is empty");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    fail(
      error.message.replace(/^Format string contains an? /, "it has an ").replace(/; see: .*/, ""),
    );
  }
  return (reply) => {
    const { time } = reply;
    if (time instanceof Temporal.Instant) {
      // Positive before 1970, too.
      const nanoseconds = Number((time.epochNanoseconds % SECOND + SECOND) % SECOND);
      return write(dateIn(time, utc), nanoseconds);
    }
    const offset = "utcOffset" in reply ? reply.utcOffset : undefined;
    if (offset !== undefined) {
      return write(dateIn(Temporal.Instant.from(`${time}${offset}`), utc), 0);
    }
    const lacks = utc ? "--utc" : needsZone;
    if (lacks !== undefined) {
      throw new Error(`The text from ${reply.url} has no time zone, which ${lacks} needs`);
    }
    // As UTC: this machine's time zone may skip these hours and minutes on that day.
    return write(dateIn(time.toZonedDateTime("UTC").toInstant(), true), 0);
  };
}

/** A date with the fields of this machine's time zone, or of UTC. */
function dateIn({ epochMilliseconds }: Temporal.Instant, utc: boolean): Date {
  const seconds = utc ? 0 : localOffset(Math.floor(epochMilliseconds / 1000));
  const minutes = Math.trunc(Math.abs(seconds) / 60);
  const two = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  const zone = `${seconds < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  return new TZDateMini(epochMilliseconds, zone);
}

/** Joins pieces into as few patterns as possible, apart from long fractions. */
function segmentsOf(pieces: readonly string[]): string[] {
  const segments: string[] = [];
  for (const piece of pieces) {
    const last = segments.at(-1);
    if (last === undefined || isLongFraction(piece) || isLongFraction(last)) segments.push(piece);
    else segments[segments.length - 1] = last + piece;
  }
  return segments;
}

function isLongFraction(piece: string): boolean {
  return piece.length > MILLISECOND_DIGITS && /^S+$/.test(piece);
}
