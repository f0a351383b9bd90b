/** Who writes what is served: a timeline, published before each of its turns. */
import { joinNs, servedAt, splitNs, toLine } from "../../line.ts";
import type { Clock } from "../../clock.ts";
import { type ClockOptions, readClock } from "./options.ts";
import { changeTimeline, planTimeline } from "./plan.ts";
import { parseDurationNs } from "../../../text/duration.ts";
import type { ClockContent, ServedLine } from "../../page.ts";
import { type ClockState, clockState } from "./state.ts";
import { advance, jump, type Phase, phaseAt, type Timeline } from "./timeline.ts";
import { checkClockNames } from "./names.ts";
import { random32 } from "../../../system/random.ts";

/** The clock that a server serves, to be looked at and changed while it runs. */
export interface ClockControl {
  /** The time being served. */
  now(): Temporal.Instant;
  /**
   * Changes what is served, all at once, on every listener that has this clock. What is not given stays
   * as it is: without `time` and `offset` the time goes on from where it is. Leap seconds and steps that it
   * is past by then do not happen any more. What throws changes nothing.
   *
   * @throws {SyntaxError} If a text cannot be read, or an option is unknown
   * @throws {RangeError} If a number or the time is out of range, options contradict each other, or ask for
   *   something at a time that is past
   * @throws {TypeError} If a value is something else than it may be
   */
  set(options: ClockOptions): void;
  /**
   * Jumps by a duration, as `PT1H` or `-1s`. Leap seconds, and steps at a date, that it jumps over do not
   * happen.
   *
   * @throws {SyntaxError} If it cannot be read
   * @throws {RangeError} If it leads beyond the dates that can be told
   * @throws {TypeError} If it is neither a text nor a `Temporal.Duration`
   */
  step(by: string | Temporal.Duration): void;
  /** Begins anew as it did at the start. */
  reset(): void;
}

/** A timeline with events is looked at again after so long at the latest: the system's clock may be set. */
const LONGEST_WAIT_MS = 10_000;
const SHORTEST_WAIT_MS = 20;

const SECOND_NS = 1_000_000_000n;

const leapNumbers = { none: 0, insert: 1, delete: 2 } as const;

/** The most that a `Temporal.Instant` may be away from 1970. */
const MOST_NS = 86_400n * 100_000_000n * SECOND_NS;

/** A clock's noise, as the page has it. */
type Noise = Pick<ClockContent, "noiseNs" | "seed" | "noiseFrom">;

/**
 * Serves a clock from now on.
 *
 * @param content What it serves
 * @param isLying Whether it was made to serve anything but the system's time, by options or later
 */
type Publish = (content: ClockContent, isLying: boolean) => void;

/** Who decides what a clock serves. */
export class ClockKeeper implements Omit<ClockControl, "now">, Disposable {
  readonly #base: Clock;
  readonly #options: ClockOptions;
  readonly #publishContent: Publish;
  readonly #now = { seconds: 0, nanoseconds: 0 };
  #timeline: Timeline;
  #noise: Noise;
  #isLying: boolean;
  /** That of the start, for where none is given. */
  readonly #seed: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param base The system's clock
   * @param options What to make of it
   * @param publish Serves it, now and from each of its turns
   * @throws {SyntaxError} If a text of the options cannot be read, or one is unknown
   * @throws {RangeError} If a number is out of range, or they contradict each other
   * @throws {TypeError} If a value is something else than it may be
   */
  constructor(base: Clock, options: ClockOptions, publish: Publish) {
    this.#base = base;
    this.#options = options;
    this.#publishContent = publish;
    checkClockNames(options);
    this.#isLying = isLie(options);
    const nowNs = this.#nowNs();
    this.#timeline = planTimeline(options, nowNs);
    this.#seed = options.seed ?? random32();
    this.#noise = this.#noiseOf(options, nowNs);
    this.#check(this.#timeline);
    this.#publish();
  }

