/** The time of upstream servers: the base clock, corrected by a discipline. */
import type { UnixTime } from "../clock/clock.ts";
import { joinNs, type Plan, servedAt, splitNs, systemAt, toLine } from "../clock/line.ts";
import { type PageContent, type ServedLine, SYSTEM_TIME } from "../clock/page.ts";
import {
  type Jumps,
  POLL_MS,
  type SourceContext,
  type TimeSource,
} from "../clock/sources/source.ts";
import { type ClockStatus, UNKNOWN_CLOCK, UNSYNCHRONIZED } from "../clock/status.ts";
import { Discipline, type DisciplineOptions } from "./discipline.ts";

const NANOSECONDS = 1e9;
const SECOND_NS = 1_000_000_000n;

/** A leap second that comes this soon is on the page already, whatever else changes. */
const IMMINENT_NS = 3n * BigInt(POLL_MS) * 1_000_000n;

/** No leap second follows another one this soon. */
const AFTERMATH_NS = 86_400n * SECOND_NS;

/** What a leap indicator does to served time, in seconds. */
const LEAPS: Readonly<Record<number, bigint>> = { 1: -1n, 2: 1n };

/** A leap second to come: when it happens by the base clock, and what served time jumps by. */
interface PlannedLeap {
  readonly baseNs: bigint;
  readonly seconds: bigint;
}

export class UpstreamSource implements TimeSource {
  onChange: () => void = () => {};
  readonly warnings: readonly string[] = [];
  readonly statusSource = "upstreams";
  readonly discipline: Discipline;
  readonly #context: SourceContext;
  readonly #startNs: bigint;
  readonly #reading: UnixTime = { seconds: 0, nanoseconds: 0 };
  /** What is added to the discipline's offsets, so that they are small even if the base is decades off. */
  #originNs: bigint | undefined;
  #leap: PlannedLeap | undefined;
  /** When the last leap second happened, by the base clock. */
  #leaptNs: bigint | undefined;
  #leaps = 0;
  readonly #poll: Disposable;

  constructor(context: SourceContext, options: DisciplineOptions) {
    this.#context = context;
    this.#startNs = joinNs(context.start);
    this.discipline = new Discipline(0, options);
    // Rates are whole parts in 10^9: written anew, their rounding never adds up to more than a few nanoseconds.
    this.#poll = context.timers.every(POLL_MS, () => this.update());
  }

