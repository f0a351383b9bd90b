/** A clock that a server serves, on any number of listeners: the one writer of its page. */
import { random32 } from "../system/random.ts";
import { systemTimers, type Timers } from "../system/time.ts";
import { type Clock, readTime, type UnixTime } from "./clock.ts";
import { joinNs } from "./line.ts";
import { ServedPage } from "./page.ts";
import { ServedClock } from "./served_clock.ts";
import { addStatus } from "./sources/configured_status.ts";
import { MachineSource } from "./sources/machine.ts";
import type { StatusOptions } from "./sources/options.ts";
import type { ClockStatus } from "./status.ts";
import { type ClockOptions, readClock } from "./sources/timeline/options.ts";
import { planTimeline } from "./sources/timeline/plan.ts";
import type { SourceContext, StatusSource, TimeSource } from "./sources/source.ts";
import { isSimulated, type TimelineContext, TimelineSource } from "./sources/timeline/source.ts";
import { type ClockState, clockState } from "./sources/timeline/state.ts";

/** The clock that a server serves, to be read and changed while it runs. */
export interface ClockControl {
  /**
   * The time being served.
   *
   * @throws {RangeError} If a planned step or the rate has led beyond the years -271821 to 275760
   */
  now(): Temporal.Instant;
  /**
   * Changes the served time, all at once, on every listener that has this clock. Options that are not given
   * keep their value: without `time` and `offset` the time goes on from where it is. Leap seconds and steps
   * that the clock is past by then no longer happen. A change that throws changes nothing.
   *
   * @throws {SyntaxError} If a text cannot be read, or an option is unknown
   * @throws {RangeError} If a number or the time is out of range, options contradict each other, or one is
   *   about a time that is past
   * @throws {TypeError} If a value has the wrong type
   */
  set(options: ClockOptions): void;
  /**
   * Steps the clock by a duration, as `PT1H` or `-1s`. Leap seconds, and steps at a date, that it jumps over
   * do not happen.
   *
   * @throws {SyntaxError} If it cannot be read
   * @throws {RangeError} If it leads beyond the dates that can be served
   * @throws {TypeError} If it is neither a text nor a `Temporal.Duration`
   */
  step(by: string | Temporal.Duration): void;
  /** Restores the clock of the start, as if the server started now. */
  reset(): void;
}

/** Set or stepped by the interface, reset to that of the start; steps and leap seconds that were planned too. */
export type ClockChange = "set" | "step" | "leap" | "reset";

export interface ServedTimeOptions {
  /** The clock behind it: the system's, or a caller's own. */
  readonly base: Clock;
  /** The simulated clock; without an option the base is served as it is. */
  readonly clock: ClockOptions;
  readonly status: StatusOptions;
  /** The precision with which the base is read, as a power of two of seconds. */
  readonly precision: number;
  /** @default {systemTimers} */
  readonly timers?: Timers;
  /** Opens another source of the time, which cannot be changed, in place of the machine's. */
  readonly openSource?: ((context: SourceContext) => TimeSource) | undefined;
}

/** A served clock and its source. Whatever changes, time or status, the page is written once, as a whole. */
export class ServedTime implements ClockControl, Disposable {
  /** The simulated clock of the start. */
  readonly options: ClockOptions;
  readonly clock: ServedClock;
  readonly #page = new ServedPage();
  readonly #context: TimelineContext;
  readonly #statusAtStart: StatusOptions;
  #status: StatusOptions;
  readonly #openSource: ServedTimeOptions["openSource"];
  #source: TimeSource;
  #changes: Readonly<Record<ClockChange, number>> = { set: 0, step: 0, leap: 0, reset: 0 };

  /** Throws a `SyntaxError`, `RangeError` or `TypeError` for options as {@linkcode ClockControl.set} does. */
  constructor(
    { base, clock, status, precision, timers = systemTimers, openSource }: ServedTimeOptions,
  ) {
    this.#context = {
      base,
      precision,
      timers,
      start: readTime(base),
      seed: clock.seed ?? random32(),
    };
    this.options = clock;
    this.#statusAtStart = this.#status = status;
    this.clock = new ServedClock(base, this.#page);
    this.#openSource = openSource;
    this.#source = openSource?.(this.#context) ?? this.#open(clock, status);
    this.#listen();
  }

  now(): Temporal.Instant {
    return Temporal.Instant.fromEpochNanoseconds(joinNs(readTime(this.clock)));
  }

