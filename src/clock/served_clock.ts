/** The served clock: system time, converted by the lines of the shared page. */
import { toServed } from "./line.ts";
import type { Clock, UnixTime } from "./clock.ts";
import { type ClockStatus, UNSYNCHRONIZED } from "./status.ts";
import { noiseNs } from "./noise.ts";
import { hasCome, type PageReading, type ServedLine, type ServedPage } from "./page.ts";

/**
 * A clock that converts system time into served time.
 *
 * It uses the reading of the page that {@linkcode ServedClock.look} took last. So all of a reply is
 * consistent, whenever the page is written; a step that was on it still happens in time.
 */
export class ServedClock implements Clock {
  readonly #base: Clock;
  readonly #page: ServedPage;
  #reading: Reading;
  readonly #sinceNoise: UnixTime = { seconds: 0, nanoseconds: 0 };

  constructor(base: Clock, page: ServedPage) {
    this.#base = base;
    this.#page = page;
    this.#reading = readPage(page);
  }

  /** Reads the page if it has changed. */
  look(): void {
    if (this.#page.hasChanged) this.#reading = readPage(this.#page);
  }

  read(time: UnixTime): void {
    this.#base.read(time);
    this.toServed(time);
  }

  /** Converts a moment of system time into the time served then, in place, and returns the status then. */
  toServed(time: UnixTime): ClockStatus {
    return this.#reading.isIdentity ? this.#reading.status : this.#simulate(time);
  }

  #simulate(time: UnixTime): ClockStatus {
    const { content: { line, next }, status, nextStatus } = this.#reading;
    const isNext = hasCome(next.from, time);
    const noise = this.#noiseAt(time);
    toServed(isNext ? next.line : line, time);
    const nanoseconds = time.nanoseconds + noise;
    const carry = Math.floor(nanoseconds / 1e9);
    time.seconds += carry;
    time.nanoseconds = nanoseconds - carry * 1e9;
    return isNext ? nextStatus : status;
  }

  /** The noise at a moment of system time, in nanoseconds. */
  #noiseAt(time: Readonly<UnixTime>): number {
    const { noiseNs: deviationNs, seed, noiseFrom } = this.#reading.content;
    if (deviationNs === 0) return 0;
    const since = this.#sinceNoise;
    since.seconds = time.seconds - noiseFrom.seconds;
    since.nanoseconds = time.nanoseconds - noiseFrom.nanoseconds;
    if (since.nanoseconds < 0) {
      since.seconds--;
      since.nanoseconds += 1e9;
    }
    return noiseNs(deviationNs, seed, since);
  }
}

/** A reading of the page, and what is computed once for all replies that use it. */
interface Reading {
  readonly content: PageReading;
  /** Whether the time of the machine is served as it is. */
  readonly isIdentity: boolean;
  /** The status while each of the two lines holds. */
  readonly status: ClockStatus;
  readonly nextStatus: ClockStatus;
}

function readPage(page: ServedPage): Reading {
  const content = page.read();
  const { line, next, noiseNs, status } = content;
  return {
    content,
    isIdentity: noiseNs === 0 && next.from.seconds === Infinity && line.gainPpb === 0 &&
      line.systemSeconds === line.servedSeconds &&
      line.systemNanoseconds === line.servedNanoseconds,
    status: statusOn(line, status),
    nextStatus: statusOn(next.line, status),
  };
}

function statusOn({ leap, referenceId }: ServedLine, status: ClockStatus): ClockStatus {
  return {
    ...status,
    // A clock that is not synchronised announces no leap second.
    ...(leap !== undefined && status.leap !== UNSYNCHRONIZED && { leap }),
    ...(referenceId !== undefined && { referenceId }),
  };
}
