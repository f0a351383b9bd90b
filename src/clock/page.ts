/** All that is served of a clock, on one page of shared memory: its time, and what it is worth. */
import { IDENTITY, type Line } from "./line.ts";
import type { UnixTime } from "./clock.ts";
import { type ClockStatus, UNKNOWN_STATUS } from "./status.ts";
import { SharedNumbers } from "./shared_numbers.ts";

/** A line, and what is said of the clock while it holds. */
export interface ServedLine extends Line {
  /** The leap second to announce, as NTP counts; undefined is as the clock's status says. */
  readonly leap: number | undefined;
  /** What the time comes from; undefined is as the clock's status says. */
  readonly referenceId: number | undefined;
}

/** What time is served from now on. */
export interface ClockContent {
  readonly line: ServedLine;
  /** What follows, and from which moment of system time: nobody has to wait for the next writing. */
  readonly next?: { readonly from: Readonly<UnixTime>; readonly line: ServedLine } | undefined;
  /** The standard deviation of the clock's noise. */
  readonly noiseNs: number;
  /** What that noise is made from, 32 bits. */
  readonly seed: number;
  /** When it began, by system time: the same seed makes the same of it again from there. */
  readonly noiseFrom: Readonly<UnixTime>;
}

/** The same, and what is said of it. */
export interface PageContent extends ClockContent {
  readonly status: ClockStatus;
}

/** The same as it is read: where nothing follows, it does so at the end of time. */
export type PageReading = PageContent & {
  readonly next: NonNullable<ClockContent["next"]>;
};

/** The system's time. */
export const SYSTEM_TIME: ClockContent = {
  line: { ...IDENTITY, leap: undefined, referenceId: undefined },
  noiseNs: 0,
  seed: 0,
  noiseFrom: { seconds: 0, nanoseconds: 0 },
};

const LINE_LENGTH = 7;
const CLOCK_LENGTH = 2 * LINE_LENGTH + 6;
const NUMBERS = CLOCK_LENGTH + 7;

/** Where a number means that there is none. */
const NONE = -1;

/** Whether a moment has come by a time. */
export function hasCome(moment: Readonly<UnixTime>, time: Readonly<UnixTime>): boolean {
  return time.seconds > moment.seconds ||
    time.seconds === moment.seconds && time.nanoseconds >= moment.nanoseconds;
}

/**
 * A page with what is served: one thread writes it, any number of threads read it. Time and status are
 * written together, so that nobody ever says of one clock what another one is worth.
 */
export class ServedPage {
  readonly #numbers: SharedNumbers;

  /** Opens a page: a new one, whose clock is honest and not known to be right, or that of another thread. */
  constructor(buffer?: SharedArrayBuffer) {
    this.#numbers = new SharedNumbers(buffer ?? NUMBERS);
    if (buffer === undefined) this.publish({ ...SYSTEM_TIME, status: UNKNOWN_STATUS });
  }

  /** What is given to the other threads. */
  get buffer(): SharedArrayBuffer {
    return this.#numbers.buffer;
  }

  /** Writes the page. One thread alone may. */
  publish({ line, next, noiseNs, seed, noiseFrom, status }: PageContent): void {
    this.#numbers.write([
      ...fromLine(line),
      ...fromLine(next?.line ?? line),
      next?.from.seconds ?? Infinity,
      next?.from.nanoseconds ?? 0,
      noiseNs,
      seed,
      noiseFrom.seconds,
      noiseFrom.nanoseconds,
      ...fromStatus(status),
    ]);
  }

  /** Whether it was written since it was read. */
  get hasChanged(): boolean {
    return this.#numbers.hasChanged;
  }

  /** Reads the page. */
  read(): PageReading {
    const numbers = this.#numbers.read();
    const rest = numbers.subarray(2 * LINE_LENGTH);
    const [seconds = 0, nanoseconds = 0, noiseNs = 0, seed = 0, from = 0, fromNs = 0] = rest;
    return {
      line: toLine(numbers.subarray(0, LINE_LENGTH)),
      next: { from: { seconds, nanoseconds }, line: toLine(numbers.subarray(LINE_LENGTH)) },
      noiseNs,
      seed,
      noiseFrom: { seconds: from, nanoseconds: fromNs },
      status: toStatus(numbers.subarray(CLOCK_LENGTH)),
    };
  }
}

function fromLine(line: ServedLine): number[] {
  return [
    line.systemSeconds,
    line.systemNanoseconds,
    line.servedSeconds,
    line.servedNanoseconds,
    line.gainPpb,
    line.leap ?? NONE,
    line.referenceId ?? NONE,
  ];
}

function toLine(numbers: Float64Array): ServedLine {
  const [
    systemSeconds = 0,
    systemNanoseconds = 0,
    servedSeconds = 0,
    servedNanoseconds = 0,
    gainPpb = 0,
    leap = NONE,
    referenceId = NONE,
  ] = numbers;
  return {
    systemSeconds,
    systemNanoseconds,
    servedSeconds,
    servedNanoseconds,
    gainPpb,
    leap: leap === NONE ? undefined : leap,
    referenceId: referenceId === NONE ? undefined : referenceId,
  };
}

function fromStatus(status: ClockStatus): number[] {
  return [
    status.leap,
    status.stratum,
    status.referenceId,
    status.rootDelaySeconds,
    status.rootDispersionSeconds,
    status.referenceSeconds,
    status.precision,
  ];
}

function toStatus(numbers: Float64Array): ClockStatus {
  const [
    leap = 0,
    stratum = 0,
    referenceId = 0,
    rootDelaySeconds = 0,
    rootDispersionSeconds = 0,
    referenceSeconds = 0,
    precision = 0,
  ] = numbers;
  return {
    leap,
    stratum,
    referenceId,
    rootDelaySeconds,
    rootDispersionSeconds,
    referenceSeconds,
    precision,
  };
}
