/** One clock that a server serves, on any number of listeners: what it says, and what it is worth. */
import type { Clock } from "../clocks/clock.ts";
import type { ClockOptions } from "../clocks/clock_options.ts";
import type { ClockState } from "../clocks/clock_state.ts";
import type { ServedClock } from "../clocks/served_clock.ts";
import { type ClockControl, ClockKeeper } from "./clock_keeper.ts";
import { checkStatus, StatusKeeper, type StatusOptions } from "./status.ts";

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

/** The memory that other threads read it from. */
export interface ServedPages {
  readonly clock: SharedArrayBuffer;
  readonly status: SharedArrayBuffer;
}

/** A clock that is served, and who keeps it. */
export class ServedTime implements Disposable {
  /** What was made of the system's clock at the start. */
  readonly options: ClockOptions;
  readonly #keeper: ClockKeeper;
  readonly #status: StatusKeeper;
  readonly #statusAtStart: StatusOptions;

  /**
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  constructor({ base, clock, status, precision }: ServedTimeOptions) {
    this.options = clock;
    this.#statusAtStart = status;
    this.#keeper = new ClockKeeper(base, clock, () => this.#status.setLying());
    const isLying = Object.values(clock).some((option) => option !== undefined);
    this.#status = new StatusKeeper(this.clock, status, { base, precision, isLying });
  }

  /** The clock, for this thread. */
  get clock(): ServedClock {
    return this.#keeper.clock;
  }

  /**
   * Begins anew as something else: a clock, and what is said of it beside what was said at the start. What
   * throws changes nothing.
   *
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  begin(clock: ClockOptions, status: StatusOptions): void {
    const said = { ...this.#statusAtStart, ...status };
    checkStatus(said);
    this.#keeper.begin(clock);
    this.#status.set(said);
  }

  /** Begins anew as at the start. */
  reset(): void {
    this.#keeper.reset();
    this.#status.set(this.#statusAtStart);
  }

  /** To look at it and change it. */
  get control(): ClockControl {
    return this.#keeper;
  }

  /** All that there is to say of it. */
  get state(): ClockState {
    return this.#keeper.state;
  }

  /** What it is worth, for this thread. */
  get status(): StatusKeeper {
    return this.#status;
  }

  /** The same for others. */
  get pages(): ServedPages {
    return { clock: this.#keeper.page.buffer, status: this.#status.page.buffer };
  }

  [Symbol.dispose](): void {
    this.#keeper[Symbol.dispose]();
    this.#status[Symbol.dispose]();
  }
}
