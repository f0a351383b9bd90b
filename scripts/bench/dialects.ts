/**
 * What the load generator asks, and how it tells a right answer from a wrong one.
 *
 * Written apart from `src/protocols` on purpose: the code under test must not be its own judge.
 *
 * @module
 */

/** A protocol that servers are measured in. */
export type DialectName = "text" | "ntp";

/** One protocol as the load generator sees it. */
export interface Dialect {
  /** What is sent. */
  readonly request: Uint8Array;
  /**
   * Where a request has eight octets that tell it from all others, and where its reply has them again; without it,
   * replies cannot be told apart.
   */
  readonly identity?: { readonly inRequest: number; readonly inReply: number };
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

/**
 * Text as C's `asctime` writes it, in the local zone.
 *
 * @param unixSeconds whole seconds since 1970
 * @returns 24 characters such as `Fri Apr  3 21:09:36 2020`
 */
export function asctimeText(unixSeconds: number): string {
  const time = new Date(unixSeconds * 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${WEEKDAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${
    String(time.getDate()).padStart(2)
  } ` +
    `${two(time.getHours())}:${two(time.getMinutes())}:${
      two(time.getSeconds())
    } ${time.getFullYear()}`;
}

/** All of them. */
export const dialects: Readonly<Record<DialectName, () => Dialect>> = {
  text: asctimeDialect,
  ntp: ntpDialect,
};

/**
 * The asctime text service: right is the text of one of the seconds around now, and nothing else.
 *
 * @returns the dialect
 */
export function asctimeDialect(): Dialect {
  const encoder = new TextEncoder();
  const offsets = [0, -1, 1, -2, 2].filter((offset) => Math.abs(offset) <= TOLERANCE_SECONDS);
  // One row for each second that is right, now first: nearly every reply is settled by the first comparison.
  const right = new Uint8Array(offsets.length * ASCTIME_LENGTH);
  let current = NaN;
  return {
    request: encoder.encode("Time request"),
    tick(unixSeconds): void {
      if (unixSeconds === current) return;
      current = unixSeconds;
      offsets.forEach((offset, row) => {
        right.set(encoder.encode(asctimeText(unixSeconds + offset)), row * ASCTIME_LENGTH);
      });
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

/** Octets of an NTP header, and where its timestamps are (RFC 5905 §7.3). */
const NTP_LENGTH = 48;
const ORIGIN = 24;
const RECEIVE = 32;
const TRANSMIT = 40;

/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/**
 * NTP version 4: right is a synchronised server's reply of 48 octets that received and sent within seconds of now. That
 * the origin is the request's transmit timestamp is for the caller to see, by the identity.
 *
 * @returns the dialect
 */
export function ntpDialect(): Dialect {
  const request = new Uint8Array(NTP_LENGTH);
  request[0] = 4 << 3 | 3;
  let nowSeconds = NaN;
  const isNow = (octets: Uint8Array, offset: number): boolean => {
    let ntpSeconds = 0;
    for (let i = 0; i < 4; i++) ntpSeconds = ntpSeconds << 8 | (octets[offset + i] ?? 0);
    return Math.abs(ntpSeconds - nowSeconds | 0) <= TOLERANCE_SECONDS;
  };
  return {
    request,
    identity: { inRequest: TRANSMIT, inReply: ORIGIN },
    tick(unixSeconds): void {
      nowSeconds = unixSeconds + NTP_EPOCH_SECONDS | 0;
    },
    verify(replies, offset, length): boolean {
      if (length !== NTP_LENGTH) return false;
      const flags = replies[offset] ?? 0;
      const stratum = replies[offset + 1] ?? 0;
      return flags >> 6 !== 3 && (flags & 0b0011_1111) === (4 << 3 | 4) &&
        stratum >= 1 && stratum <= 15 &&
        isNow(replies, offset + RECEIVE) && isNow(replies, offset + TRANSMIT);
    },
  };
}
