/** The time of upstream servers: the base clock, corrected by a discipline. */
import type { UnixTime } from "../clock/clock.ts";
import { joinNs, servedAt, splitNs, toLine } from "../clock/line.ts";
import { type PageContent, type ServedLine, SYSTEM_TIME } from "../clock/page.ts";
import { POLL_MS, type SourceContext, type TimeSource } from "../clock/sources/source.ts";
import { type ClockStatus, UNKNOWN_CLOCK, UNSYNCHRONIZED } from "../clock/status.ts";
import { Discipline, type DisciplineOptions } from "./discipline.ts";

const NANOSECONDS = 1e9;

export class UpstreamSource implements TimeSource {
  onChange: () => void = () => {};
  readonly warnings: readonly string[] = [];
  readonly discipline: Discipline;
  readonly #context: SourceContext;
  readonly #startNs: bigint;
  readonly #reading: UnixTime = { seconds: 0, nanoseconds: 0 };
  /** What is added to the discipline's offsets, so that they are small even if the base is decades off. */
  #originNs: bigint | undefined;
  readonly #poll: Disposable;

  constructor(context: SourceContext, options: DisciplineOptions) {
    this.#context = context;
    this.#startNs = joinNs(context.start);
    this.discipline = new Discipline(0, options);
    // Rates are whole parts in 10^9: written anew, their rounding never adds up to more than a few nanoseconds.
    this.#poll = context.timers.every(POLL_MS, () => this.update());
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
    this.discipline.advance(this.now);
    this.onChange();
  }

  get content(): PageContent {
    const baseNs = this.#baseNs();
    const now = this.toSeconds(baseNs);
    const { correction: { rate, nextFrom, nextRate } } = this.discipline;
    const plan = {
      systemNs: baseNs,
      servedNs: baseNs + this.#toNs(this.discipline.offset(now)),
      gainPpb: toPpb(now < nextFrom ? rate : nextRate),
    };
    const status = this.#statusAt(plan.servedNs, now);
    if (now >= nextFrom || nextFrom === Infinity) {
      return { ...SYSTEM_TIME, line: toServedLine(plan), status };
    }
    const nextNs = baseNs + BigInt(Math.round((nextFrom - now) * NANOSECONDS));
    const next = {
      systemNs: nextNs,
      servedNs: servedAt(plan, nextNs),
      gainPpb: toPpb(nextRate),
    };
    return {
      ...SYSTEM_TIME,
      line: toServedLine(plan),
      next: { from: splitNs(nextNs), line: toServedLine(next) },
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

function toPpb(rate: number): bigint {
  return BigInt(Math.round(rate * NANOSECONDS));
}

function toServedLine(plan: Parameters<typeof toLine>[0]): ServedLine {
  return { ...toLine(plan), leap: undefined, referenceId: undefined };
}
