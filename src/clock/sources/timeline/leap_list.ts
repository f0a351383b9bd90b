/** The list of leap seconds that IERS and NIST publish, `leap-seconds.list`. */
import type { LeapSecond } from "./timeline.ts";

const NTP_TO_UNIX_SECONDS = 2_208_988_800n;
const SECOND_NS = 1_000_000_000n;
const DAY_SECONDS = 86_400n;

/** Characters; more than any list needs in this millennium. */
const MAX_LENGTH = 1_000_000;

export interface LeapList {
  /** The leap seconds, past and future. */
  readonly leaps: readonly LeapSecond[];
  /** The time until which the list is complete (its line `#@`), if it has one. */
  readonly expires: Temporal.Instant | undefined;
}

/**
 * Parses a list: lines of seconds since 1900 and the difference of TAI and UTC from then on.
 *
 * @throws {SyntaxError} If it is not such a list, or has a leap second that does not end a day
 */
export function parseLeapList(text: string): LeapList {
  if (text.length > MAX_LENGTH) throw notAList("it is too long");
  const leaps: LeapSecond[] = [];
  let before: bigint | undefined;
  let expires: Temporal.Instant | undefined;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const expiry = /^#@\s{0,20}(\d{1,12})\b/.exec(line)?.[1];
    if (expiry !== undefined) expires = toInstant(BigInt(expiry));
    if (/^\s*(#|$)/.test(line)) continue;
    const [, seconds, difference] = /^\s*(\d{1,12})\s+(\d{1,6})\s*(?:#.*)?$/.exec(line) ?? [];
    if (seconds === undefined || difference === undefined) {
      throw notAList(`line ${i + 1} is not two numbers`);
    }
    const now = BigInt(difference);
    if (before !== undefined && now !== before) {
      const midnight = toInstant(BigInt(seconds));
      if (BigInt(seconds) % DAY_SECONDS !== 0n) {
        throw notAList(
          `line ${i + 1} has a leap second at ${midnight}, which is not the end of a day`,
        );
      }
      leaps.push({
        kind: now > before ? "insert" : "delete",
        midnightNs: midnight.epochNanoseconds,
      });
    }
    before = now;
  }
  if (before === undefined) throw notAList("there are none");
  return { leaps, expires };
}

/**
 * Parses the leap seconds of a `leap-seconds.list` file, as IERS and NIST publish it.
 *
 * @param text The file
 * @returns The leap seconds, past and future
 * @throws {SyntaxError} If it is not such a file, or has a leap second that does not end a day
 */
export function parseLeapSeconds(text: string): LeapSecond[] {
  return [...parseLeapList(text).leaps];
}

/**
 * Checks a list against its hash (the line `#h`): SHA-1 of all numbers in it. A list without one passes.
 *
 * @throws {SyntaxError} If it does not match: the list was changed, or is not complete
 */
export async function verifyLeapList(text: string): Promise<void> {
  const lines = text.split(/\r?\n/);
  const written = lines.find((line) => line.startsWith("#h"));
  if (written === undefined) return;
  const numbers = lines.map((line) =>
    /^#[$@]\s*(\d+)/.exec(line)?.[1] ?? (/^\s*(\d+)\s+(\d+)/.exec(line)?.slice(1) ?? []).join("")
  );
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(numbers.join("")));
  const words = new DataView(digest);
  // The hash has five words, which may lack their leading zeros.
  const expected = written.slice("#h".length).trim().split(/\s+/).map((word) =>
    Number(`0x${word}`)
  );
  if (expected.length === 5 && expected.every((word, i) => word === words.getUint32(4 * i))) return;
  throw notAList("its hash does not match: it was changed, or is not complete");
}

function toInstant(ntpSeconds: bigint): Temporal.Instant {
  return Temporal.Instant.fromEpochNanoseconds((ntpSeconds - NTP_TO_UNIX_SECONDS) * SECOND_NS);
}

function notAList(why: string): SyntaxError {
  return new SyntaxError(`Cannot read the leap seconds: ${why}`);
}
