/** One clock that a server serves, on any number of listeners: what it says, and what it is worth. */
import { joinNs, toServed } from "./line.ts";
import type { Clock } from "./clock.ts";
import type { ClockOptions } from "./sources/timeline/options.ts";
import type { ClockState } from "./sources/timeline/state.ts";
import { ServedClock } from "./served_clock.ts";
import { type ClockContent, hasCome, ServedPage, SYSTEM_TIME } from "./page.ts";
import { type ClockControl, ClockKeeper, isLie } from "./sources/timeline/source.ts";
import { StatusKeeper } from "./sources/machine.ts";
import { checkStatus, type StatusOptions } from "./sources/options.ts";

/** What a {@linkcode ServedTime} is made of. */
export interface ServedTimeOptions {
  /** The clock behind it: the system's, or a caller's own. */
  readonly base: Clock;
  /** What to make of it; nothing is the truth. */
  readonly clock: ClockOptions;
  /** What to say of it. */
  readonly status: StatusOptions;
  /** How finely it is read, as a power of two of seconds. */
  readonly precision: number;
}

/**
 * A clock that is served, and who keeps it: the one writer of its page. Whatever changes, time or status,
 * the whole is published at once.
 */
export class ServedTime implements ClockControl, Disposable {
  /** What was made of the system's clock at the start. */
  readonly options: ClockOptions;
  /** The clock, for this thread. */
  readonly clock: ServedClock;
  readonly #page = new ServedPage();
  readonly #keeper: ClockKeeper;
  readonly #status: StatusKeeper;
  readonly #statusAtStart: StatusOptions;
  readonly #owned: Disposable;
  /** What is about to be served, which the status has to fit. */
  #content: ClockContent = SYSTEM_TIME;
  #said: StatusOptions;

  /**
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  constructor({ base, clock, status, precision }: ServedTimeOptions) {
    this.options = clock;
    this.#statusAtStart = this.#said = status;
    this.clock = new ServedClock(base, this.#page);
    using owned = new DisposableStack();
    const planned: Clock = {
      read: (time) => {
        base.read(time);
        const { line, next } = this.#content;
        toServed(next !== undefined && hasCome(next.from, time) ? next.line : line, time);
      },
    };
    const about = { base, precision, isLying: isLie(clock), publish: () => this.#publish() };
    this.#status = owned.use(new StatusKeeper(planned, status, about));
    this.#keeper = owned.use(
      new ClockKeeper(base, clock, (content, isLying) => {
        this.#content = content;
        this.#status.set(this.#said, isLying);
        this.#publish();
      }),
    );
    this.#owned = owned.move();
  }

  now(): Temporal.Instant {
    const time = { seconds: 0, nanoseconds: 0 };
    this.clock.read(time);
    return Temporal.Instant.fromEpochNanoseconds(joinNs(time));
  }

  set(options: ClockOptions): void {
    this.#keeper.set(options);
  }

  step(by: string | Temporal.Duration): void {
    this.#keeper.step(by);
  }

  /** Begins anew as at the start: the clock, and what is said of it. */
  reset(): void {
    this.#saying(this.#statusAtStart, () => this.#keeper.reset());
  }

  /**
   * Begins anew as something else: a clock, and what is said of it beside what was said at the start. What
   * throws changes nothing.
   *
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  begin(clock: ClockOptions, status: StatusOptions): void {
    this.#saying({ ...this.#statusAtStart, ...status }, () => this.#keeper.begin(clock));
  }

  /**
   * Says something else of the clock beside what was said at the start; it goes on.
   *
   * @throws {SyntaxError} If the reference id is none; nothing has changed then
   * @throws {RangeError} If a number is out of range; nothing has changed then
   */
  say(status: StatusOptions): void {
    this.#saying({ ...this.#statusAtStart, ...status }, () => this.#keeper.serve());
  }

  /** All that there is to say of it. */
  get state(): ClockState {
    return this.#keeper.state;
  }

  /** What an administrator should know about what is said of it. */
  get warning(): string | undefined {
    return this.#status.warning;
  }

  /** The memory that other threads read it from. */
  get page(): SharedArrayBuffer {
    return this.#page.buffer;
  }

  /** Has the clock be published with something said of it; if it cannot be, what was said still is. */
  #saying(status: StatusOptions, serve: () => void): void {
    checkStatus(status);
    const before = this.#said;
    this.#said = status;
    try {
      serve();
    } catch (error) {
      this.#said = before;
      throw error;
    }
  }

  #publish(): void {
    this.#page.publish({ ...this.#content, status: this.#status.current });
    // Nothing interrupts an answer on this thread, and who reads the clock beside them wants it new.
    this.clock.look();
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
