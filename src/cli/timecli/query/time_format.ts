/** `--format`: times by a pattern of the user (UTS 35, as date-fns implements it). */
import { TZDateMini } from "@date-fns/tz";
import { format } from "date-fns/format";
import type { TimeReply } from "../../../protocols/registry.ts";
import { localOffset } from "../../../system/local_time.ts";
import { formatUtcOffset } from "../../../text/units.ts";
import { UsageError } from "../../shared/errors.ts";
import { quote } from "../../../text/json.ts";

/** Without these, date-fns prints warnings of its own. */
const quiet = { useAdditionalDayOfYearTokens: true, useAdditionalWeekYearTokens: true };

/** The parts of a pattern: words in quotes, runs of one letter, and anything else. */
const parts = /'(?:[^']|'')*(?:'|$)|([A-Za-z])\1*|[^A-Za-z']+/g;

/** The letters of date(1) after a percent sign, as those of Unicode. */
const strftime: Readonly<Record<string, string>> = {
  ...{ Y: "yyyy", y: "yy", m: "MM", b: "MMM", B: "MMMM", d: "dd", e: "d", j: "DDD" },
  ...{ a: "EEE", A: "EEEE", u: "i", V: "II", G: "RRRR", H: "HH", I: "hh", M: "mm", S: "ss" },
  ...{ p: "aa", N: "SSSSSSSSS", z: "xx", s: "t", F: "yyyy-MM-dd", T: "HH:mm:ss", R: "HH:mm" },
  ...{ D: "MM/dd/yy", n: " ", t: " ", "%": "%" },
};

/** Translates a pattern of date(1); undefined if it has a letter that has no translation. */
function fromStrftime(pattern: string): string | undefined {
  const pieces = pattern.match(/%.|[A-Za-z']+|[^%A-Za-z']+|%$/g) ?? [];
  if (pieces.some((piece) => piece.startsWith("%") && !Object.hasOwn(strftime, piece.slice(1)))) {
    return undefined;
  }
  return pieces.map((piece) =>
    piece.startsWith("%")
      ? strftime[piece.slice(1)]
      : piece.replace(/^[A-Za-z'].*$/, (words) => `'${words.replaceAll("'", "''")}'`)
  ).join("");
}

/** Letters that are usually mistaken for others. */
function mistakeIn(piece: string): string | undefined {
  const right = piece.toLowerCase();
  if (/^Y+$/.test(piece)) return `${piece} is the year of a week; the year is ${right}`;
  if (/^DD?$/.test(piece)) return `${piece} is the day of the year; of the month it is ${right}`;
  return undefined;
}

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
    return segments.map((segment) => {
      if (isLongFraction(segment)) return digits.slice(0, segment.length);
      return isVerbatim(segment) ? segment : format(date, segment, quiet);
    }).join("");
  };
  const fail = (why: string): never => {
    throw new UsageError(`Cannot write a time as ${quote(pattern)}: ${why}`);
  };
  if (pieces.some((piece, i) => piece.endsWith("%") && /^[A-Za-z]/.test(pieces[i + 1] ?? ""))) {
    const right = fromStrftime(pattern);
    const form = right === undefined ? "such as yyyy-MM-dd HH:mm:ss" : quote(right);
    fail(`% is of date(1); the letters here are those of Unicode: ${form}`);
  }
  if (pieces.some((piece) => piece.startsWith("'") && (piece.match(/'/g)?.length ?? 0) % 2 > 0)) {
    fail("a quote in it has no end");
  }
  for (const mistake of pieces.flatMap((piece) => mistakeIn(piece) ?? [])) fail(mistake);
  if (segments.some((segment) => isLongFraction(segment) && segment.length > NANOSECOND_DIGITS)) {
    fail(`a fraction has at most ${NANOSECOND_DIGITS} digits`);
  }
  try {
    if (pieces.length === 0 || write(new Date(0), 0) === "") fail("it is empty");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const letter = /unescaped latin alphabet character `(.)`/.exec(error.message)?.[1];
    if (letter !== undefined) fail(`${letter} is not a letter of patterns; put words in 'quotes'`);
    fail(error.message.replace(/; see: .*/, ""));
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
  return new TZDateMini(epochMilliseconds, formatUtcOffset(seconds));
}

/** Joins pieces into as few patterns as possible, apart from long fractions and pieces without letters. */
function segmentsOf(pieces: readonly string[]): string[] {
  const segments: string[] = [];
  let isApart = true;
  for (const piece of pieces) {
    const wasApart = isApart;
    isApart = isLongFraction(piece) || isVerbatim(piece);
    if (isApart || wasApart) segments.push(piece);
    else segments[segments.length - 1] += piece;
  }
  return segments;
}

/** date-fns drops line breaks, and fails on a pattern of nothing else. */
function isVerbatim(piece: string): boolean {
  return /^[^A-Za-z']/.test(piece);
}

function isLongFraction(piece: string): boolean {
  return piece.length > MILLISECOND_DIGITS && /^S+$/.test(piece);
}
