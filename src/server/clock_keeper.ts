/** Who writes what is served: a timeline, published before each of its turns. */
import { joinNs, servedAt, splitNs, toLine } from "../clocks/affine.ts";
import type { Clock } from "../clocks/clock.ts";
import {
  type ClockOptions,
  durationNs,
  noiseDeviationNs,
  planTimeline,
  rateOf,
} from "../clocks/clock_options.ts";
import { ClockPage, ServedClock, type ServedLine } from "../clocks/served_clock.ts";
import { advance, type Phase, phaseAt, type Timeline } from "../clocks/timeline.ts";

/** The clock that a server serves, to be looked at and changed while it runs. */
export interface ClockControl {
  /** The time being served. */
  now(): Temporal.Instant;
  /**
   * Changes what is served, all at once, on every listener that has this clock. What is not given stays
   * as it is: without `time` and `offset` the time goes on from where it is.
   *
   * @throws {SyntaxError} If a text cannot be read
   * @throws {RangeError} If a number is out of range, or options contradict each other
   */
  set(options: ClockOptions): void;
  /**
   * Jumps by a duration, as `PT1H` or `-1s`.
   *
   * @throws {SyntaxError} If it cannot be read
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

/** A served clock and its writer. */
export class ClockKeeper implements ClockControl, Disposable {
  /** What is given to other threads. */
  readonly page: ClockPage = new ClockPage();
  /** The same on this thread. */
  readonly clock: ServedClock;
  readonly #base: Clock;
  readonly #options: ClockOptions;
  readonly #onChange: () => void;
  readonly #now = { seconds: 0, nanoseconds: 0 };
  #timeline: Timeline;
  #noiseNs: number;
  readonly #seed: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param base The system's clock
   * @param options What to make of it
   * @param onChange Hears that something was changed, once it is served
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  constructor(base: Clock, options: ClockOptions, onChange: () => void = () => {}) {
    this.#base = base;
    this.#options = options;
    this.#onChange = onChange;
    this.#timeline = planTimeline(options, this.#nowNs());
    this.#noiseNs = noiseDeviationNs(options);
    this.#seed = seedOf(options);
    this.#publish();
    this.clock = new ServedClock(base, this.page);
  }

  now(): Temporal.Instant {
    const time = { seconds: 0, nanoseconds: 0 };
    this.clock.read(time);
    return Temporal.Instant.fromEpochNanoseconds(joinNs(time));
  }

  set(options: ClockOptions): void {
    const nowNs = this.#nowNs();
    const before = advance(this.#timeline, nowNs);
    const isSet = options.time !== undefined || options.offset !== undefined;
    const wanted = planTimeline({ ...this.#leapOptions(options), ...options }, nowNs);
    const servedNs = isSet ? wanted.plan.servedNs : servedAt(before.plan, nowNs);
    const hasRate = options.rate !== undefined || options.freeze !== undefined;
    const gainPpb = hasRate ? rateOf(options) - SECOND_NS : before.plan.gainPpb;
    const hasLeaps = options.leap !== undefined || options.leapSeconds !== undefined;
    this.#timeline = {
      plan: { systemNs: nowNs, servedNs, gainPpb },
      steps: options.steps === undefined ? before.steps : wanted.steps,
      leaps: hasLeaps ? wanted.leaps : before.leaps,
      smear: options.smear === undefined ? before.smear : wanted.smear,
    };
    if (options.noise !== undefined) this.#noiseNs = noiseDeviationNs(options);
    this.#changed();
  }

  step(by: string | Temporal.Duration): void {
    const byNs = durationNs(by);
    const nowNs = this.#nowNs();
    const { plan, ...rest } = advance(this.#timeline, nowNs);
    const servedNs = servedAt(plan, nowNs) + byNs;
    this.#timeline = { ...rest, plan: { ...plan, systemNs: nowNs, servedNs } };
    this.#changed();
  }

  reset(): void {
    this.#timeline = planTimeline(this.#options, this.#nowNs());
    this.#noiseNs = noiseDeviationNs(this.#options);
    this.#changed();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** A smear may be set for the leap seconds that are planned already. */
  #leapOptions({ smear, leap, leapSeconds }: ClockOptions): ClockOptions {
    const isForPlanned = smear !== undefined && leap === undefined && leapSeconds === undefined;
    return isForPlanned ? { leapSeconds: this.#timeline.leaps } : {};
  }

  #changed(): void {
    this.#publish();
    this.#onChange();
  }

  #nowNs(): bigint {
    this.#base.read(this.#now);
    return joinNs(this.#now);
  }

  #publish(): void {
    clearTimeout(this.#timer);
    const nowNs = this.#nowNs();
    const timeline = this.#timeline = advance(this.#timeline, nowNs);
    const phase = phaseAt(timeline, nowNs);
    const { untilNs } = phase;
    const next = untilNs === undefined
      ? undefined
      : { from: splitNs(untilNs), line: lineOf(phaseAt(advance(timeline, untilNs), untilNs)) };
    this.page.publish({
      line: lineOf(phase),
      next,
      noiseNs: this.#noiseNs,
      seed: this.#seed,
    });
    if (untilNs === undefined) return;
    const waitMs = Math.min(Number((untilNs - nowNs) / 1_000_000n), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#publish(), Math.max(waitMs, SHORTEST_WAIT_MS));
    Deno.unrefTimer(this.#timer as unknown as number);
  }
}

function seedOf(
  { seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0 }: ClockOptions,
): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new RangeError(`Cannot take the seed ${seed}: expected a whole number, 0 to 4294967295`);
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
