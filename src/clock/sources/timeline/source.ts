/** The source of simulated time: a timeline, published before each of its changes. */
import { parseDurationNs, SECOND_NS } from "../../../text/duration.ts";
import { readTime } from "../../clock.ts";
import { floorDivide, joinNs, servedAt, splitNs, toLine } from "../../line.ts";
import type { PageContent, ServedLine } from "../../page.ts";
import { leapIndicators } from "../../status.ts";
import {
  configureStatus,
  kernelWarnings,
  unsynchronizedFacts,
  vouchedFacts,
} from "../configured_status.ts";
import { readStatus, type StatusOptions, type StatusReading } from "../options.ts";
import {
  type Jumps,
  POLL_MS,
  type SourceContext,
  type StatusSource,
  type TimeSource,
} from "../source.ts";
import { type ClockOptions, readClock } from "./options.ts";
import { leapWarnings } from "./leap_seconds.ts";
import { changeTimeline, checkServable, planTimeline } from "./plan.ts";
import { type ClockState, clockState } from "./state.ts";
import { advance, jump, type Phase, phaseAt, type Timeline } from "./timeline.ts";

/** Pages are written ahead of each change, so timers need not fire more often than this. */
const MIN_WAIT_MS = 20;

type Noise = Pick<PageContent, "noiseNs" | "seed" | "noiseFrom">;

interface Simulation {
  readonly timeline: Timeline;
  readonly noise: Noise;
  readonly status: StatusReading;
}

export interface TimelineContext extends SourceContext {
  readonly seed: number;
}

/** Serves a simulated clock. A method that throws has changed nothing. */
export class TimelineSource implements TimeSource {
  onChange: () => void = () => {};
  readonly #context: TimelineContext;
  #simulation: Simulation;
  #content: PageContent;
  #timer: Disposable;

  /**
   * @throws {SyntaxError} If an option is unknown or cannot be read
   * @throws {RangeError} If a number is out of range, or options contradict each other
   * @throws {TypeError} If a value has the wrong type
   */
  constructor(context: TimelineContext, clock: ClockOptions, options: StatusOptions) {
    const status = readStatus(options);
    this.#context = context;
    const nowNs = this.#nowNs();
    const timeline = planTimeline(clock, nowNs);
    const noise = this.#planNoise(clock, nowNs);
    [this.#simulation, this.#content, this.#timer] = this.#advance({ timeline, noise, status });
  }

  get content(): PageContent {
    return this.#content;
  }

  get warnings(): readonly string[] {
    const { timeline, status } = this.#simulation;
    const servedNs = servedAt(timeline.plan, this.#nowNs());
    return [
      ...kernelWarnings(status, "it is not the clock served"),
      ...leapWarnings(timeline, servedNs),
    ];
  }

  get statusSource(): StatusSource {
    return this.#simulation.status.source === "kernel" ? "kernel" : "given";
  }

  get jumps(): Jumps {
    return advance(this.#simulation.timeline, this.#nowNs()).past;
  }

  get state(): Omit<ClockState, "warnings"> {
    const nowNs = this.#nowNs();
    const { timeline, noise } = this.#simulation;
    return clockState(advance(timeline, nowNs), nowNs, noise.noiseNs);
  }

  /** Changes the clock, like `ClockControl.set()`. */
  set(options: ClockOptions): void {
    const nowNs = this.#nowNs();
    const before = this.#simulation;
    const timeline = changeTimeline(advance(before.timeline, nowNs), options, nowNs);
    const { noiseNs = before.noise.noiseNs, seed } = readClock(options);
    // A seed starts the noise anew.
    const noise = seed === undefined ? before.noise : this.#planNoise(options, nowNs);
    this.#serve({ ...before, timeline, noise: { ...noise, noiseNs } });
  }

  /** Steps the clock, like `ClockControl.step()`. */
  step(by: string | Temporal.Duration): void {
    const byNs = parseDurationNs(by);
    const nowNs = this.#nowNs();
    const timeline = jump(advance(this.#simulation.timeline, nowNs), nowNs, byNs);
    checkServable(servedAt(timeline.plan, nowNs));
    this.#serve({ ...this.#simulation, timeline });
  }

  /**
   * Changes the configuration of the status.
   *
   * @throws {RangeError} If a number is out of range
   * @throws {SyntaxError} If the reference id cannot be read
   */
  configure(status: StatusOptions): void {
    this.#serve({ ...this.#simulation, status: readStatus(status) });
  }

  #planNoise(options: ClockOptions, nowNs: bigint): Noise {
    const { noiseNs = 0, seed = this.#context.seed } = readClock(options);
    return { noiseNs, seed, noiseFrom: splitNs(nowNs) };
  }

  #nowNs(): bigint {
    return joinNs(readTime(this.#context.base));
  }

  #serve(simulation: Simulation): void {
    const [advanced, content, timer] = this.#advance(simulation);
    this.#timer[Symbol.dispose]();
    [this.#simulation, this.#content, this.#timer] = [advanced, content, timer];
    this.onChange();
  }

  /** Advances a simulation to now: the content of its page, and a timer for its next change. */
  #advance(simulation: Simulation): [Simulation, PageContent, Disposable] {
    const { timers, precision } = this.#context;
    const { noise, status } = simulation;
    const nowNs = this.#nowNs();
    const timeline = advance(simulation.timeline, nowNs);
    const phase = phaseAt(timeline, nowNs);
    const { untilNs } = phase;
    const nowSeconds = Number(floorDivide(servedAt(phase.plan, nowNs), SECOND_NS));
    const facts = status.source === "kernel"
      ? unsynchronizedFacts(nowSeconds)
      : vouchedFacts(nowSeconds);
    const content = {
      ...noise,
      line: lineOf(phase),
      next: untilNs === undefined
        ? undefined
        : { from: splitNs(untilNs), line: lineOf(phaseAt(advance(timeline, untilNs), untilNs)) },
      status: configureStatus(status, facts, precision),
    };
    // The system clock can be set meanwhile, which makes the change sooner or later.
    const dueMs = untilNs === undefined ? POLL_MS : Number((untilNs - nowNs) / 1_000_000n);
    const waitMs = Math.max(Math.min(dueMs, POLL_MS), MIN_WAIT_MS);
    const timer = timers.every(waitMs, () => this.#serve(this.#simulation));
    return [{ ...simulation, timeline }, content, timer];
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }
}

/** Whether options simulate a clock; a seed alone does not, as there is no noise. */
export function isSimulated({ seed: _seed, ...options }: ClockOptions): boolean {
  return Object.values(options).some((option) => option !== undefined);
}

function lineOf({ plan, leap, smearedNs }: Phase): ServedLine {
  return {
    ...toLine(plan),
    leap: leap === undefined ? undefined : leapIndicators[leap],
    referenceId: smearedNs === undefined ? undefined : smearReferenceId(smearedNs),
  };
}

/** The reference id by which ntpd reports a smear: 254, and its size in units of 2^-22 s (24 bits). */
function smearReferenceId(smearedNs: bigint): number {
  return 254 * 2 ** 24 + Number(BigInt.asUintN(24, (smearedNs << 22n) / SECOND_NS));
}