  /** All that there is to say of it. */
  get state(): ClockState {
    const nowNs = this.#nowNs();
    return clockState(advance(this.#timeline, nowNs), nowNs, this.#noise.noiseNs);
  }

  set(options: ClockOptions): void {
    checkClockNames(options);
    const nowNs = this.#nowNs();
    const timeline = changeTimeline(advance(this.#timeline, nowNs), options, nowNs);
    const { noiseNs = this.#noise.noiseNs, seed } = readClock(options);
    // By another seed it is another noise, from its beginning.
    const noise = seed === undefined ? this.#noise : this.#noiseOf(options, nowNs);
    this.#change(timeline, { ...noise, noiseNs });
  }

  step(by: string | Temporal.Duration): void {
    const byNs = parseDurationNs(by);
    const nowNs = this.#nowNs();
    this.#change(jump(advance(this.#timeline, nowNs), nowNs, byNs));
  }

  reset(): void {
    this.begin(this.#options);
  }

  /**
   * Begins anew as something else. What throws changes nothing.
   *
   * @throws {SyntaxError} If a text of the options cannot be read, or one is unknown
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  begin(options: ClockOptions): void {
    checkClockNames(options);
    const nowNs = this.#nowNs();
    this.#change(planTimeline(options, nowNs), this.#noiseOf(options, nowNs), isLie(options));
  }

  /** Has what it serves be served again, as it is by now. */
  serve(): void {
    this.#publish();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** The noise from a moment on. */
  #noiseOf(options: ClockOptions, nowNs: bigint): Noise {
    const { noiseNs = 0, seed = this.#seed } = readClock(options);
    return { noiseNs, seed, noiseFrom: splitNs(nowNs) };
  }

  #change(timeline: Timeline, noise: Noise = this.#noise, isLying = true): void {
    this.#check(timeline);
    this.#publish(timeline, noise, isLying);
  }

  #check({ plan }: Timeline): void {
    const servedNs = servedAt(plan, this.#nowNs());
    if (servedNs >= -MOST_NS && servedNs <= MOST_NS) return;
    throw new RangeError("Cannot serve that time: expected years -271821 to 275760");
  }

  #nowNs(): bigint {
    this.#base.read(this.#now);
    return joinNs(this.#now);
  }

  #publish(
    changed: Timeline = this.#timeline,
    noise: Noise = this.#noise,
    isLying = this.#isLying,
  ): void {
    const nowNs = this.#nowNs();
    const timeline = advance(changed, nowNs);
    const phase = phaseAt(timeline, nowNs);
    const { untilNs } = phase;
    const next = untilNs === undefined
      ? undefined
      : { from: splitNs(untilNs), line: lineOf(phaseAt(advance(timeline, untilNs), untilNs)) };
    // Whatever cannot be served has thrown by now, and left everything as it was.
    this.#timeline = timeline;
    this.#noise = noise;
    this.#isLying = isLying;
    clearTimeout(this.#timer);
    this.#publishContent({ line: lineOf(phase), next, ...noise }, isLying);
    if (untilNs === undefined) return;
    const waitMs = Math.min(Number((untilNs - nowNs) / 1_000_000n), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#publish(), Math.max(waitMs, SHORTEST_WAIT_MS));
    Deno.unrefTimer(this.#timer as unknown as number);
  }
}

/** Whether options ask for anything; a seed alone is for noise that there is not. */
export function isLie({ seed: _seed, ...options }: ClockOptions): boolean {
  return Object.values(options).some((option) => option !== undefined);
}

function lineOf({ plan, leap, smearedNs }: Phase): ServedLine {
  return {
    ...toLine(plan),
    leap: leap === undefined ? undefined : leapNumbers[leap],
    referenceId: smearedNs === undefined ? undefined : smearReferenceId(smearedNs),
  };
}

/** As ntpd says that it smears: 254, and by how much in units of 2^-22 s, 24 bits of them. */
function smearReferenceId(smearedNs: bigint): number {
  return 254 * 2 ** 24 + Number(BigInt.asUintN(24, (smearedNs << 22n) / SECOND_NS));
}