  get jumps(): Jumps {
    return { step: this.discipline.steps, leap: this.#leaps };
  }

  /** The base clock, in seconds since the start. */
  get now(): number {
    return this.toSeconds(this.#baseNs());
  }

  /** A time of the base clock, in seconds since the start. */
  toSeconds(baseNs: bigint): number {
    return Number(baseNs - this.#startNs) / NANOSECONDS;
  }

  /** A server's clock minus the base clock, as the discipline counts it. */
  toOffset(ns: bigint): number {
    this.#originNs ??= ns / BigInt(NANOSECONDS) * BigInt(NANOSECONDS);
    return Number(ns - this.#originNs) / NANOSECONDS;
  }

  /** The offset of an upstream from the time served, in seconds. */
  fromServed(offset: number): number {
    return offset - this.discipline.offset(this.now);
  }

  /** Looks at the time, and has the page written. */
  update(): void {
    this.#passLeap();
    this.discipline.advance(this.now);
    this.onChange();
  }

  /** Whether an exchange that began then, by the base clock, is of times before and after a leap second. */
  hasLeaptSince(baseNs: bigint): boolean {
    this.#passLeap();
    return this.#leaptNs !== undefined && baseNs < this.#leaptNs;
  }

  get content(): PageContent {
    const baseNs = this.#passLeap();
    const now = this.toSeconds(baseNs);
    const { correction: { rate, nextFrom, nextRate } } = this.discipline;
    const plan = {
      systemNs: baseNs,
      servedNs: baseNs + this.#toNs(this.discipline.offset(now)),
      gainPpb: toPpb(now < nextFrom ? rate : nextRate),
    };
    const status = this.#statusAt(plan.servedNs, now);
    // By then it is on the page; planned anew at its very moment, it would be that of the next month.
    if (!this.#isLeapImminent(baseNs)) this.#leap = this.#planLeap(plan, LEAPS[status.leap]);
    const turnsNs = now < nextFrom && nextFrom !== Infinity
      ? baseNs + BigInt(Math.round((nextFrom - now) * NANOSECONDS))
      : undefined;
    const next = this.#leap !== undefined && this.#isLeapImminent(baseNs)
      ? leapOn(plan, this.#leap)
      : turnsNs &&
        { ...plan, systemNs: turnsNs, servedNs: servedAt(plan, turnsNs), gainPpb: toPpb(nextRate) };
    return {
      ...SYSTEM_TIME,
      line: toServedLine(plan),
      ...next && { next: { from: splitNs(next.systemNs), line: toServedLine(next) } },
      status,
    };
  }

  #statusAt(servedNs: bigint, now: number): ClockStatus {
    const { precision } = this.#context;
    const { status } = this.discipline;
    const servedSeconds = splitNs(servedNs).seconds;
    if (status === undefined) {
      return {
        ...UNKNOWN_CLOCK,
        leap: UNSYNCHRONIZED,
        referenceSeconds: servedSeconds,
        precision,
      };
    }
    return {
      leap: status.leap,
      stratum: Math.min(status.stratum, 15),
      referenceId: status.referenceId,
      rootDelaySeconds: status.rootDelay,
      rootDispersionSeconds: status.rootDispersion + 2 ** precision,
      dispersionRate: status.growth,
      referenceSeconds: servedSeconds - Math.ceil(now - status.at),
      precision,
    };
  }

  #isLeapImminent(baseNs: bigint): boolean {
    return this.#leap !== undefined && this.#leap.baseNs - baseNs < IMMINENT_NS;
  }

  /** Plans the leap second at the end of this month of served time (RFC 5905 §7.3). */
  #planLeap(plan: Plan, seconds: bigint | undefined): PlannedLeap | undefined {
    // Some servers announce it a while longer.
    const isAftermath = this.#leaptNs !== undefined &&
      plan.systemNs - this.#leaptNs < AFTERMATH_NS;
    if (seconds === undefined || isAftermath) return undefined;
    const served = Temporal.Instant.fromEpochNanoseconds(plan.servedNs).toZonedDateTimeISO("UTC");
    const month = served.startOfDay().with({ day: 1 }).add({ months: 1 }).epochNanoseconds;
    // A second that is deleted begins at 23:59:59; one that is inserted comes after the whole day.
    const baseNs = systemAt(plan, seconds > 0n ? month - SECOND_NS : month);
    return baseNs === undefined || baseNs <= plan.systemNs ? undefined : { baseNs, seconds };
  }

  /** Takes a leap second that has passed; returns the time of the base clock. */
  #passLeap(): bigint {
    const baseNs = this.#baseNs();
    const leap = this.#leap;
    if (leap === undefined || baseNs < leap.baseNs) return baseNs;
    this.#leap = undefined;
    this.#leaptNs = leap.baseNs;
    this.#leaps++;
    this.discipline.leap(Number(leap.seconds));
    return baseNs;
  }

  #baseNs(): bigint {
    this.#context.base.read(this.#reading);
    return joinNs(this.#reading);
  }

  #toNs(offset: number): bigint {
    return (this.#originNs ?? 0n) + BigInt(Math.round(offset * NANOSECONDS));
  }

  [Symbol.dispose](): void {
    this.#poll[Symbol.dispose]();
  }
}

function leapOn(plan: Plan, { baseNs, seconds }: PlannedLeap): Plan {
  return {
    ...plan,
    systemNs: baseNs,
    servedNs: servedAt(plan, baseNs) + seconds * SECOND_NS,
  };
}

function toPpb(rate: number): bigint {
  return BigInt(Math.round(rate * NANOSECONDS));
}

function toServedLine(plan: Plan): ServedLine {
  return { ...toLine(plan), leap: undefined, referenceId: undefined };
}
