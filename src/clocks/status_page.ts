import { type ClockStatus, UNKNOWN_CLOCK, UNSYNCHRONIZED } from "./clock_status.ts";
import { SharedNumbers } from "./shared_numbers.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A {@linkcode ClockStatus} that one thread writes and any number of threads read, without locks. */
export class StatusPage {
  readonly #numbers: SharedNumbers;
  readonly #status: Mutable<ClockStatus>;

  /** Opens a page: a new one, or that of another thread. */
  constructor(buffer?: SharedArrayBuffer) {
    this.#numbers = new SharedNumbers(buffer ?? 7);
    this.#status = { ...UNKNOWN_CLOCK, leap: UNSYNCHRONIZED, referenceSeconds: 0, precision: 0 };
  }

  /** What is given to the other threads. */
  get buffer(): SharedArrayBuffer {
    return this.#numbers.buffer;
  }

  /** Writes the page. One thread alone may. */
  publish(status: ClockStatus): void {
    this.#numbers.write([
      status.leap,
      status.stratum,
      status.referenceId,
      status.rootDelaySeconds,
      status.rootDispersionSeconds,
      status.referenceSeconds,
      status.precision,
    ]);
  }

  /** The page as it stands; the object is used again by the next call. */
  read(): ClockStatus {
    // Mostly nothing was written since: a page changes every few seconds.
    if (this.#numbers.hasChanged) this.#take();
    return this.#status;
  }

  #take(): void {
    const status = this.#status;
    [
      status.leap = 0,
      status.stratum = 0,
      status.referenceId = 0,
      status.rootDelaySeconds = 0,
      status.rootDispersionSeconds = 0,
      status.referenceSeconds = 0,
      status.precision = 0,
    ] = this.#numbers.read();
  }
}
