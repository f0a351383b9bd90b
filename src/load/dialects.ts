/**
 * The protocols of the load generator: their requests, and which replies are correct. Independent of
 * `src/protocols` on purpose: the code under test must not verify itself.
 *
 * @module
 */
import { localOffset } from "../system/local_time.ts";

export type DialectName = "text" | "daytime" | "time" | "ntp";

export interface Dialect {
  readonly request: Uint8Array;
  /**
   * The position of eight octets that make a request unique, and their position in its reply; without them, replies
   * cannot be matched to requests.
   */
  readonly identity?: { readonly inRequest: number; readonly inReply: number };
  /** The positions of the receive and transmit timestamps in a reply. */
  readonly timestamps?: { readonly receive: number; readonly transmit: number };
  /** Sets the time, in whole seconds since 1970, before the replies of a batch are verified. */
  readonly tick: (unixSeconds: number) => void;
  /** Whether the `length` octets from `offset` on are a correct reply at the time of the last tick. */
  readonly verify: (replies: Uint8Array, offset: number, length: number) => boolean;
}

const WEEKDAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const ASCTIME_LENGTH = 24;

/** The tolerated difference between a reply's second and ours. */
const TOLERANCE_SECONDS = 2;

type Zone = "local" | "utc";

/** Both zones are accepted: nothing in a text names its zone. */
const ZONES: readonly Zone[] = ["local", "utc"];

/** The seconds that are correct, now first: nearly every reply is decided by the first comparison. */
const OFFSETS = [0, -1, 1, -2, 2].filter((offset) => Math.abs(offset) <= TOLERANCE_SECONDS);

/** Formats a time like C's `asctime`: 24 characters such as `Fri Apr  3 21:09:36 2020`. */
export function formatAsctime(unixSeconds: number, zone: Zone = "local"): string {
  const time = dateIn(zone, unixSeconds);
  const day = String(time.getUTCDate()).padStart(2);
  const [weekday, month] = [WEEKDAYS[time.getUTCDay()], MONTHS[time.getUTCMonth()]];
  return `${weekday} ${month} ${day} ${formatTimeOfDay(time)} ${time.getUTCFullYear()}`;
}

/** A date whose UTC fields are those of a zone. */
function dateIn(zone: Zone, unixSeconds: number): Date {
  const offset = zone === "utc" ? 0 : localOffset(unixSeconds);
  return new Date((unixSeconds + offset) * 1000);
}

function formatTimeOfDay(time: Date): string {
  return time.toISOString().slice(11, 19);
}

export const dialects: Readonly<Record<DialectName, () => Dialect>> = {
  text: asctimeDialect,
  daytime: daytimeDialect,
  time: timeDialect,
  ntp: ntpDialect,
};

/** Asctime text: correct is the text of one of the seconds around now, and nothing else. */
export function asctimeDialect(): Dialect {
  const encoder = new TextEncoder();
  const right = new Uint8Array(ZONES.length * OFFSETS.length * ASCTIME_LENGTH);
  let current = NaN;
  return {
    request: encoder.encode("Time request"),
    tick(unixSeconds): void {
      if (unixSeconds === current) return;
      current = unixSeconds;
      const texts = ZONES.flatMap((zone) =>
        OFFSETS.map((offset) => formatAsctime(unixSeconds + offset, zone))
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

/** The longest line accepted as Daytime. */
const MAX_DAYTIME_LENGTH = 100;

/**
 * Daytime (RFC 867), whose line has no prescribed form: correct is a line of printable characters with the time of day
 * of one of the seconds around now, and with the year and the day of the month as numbers.
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
        return { time: formatTimeOfDay(time), numbers: new RegExp(`^${dayOf}${yearOf}`) };
      });
    },
    verify(replies, offset, length): boolean {
      if (length > MAX_DAYTIME_LENGTH) return false;
      const text = decoder.decode(replies.subarray(offset, offset + length)).trim();
      return /^[ -~]+$/.test(text) &&
        right.some(({ time, numbers }) => text.includes(time) && numbers.test(text));
    },
  };
}

const TIME_LENGTH = 4;

/** Time (RFC 868): correct are four octets with one of the seconds around now. */
export function timeDialect(): Dialect {
  let now = NaN;
  return {
    request: new Uint8Array(),
    tick(unixSeconds): void {
      now = secondsSince1900(unixSeconds);
    },
    verify: (replies, offset, length) =>
      length === TIME_LENGTH && isAround(now, readUint32(replies, offset)),
  };
}

/** The positions of an NTP header's timestamps (RFC 5905 §7.3). */
const NTP_LENGTH = 48;
const ORIGIN = 24;
const RECEIVE = 32;
const TRANSMIT = 40;

/** Seconds from 1900, the epoch of NTP and Time, to 1970. */
export const EPOCH_SECONDS = 2_208_988_800;

/**
 * NTP version 4: correct is a synchronised server's reply of 48 octets with receive and transmit timestamps around now.
 * The caller matches the origin timestamp to the request, by the identity.
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
      const flags = replies[offset] as number;
      const stratum = replies[offset + 1] as number;
      return flags >> 6 !== 3 && (flags & 0b0011_1111) === (4 << 3 | 4) &&
        stratum >= 1 && stratum <= 15 &&
        isAround(now, readUint32(replies, offset + RECEIVE)) &&
        isAround(now, readUint32(replies, offset + TRANSMIT));
    },
  };
}

function secondsSince1900(unixSeconds: number): number {
  return unixSeconds + EPOCH_SECONDS | 0;
}

function readUint32(octets: Uint8Array, offset: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value << 8 | (octets[offset + i] as number);
  return value;
}

/** Whether a second is close to now, both modulo 2^32. */
function isAround(now: number, seconds: number): boolean {
  return Math.abs(seconds - now | 0) <= TOLERANCE_SECONDS;
}
