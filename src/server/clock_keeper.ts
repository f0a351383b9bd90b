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
import {
  ClockPage,
  type ClockPageContent,
  ServedClock,
  type ServedLine,
} from "../clocks/served_clock.ts";
import { type ClockState, clockState } from "../clocks/clock_state.ts";
import { advance, type Phase, phaseAt, type Timeline } from "../clocks/timeline.ts";

/** The clock that a server serves, to be looked at and changed while it runs. */
export interface ClockControl {
  /** The time being served. */
  now(): Temporal.Instant;
  /**
   * Changes what is served, all at once, on every listener that has this clock. What is not given stays
   * as it is: without `time` and `offset` the time goes on from where it is. What throws changes nothing.
   *
   * @throws {SyntaxError} If a text cannot be read
   * @throws {RangeError} If a number or the time is out of range, or options contradict each other
   */
  set(options: ClockOptions): void;
  /**
   * Jumps by a duration, as `PT1H` or `-1s`.
   *
   * @throws {SyntaxError} If it cannot be read
   * @throws {RangeError} If it leads beyond the dates that can be told
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
type Noise = Pick<ClockPageContent, "noiseNs" | "seed">;

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
  #noise: Noise;
  readonly #noiseAtStart: Noise;
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
    this.#noise = this.#noiseAtStart = {
      noiseNs: noiseDeviationNs(options),
      seed: seedOf(options),
    };
    this.#check(this.#timeline);
    this.#publish();
    this.clock = new ServedClock(base, this.page);
  }

  now(): Temporal.Instant {
    const time = { seconds: 0, nanoseconds: 0 };
    this.clock.read(time);
    return Temporal.Instant.fromEpochNanoseconds(joinNs(time));
  }

  /** All that there is to say of it. */
  get state(): ClockState {
    const nowNs = this.#nowNs();
    return clockState(advance(this.#timeline, nowNs), nowNs, this.#noise.noiseNs);
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
    const timeline = {
      plan: { systemNs: nowNs, servedNs, gainPpb },
      steps: options.steps === undefined ? before.steps : wanted.steps,
      leaps: hasLeaps ? wanted.leaps : before.leaps,
      smear: options.smear === undefined ? before.smear : wanted.smear,
    };
    const { noise, seed } = options;
    this.#change(timeline, {
      noiseNs: noise === undefined ? this.#noise.noiseNs : noiseDeviationNs(options),
      seed: seed === undefined ? this.#noise.seed : seedOf(options),
    });
  }

  step(by: string | Temporal.Duration): void {
    const byNs = durationNs(by);
    const nowNs = this.#nowNs();
    const { plan, ...rest } = advance(this.#timeline, nowNs);
    const servedNs = servedAt(plan, nowNs) + byNs;
    this.#change({ ...rest, plan: { ...plan, systemNs: nowNs, servedNs } });
  }

  reset(): void {
    this.#change(planTimeline(this.#options, this.#nowNs()), this.#noiseAtStart);
  }

  /**
   * Begins anew as something else. What throws changes nothing.
   *
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  begin(options: ClockOptions): void {
    const noise = { noiseNs: noiseDeviationNs(options), seed: seedOf(options) };
    this.#change(planTimeline(options, this.#nowNs()), noise);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** A smear may be set for the leap seconds that are planned already. */
  #leapOptions({ smear, leap, leapSeconds }: ClockOptions): ClockOptions {
    const isForPlanned = smear !== undefined && leap === undefined && leapSeconds === undefined;
    return isForPlanned ? { leapSeconds: this.#timeline.leaps } : {};
  }

  #change(timeline: Timeline, noise: Noise = this.#noise): void {
    this.#check(timeline);
    this.#publish(timeline, noise);
    this.#onChange();
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

  #publish(changed: Timeline = this.#timeline, noise: Noise = this.#noise): void {
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
    clearTimeout(this.#timer);
    this.page.publish({ line: lineOf(phase), next, ...noise });
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
