/**
 * What the load generator asks, and how it tells a right answer from a wrong one.
 *
 * Written apart from `src/protocols` on purpose: the code under test must not be its own judge.
 *
 * @module
 */

/** One protocol as the load generator sees it. */
export interface Dialect {
  /** What is sent. */
  readonly request: Uint8Array;
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

/** How far the reply's second may be from ours. */
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
