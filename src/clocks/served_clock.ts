/** The clock that is served: system time on a page of shared memory away from being told. */
import { HONEST, type Line, toServed } from "./affine.ts";
import type { Clock, UnixTime } from "./clock.ts";
import { type ClockStatus, UNSYNCHRONIZED } from "./clock_status.ts";
import { noiseNs } from "./noise.ts";
import { SharedNumbers } from "./shared_numbers.ts";

/** A line, and what is said of the clock while it holds. */
export interface ServedLine extends Line {
  /** The leap second to announce, as NTP counts; undefined is as the clock's status says. */
  readonly leap: number | undefined;
  /** What the time comes from; undefined is as the clock's status says. */
  readonly referenceId: number | undefined;
}

/** What is served from now on. */
export interface ClockPageContent {
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

/** The same as it is read: where nothing follows, it does so at the end of time. */
export type ClockPageReading = ClockPageContent & {
  readonly next: NonNullable<ClockPageContent["next"]>;
};

const LINE_LENGTH = 7;
const NUMBERS = 2 * LINE_LENGTH + 6;

/** Where a number means that there is none. */
const NONE = -1;

/** A page with what is served: one thread writes it, any number of threads read it. */
export class ClockPage {
  readonly #numbers: SharedNumbers;

  /** Opens a page: a new one, which is honest, or that of another thread. */
  constructor(buffer?: SharedArrayBuffer) {
    this.#numbers = new SharedNumbers(buffer ?? NUMBERS);
    if (buffer === undefined) {
      const line = { ...HONEST, leap: undefined, referenceId: undefined };
      this.publish({ line, noiseNs: 0, seed: 0, noiseFrom: { seconds: 0, nanoseconds: 0 } });
    }
  }

  /** What is given to the other threads. */
  get buffer(): SharedArrayBuffer {
    return this.#numbers.buffer;
  }

  /** Writes the page. One thread alone may. */
  publish({ line, next, noiseNs: deviationNs, seed, noiseFrom }: ClockPageContent): void {
    this.#numbers.write([
      ...fromLine(line),
      ...fromLine(next?.line ?? line),
      next?.from.seconds ?? Infinity,
      next?.from.nanoseconds ?? 0,
      deviationNs,
      seed,
      noiseFrom.seconds,
      noiseFrom.nanoseconds,
    ]);
  }

  /** Whether it was written since it was read. */
  get hasChanged(): boolean {
    return this.#numbers.hasChanged;
  }

  /** Reads the page. */
  read(): ClockPageReading {
    const numbers = this.#numbers.read();
    const rest = numbers.subarray(2 * LINE_LENGTH);
    const [seconds = 0, nanoseconds = 0, deviationNs = 0, seed = 0, from = 0, fromNs = 0] = rest;
    return {
      line: toLine(numbers.subarray(0, LINE_LENGTH)),
      next: { from: { seconds, nanoseconds }, line: toLine(numbers.subarray(LINE_LENGTH)) },
      noiseNs: deviationNs,
      seed,
      noiseFrom: { seconds: from, nanoseconds: fromNs },
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

/** A clock by a page: what the system's clock says, made into what is served. */
export class ServedClock implements Clock {
  readonly #base: Clock;
  readonly #page: ClockPage;
  #content: ClockPageReading;
  #isHonest = true;
  #line: ServedLine;
  readonly #sinceNoise: UnixTime = { seconds: 0, nanoseconds: 0 };
  /** What {@linkcode ServedClock.status} returns where the page has a word of its own. */
  readonly #status: { -readonly [K in keyof ClockStatus]: ClockStatus[K] };

  /**
   * @param base The system's clock
   * @param page What to make of it
   */
  constructor(base: Clock, page: ClockPage) {
    this.#base = base;
    this.#page = page;
    this.#content = page.read();
    this.#line = this.#content.line;
    this.#status = {
      leap: 0,
      stratum: 0,
      referenceId: 0,
      rootDelaySeconds: 0,
      rootDispersionSeconds: 0,
      referenceSeconds: 0,
      precision: 0,
    };
    this.#take();
  }

  read(time: UnixTime): void {
    this.#base.read(time);
    this.toServed(time);
  }

  /** Turns a moment of the system's clock into what is served then, in place. */
  toServed(time: UnixTime): void {
    if (this.#page.hasChanged) this.#take();
    if (!this.#isHonest) this.#lie(time);
  }

  /** What to say of the clock at the moment that was last turned into served time. */
  status(facts: ClockStatus): ClockStatus {
    const { leap, referenceId } = this.#line;
    if (leap === undefined && referenceId === undefined) return facts;
    Object.assign(this.#status, facts);
    // Who says that the clock is not synchronised means it, whatever second is coming.
    if (leap !== undefined && facts.leap !== UNSYNCHRONIZED) this.#status.leap = leap;
    if (referenceId !== undefined) this.#status.referenceId = referenceId;
    return this.#status;
  }

  #take(): void {
    const content = this.#content = this.#page.read();
    const { line, next } = content;
    this.#line = line;
    this.#isHonest = content.noiseNs === 0 && next.from.seconds === Infinity &&
      line.gainPpb === 0 && line.systemSeconds === line.servedSeconds &&
      line.systemNanoseconds === line.servedNanoseconds;
  }

  #lie(time: UnixTime): void {
    const { line, next } = this.#content;
    const { from } = next;
    const isNext = time.seconds > from.seconds ||
      time.seconds === from.seconds && time.nanoseconds >= from.nanoseconds;
    this.#line = isNext ? next.line : line;
    const noise = this.#noiseAt(time);
    toServed(this.#line, time);
    if (noise === 0) return;
    const nanoseconds = time.nanoseconds + noise;
    const carry = Math.floor(nanoseconds / 1e9);
    time.seconds += carry;
    time.nanoseconds = nanoseconds - carry * 1e9;
  }
  /** How far off the clock is at a moment of the system's clock, in nanoseconds. */
  #noiseAt(time: Readonly<UnixTime>): number {
    const { noiseNs: deviationNs, seed, noiseFrom } = this.#content;
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
