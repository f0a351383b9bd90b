/** The page of shared memory that holds the served clock: its lines, its noise and its status. */
import type { UnixTime } from "./clock.ts";
import { IDENTITY, type Line } from "./line.ts";
import { SharedNumbers } from "../system/shared_numbers.ts";
import { type ClockStatus, UNKNOWN_STATUS } from "./status.ts";

/** A line, and the parts of the status that change with it. */
export interface ServedLine extends Line {
  /** The leap second to announce, as NTP counts; undefined leaves it to the clock's status. */
  readonly leap: number | undefined;
  /** The reference id; undefined leaves it to the clock's status. */
  readonly referenceId: number | undefined;
}

/** The time that is served from now on, and its status. */
export interface PageContent {
  readonly line: ServedLine;
  /** The line that follows, and the moment of system time at which it begins, whenever the page is written again. */
  readonly next?: { readonly from: Readonly<UnixTime>; readonly line: ServedLine } | undefined;
  readonly noiseNs: number;
  readonly seed: number;
  /** The moment of system time at which the noise began: from there the same seed gives the same noise. */
  readonly noiseFrom: Readonly<UnixTime>;
  readonly status: ClockStatus;
}

/** A page as it is read: where no line follows, one does at the end of time. */
export type PageReading = PageContent & {
  readonly next: NonNullable<PageContent["next"]>;
};

export const SYSTEM_TIME: Omit<PageContent, "status"> = {
  line: { ...IDENTITY, leap: undefined, referenceId: undefined },
  noiseNs: 0,
  seed: 0,
  noiseFrom: { seconds: 0, nanoseconds: 0 },
};

const lineFields = [
  "systemSeconds",
  "systemNanoseconds",
  "servedSeconds",
  "servedNanoseconds",
  "gainPpb",
  "leap",
  "referenceId",
] as const satisfies readonly (keyof ServedLine)[];

/** The numbers of a status, in the order of the page. */
const statusFields = [
  "leap",
  "stratum",
  "referenceId",
  "rootDelaySeconds",
  "rootDispersionSeconds",
  "dispersionRate",
  "referenceSeconds",
  "precision",
] as const satisfies readonly (keyof ClockStatus)[];

const LINE_LENGTH = lineFields.length;
const CLOCK_LENGTH = 2 * LINE_LENGTH + 6;
const LENGTH = CLOCK_LENGTH + statusFields.length;

/** The number that stands for undefined. */
const NONE = -1;

export function hasCome(moment: Readonly<UnixTime>, time: Readonly<UnixTime>): boolean {
  return time.seconds > moment.seconds ||
    time.seconds === moment.seconds && time.nanoseconds >= moment.nanoseconds;
}

/**
 * A page with all that is served: one thread writes it, any number of threads read it. Time and status are
 * written together, so that no reply has the time of one clock and the status of another.
 */
export class ServedPage {
  readonly #numbers: SharedNumbers;

  /** Opens a page: a new one, with the system's time and an unknown status, or that of another thread. */
  constructor(buffer?: SharedArrayBuffer) {
    this.#numbers = new SharedNumbers(buffer ?? LENGTH);
    if (buffer === undefined) this.publish({ ...SYSTEM_TIME, status: UNKNOWN_STATUS });
  }

  get buffer(): SharedArrayBuffer {
    return this.#numbers.buffer;
  }

  /** Writes the page. Only one thread may. */
  publish({ line, next, noiseNs, seed, noiseFrom, status }: PageContent): void {
    this.#numbers.write([
      ...toNumbers(line, lineFields),
      ...toNumbers(next?.line ?? line, lineFields),
      next?.from.seconds ?? Infinity,
      next?.from.nanoseconds ?? 0,
      noiseNs,
      seed,
      noiseFrom.seconds,
      noiseFrom.nanoseconds,
      ...toNumbers(status, statusFields),
    ]);
  }

  /** Whether it was written since it was read last. */
  get hasChanged(): boolean {
    return this.#numbers.hasChanged;
  }

  read(): PageReading {
    const numbers = this.#numbers.read();
    const rest = numbers.subarray(2 * LINE_LENGTH);
    const [seconds = 0, nanoseconds = 0, noiseNs = 0, seed = 0, from = 0, fromNs = 0] = rest;
    return {
      line: toLine(numbers),
      next: { from: { seconds, nanoseconds }, line: toLine(numbers.subarray(LINE_LENGTH)) },
      noiseNs,
      seed,
      noiseFrom: { seconds: from, nanoseconds: fromNs },
      status: fromNumbers(numbers.subarray(CLOCK_LENGTH), statusFields),
    };
  }
}

function toNumbers<Field extends string>(
  values: Readonly<Record<Field, number | undefined>>,
  fields: readonly Field[],
): number[] {
  return fields.map((field) => values[field] ?? NONE);
}

function fromNumbers<Field extends string>(
  numbers: Float64Array,
  fields: readonly Field[],
): Record<Field, number> {
  const values = {} as Record<Field, number>;
  fields.forEach((field, i) => values[field] = numbers[i] as number);
  return values;
}

function toLine(numbers: Float64Array): ServedLine {
  const { leap, referenceId, ...line } = fromNumbers(numbers, lineFields);
  return {
    ...line,
    leap: leap === NONE ? undefined : leap,
    referenceId: referenceId === NONE ? undefined : referenceId,
  };
}
