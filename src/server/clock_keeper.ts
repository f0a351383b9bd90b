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
import type { ClockContent, ServedLine } from "../clocks/served_page.ts";
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
type Noise = Pick<ClockContent, "noiseNs" | "seed">;

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
  readonly #noiseAtStart: Noise;
  #isLying: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param base The system's clock
   * @param options What to make of it
   * @param publish Serves it, now and from each of its turns
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  constructor(base: Clock, options: ClockOptions, publish: Publish) {
    this.#base = base;
    this.#options = options;
    this.#publishContent = publish;
    this.#isLying = isLie(options);
    this.#timeline = planTimeline(options, this.#nowNs());
    this.#noise = this.#noiseAtStart = {
      noiseNs: noiseDeviationNs(options),
      seed: seedOf(options),
    };
    this.#check(this.#timeline);
    this.#publish();
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
    const timeline = planTimeline(this.#options, this.#nowNs());
    this.#change(timeline, this.#noiseAtStart, isLie(this.#options));
  }

  /**
   * Begins anew as something else. What throws changes nothing.
   *
   * @throws {SyntaxError} If a text of the options cannot be read
   * @throws {RangeError} If a number is out of range, or they contradict each other
   */
  begin(options: ClockOptions): void {
    const noise = { noiseNs: noiseDeviationNs(options), seed: seedOf(options) };
    this.#change(planTimeline(options, this.#nowNs()), noise, isLie(options));
  }

  /** Has what it serves be served again, as it is by now. */
  serve(): void {
    this.#publish();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** A smear may be set for the leap seconds that are planned already. */
  #leapOptions({ smear, leap, leapSeconds }: ClockOptions): ClockOptions {
    const isForPlanned = smear !== undefined && leap === undefined && leapSeconds === undefined;
    return isForPlanned ? { leapSeconds: this.#timeline.leaps } : {};
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
