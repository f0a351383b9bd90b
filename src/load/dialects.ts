/**
 * What the load generator asks, and how it tells a right answer from a wrong one.
 *
 * Written apart from `src/protocols` on purpose: the code under test must not be its own judge.
 *
 * @module
 */

/** A protocol that servers are measured in. */
export type DialectName = "text" | "daytime" | "time" | "ntp";

/** One protocol as the load generator sees it. */
export interface Dialect {
  /** What is sent. */
  readonly request: Uint8Array;
  /**
   * Where a request has eight octets that tell it from all others, and where its reply has them again; without it,
   * replies cannot be told apart.
   */
  readonly identity?: { readonly inRequest: number; readonly inReply: number };
  /** Where a reply has the times, as NTP timestamps, at which the request came to the server and the reply left it. */
  readonly timestamps?: { readonly receive: number; readonly transmit: number };
  /** Called before the replies of a batch are verified, with the system time in whole seconds since 1970. */
  readonly tick: (unixSeconds: number) => void;
  /** Whether the octets from `offset` on, `length` of them, are a right answer at the time of the last tick. */
  readonly verify: (replies: Uint8Array, offset: number, length: number) => boolean;
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

/** Octets of asctime text without the line feed. */
const ASCTIME_LENGTH = 24;

/** How far a reply's second may be from ours. */
const TOLERANCE_SECONDS = 2;

/** A zone that a server may write the time of day in. */
type Zone = "local" | "utc";

/** Every text of the seconds around now comes in both zones, as nothing in it tells which one a server was given. */
const ZONES: readonly Zone[] = ["local", "utc"];

/** The seconds that are right, now first: nearly every reply is settled by the first comparison. */
const OFFSETS = [0, -1, 1, -2, 2].filter((offset) => Math.abs(offset) <= TOLERANCE_SECONDS);

/**
 * Text as C's `asctime` writes it.
 *
 * @param unixSeconds whole seconds since 1970
 * @param zone the zone of the text
 * @returns 24 characters such as `Fri Apr  3 21:09:36 2020`
 */
export function asctimeText(unixSeconds: number, zone: Zone = "local"): string {
  const time = dateIn(zone, unixSeconds);
  const day = String(time.getUTCDate()).padStart(2);
  const [weekday, month] = [WEEKDAYS[time.getUTCDay()], MONTHS[time.getUTCMonth()]];
  return `${weekday} ${month} ${day} ${timeOfDay(time)} ${time.getUTCFullYear()}`;
}

/** A date whose UTC fields are those of a zone. */
function dateIn(zone: Zone, unixSeconds: number): Date {
  const time = new Date(unixSeconds * 1000);
  const minutes = zone === "utc" ? 0 : time.getTimezoneOffset();
  return new Date(time.getTime() - minutes * 60_000);
}

function timeOfDay(time: Date): string {
  return time.toISOString().slice(11, 19);
}

/** All of them. */
export const dialects: Readonly<Record<DialectName, () => Dialect>> = {
  text: asctimeDialect,
  daytime: daytimeDialect,
  time: timeDialect,
  ntp: ntpDialect,
};

/**
 * The asctime text service: right is the text of one of the seconds around now, and nothing else.
 *
 * @returns the dialect
 */
export function asctimeDialect(): Dialect {
  const encoder = new TextEncoder();
  // A row for each text that is right.
  const right = new Uint8Array(ZONES.length * OFFSETS.length * ASCTIME_LENGTH);
  let current = NaN;
  return {
    request: encoder.encode("Time request"),
    tick(unixSeconds): void {
      if (unixSeconds === current) return;
      current = unixSeconds;
      const texts = ZONES.flatMap((zone) =>
        OFFSETS.map((offset) => asctimeText(unixSeconds + offset, zone))
      );
      texts.forEach((text, row) => right.set(encoder.encode(text), row * ASCTIME_LENGTH));
    },
    verify(replies, offset, length): boolean {
      if (length !== ASCTIME_LENGTH) return false;
      for (let row = 0; row < right.length; row += ASCTIME_LENGTH) {
        let i = 0;
        while (i < ASCTIME_LENGTH && replies[offset + i] === right[row + i]) i++;
        if (i === ASCTIME_LENGTH) return true;
      }
      return false;
    },
  };
}

/** The longest line that is taken for Daytime. */
const DAYTIME_MAX_LENGTH = 100;

/**
 * Daytime (RFC 867), whose line has no prescribed form: right is a line of printable characters with the time of day of
 * one of the seconds around now, and with the year and the day of the month as numbers.
 *
 * @returns the dialect
 */
export function daytimeDialect(): Dialect {
  const decoder = new TextDecoder("latin1");
  let current = NaN;
  let right: readonly { time: string; numbers: RegExp }[] = [];
  return {
    request: new Uint8Array(),
    tick(unixSeconds): void {
      if (unixSeconds === current) return;
      current = unixSeconds;
      const times = ZONES.flatMap((zone) =>
        OFFSETS.map((offset) => dateIn(zone, unixSeconds + offset))
      );
      right = times.map((time) => {
        const [day, year] = [time.getUTCDate(), time.getUTCFullYear()];
        const dayOf = `(?=.*(?<!\\d)0?${day}(?!\\d))`;
        const yearOf = `(?=.*(?<!\\d)(?:${year}|${year % 100})(?!\\d))`;
        return { time: timeOfDay(time), numbers: new RegExp(`^${dayOf}${yearOf}`) };
      });
    },
    verify(replies, offset, length): boolean {
      if (length > DAYTIME_MAX_LENGTH) return false;
      const text = decoder.decode(replies.subarray(offset, offset + length)).trim();
      return /^[ -~]+$/.test(text) &&
        right.some(({ time, numbers }) => text.includes(time) && numbers.test(text));
    },
  };
}

/** Octets of a Time reply. */
const TIME_LENGTH = 4;

/**
 * Time (RFC 868): right are four octets with one of the seconds around now.
 *
 * @returns the dialect
 */
export function timeDialect(): Dialect {
  let now = NaN;
  return {
    request: new Uint8Array(),
    tick(unixSeconds): void {
      now = secondsSince1900(unixSeconds);
    },
    verify: (replies, offset, length) =>
      length === TIME_LENGTH && isAround(now, uint32At(replies, offset)),
  };
}

/** Octets of an NTP header, and where its timestamps are (RFC 5905 §7.3). */
const NTP_LENGTH = 48;
const ORIGIN = 24;
const RECEIVE = 32;
const TRANSMIT = 40;

/** Seconds from 1900, where NTP and Time count from, to 1970. */
export const EPOCH_SECONDS = 2_208_988_800;

/**
 * NTP version 4: right is a synchronised server's reply of 48 octets that received and sent within seconds of now. That
 * the origin is the request's transmit timestamp is for the caller to see, by the identity.
 *
 * @returns the dialect
 */
export function ntpDialect(): Dialect {
  const request = new Uint8Array(NTP_LENGTH);
  request[0] = 4 << 3 | 3;
  let now = NaN;
  return {
    request,
    identity: { inRequest: TRANSMIT, inReply: ORIGIN },
    timestamps: { receive: RECEIVE, transmit: TRANSMIT },
    tick(unixSeconds): void {
      now = secondsSince1900(unixSeconds);
    },
    verify(replies, offset, length): boolean {
      if (length !== NTP_LENGTH) return false;
      const flags = replies[offset] ?? 0;
      const stratum = replies[offset + 1] ?? 0;
      return flags >> 6 !== 3 && (flags & 0b0011_1111) === (4 << 3 | 4) &&
        stratum >= 1 && stratum <= 15 &&
        isAround(now, uint32At(replies, offset + RECEIVE)) &&
        isAround(now, uint32At(replies, offset + TRANSMIT));
    },
  };
}

/** Modulo 2^32, as on the wire. */
function secondsSince1900(unixSeconds: number): number {
  return unixSeconds + EPOCH_SECONDS | 0;
}

function uint32At(octets: Uint8Array, offset: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value << 8 | (octets[offset + i] ?? 0);
  return value;
}

/** Whether a second is close to now; both are modulo 2^32. */
function isAround(now: number, seconds: number): boolean {
  return Math.abs(seconds - now | 0) <= TOLERANCE_SECONDS;
}