  /** The time being served and its status, of one reading. */
  look(): { readonly time: UnixTime; readonly status: ClockStatus } {
    const time = readTime(this.#context.base);
    return { status: this.clock.toServed(time), time };
  }

  set(options: ClockOptions): void {
    this.#refuseIfFollowing();
    readClock(options);
    const isEmpty = Object.values(options).every((value) => value === undefined);
    // With nothing to change, the time of the machine stays that, with its status.
    if (!isEmpty || this.isSimulated) this.#simulate((timeline) => timeline.set(options));
    this.#count("set");
  }

  step(by: string | Temporal.Duration): void {
    this.#simulate((timeline) => timeline.step(by));
    this.#count("step");
  }

  reset(): void {
    // Upstream servers decide the time since the start: there is nothing to restore.
    if (this.#openSource !== undefined) return;
    this.#begin(this.options, {});
    this.#count("reset");
  }

  /**
   * Serves another clock, as if the server started with it now; its status is added to that of the start.
   * Where it throws, nothing has changed.
   */
  begin(clock: ClockOptions, status: StatusOptions): void {
    this.#begin(clock, status);
    this.#count("set");
  }

  #begin(clock: ClockOptions, status: StatusOptions): void {
    this.#refuseIfFollowing();
    const configured = addStatus(this.#statusAtStart, status);
    this.#replace(this.#open(clock, configured));
    this.#status = configured;
  }

  /** Adds to the configured status of the start; the time goes on. Where it throws, nothing has changed. */
  configure(status: StatusOptions): void {
    this.#refuseIfFollowing();
    const configured = addStatus(this.#statusAtStart, status);
    this.#source.configure?.(configured);
    this.#status = configured;
  }

  /** How often it was changed, and how often it jumped by itself. */
  get changes(): Readonly<Record<ClockChange, number>> {
    const { step, leap } = this.#source.jumps;
    return { ...this.#changes, step: this.#changes.step + step, leap: this.#changes.leap + leap };
  }

  get statusSource(): StatusSource {
    return this.#source.statusSource;
  }

  get state(): ClockState {
    const { warnings } = this;
    if (this.#source instanceof TimelineSource) return { ...this.#source.state, warnings };
    const nowNs = this.now().epochNanoseconds;
    const state = { ...clockState(planTimeline({}, nowNs), nowNs, 0), warnings };
    if (this.#openSource === undefined) return state;
    // What is corrected is another clock than the system's, from which the time is this far.
    const system = this.#context.timers.now();
    const offset = Number(nowNs - system.epochNanoseconds) / 1e9;
    return { ...state, system: system.toString(), offset };
  }

  /** Whether the time served is not the machine's. */
  get isSimulated(): boolean {
    return this.#source instanceof TimelineSource;
  }

  /** Whether NTP clients drop it after some days: nothing keeps it right, and nobody vouches for it. */
  get isExpiring(): boolean {
    return this.statusSource === "guess";
  }

  /** The warnings for its administrator now, each a sentence. */
  get warnings(): readonly string[] {
    return this.#source.warnings;
  }

  get page(): SharedArrayBuffer {
    return this.#page.buffer;
  }

  #open(clock: ClockOptions, status: StatusOptions): MachineSource | TimelineSource {
    readClock(clock);
    return isSimulated(clock)
      ? new TimelineSource(this.#context, clock, status)
      : new MachineSource(this.#context, status);
  }

  /** Changes the simulated clock; the time of the machine becomes one first. */
  #simulate(change: (timeline: TimelineSource) => void): void {
    this.#refuseIfFollowing();
    if (this.#source instanceof TimelineSource) return change(this.#source);
    using stack = new DisposableStack();
    const timeline = stack.use(new TimelineSource(this.#context, {}, this.#status));
    change(timeline);
    stack.move();
    this.#replace(timeline);
  }

  #refuseIfFollowing(): void {
    if (this.#openSource === undefined) return;
    throw new RangeError("The clock follows upstream servers: it cannot be changed");
  }

  #count(change: "set" | "step" | "reset"): void {
    this.#changes = { ...this.#changes, [change]: this.#changes[change] + 1 };
  }

  #replace(source: TimeSource): void {
    this.#changes = this.changes;
    this.#source[Symbol.dispose]();
    this.#source = source;
    this.#listen();
  }

  #listen(): void {
    this.#source.onChange = () => this.#publish();
    this.#publish();
  }

  #publish(): void {
    this.#page.publish(this.#source.content);
    // Nothing interrupts a reply on this thread, and the clock is read between replies too.
    this.clock.look();
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }
}
