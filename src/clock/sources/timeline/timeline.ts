/**
 * The timeline of a simulated clock: its plan, the pending steps and leap seconds,
 * and the lines that result. Times are whole nanoseconds since the Unix epoch.
 */
import { DAY_NS, SECOND_NS } from "../../../text/duration.ts";
import { type Plan, servedAt, systemAt } from "../../line.ts";
import type { LeapSecond } from "./leap_seconds.ts";
import { changeBy, endOf, isOver, type Smear, smearedBy, startOf } from "./smear.ts";

export interface Step {
  /** Its moment, of system time or of served time. */
  readonly atNs: bigint;
  readonly byNs: bigint;
}

/** Pending steps, the earliest first. */
export interface Steps {
  /** Each at a moment of system time. */
  readonly system: readonly Step[];
  /** Each at a moment of served time, whether it is reached forwards or backwards. */
  readonly served: readonly Step[];
}

/** The planned events of a timeline that have happened so far. */
export interface PastEvents {
  readonly step: number;
  readonly leap: number;
}

/** The state from which served time is computed; immutable, and replaced by each change. */
export interface Timeline {
  readonly plan: Plan;
  readonly steps: Steps;
  /** Leap seconds that are not over, the earliest first. */
  readonly leaps: readonly LeapSecond[];
  /** The expiry of the list of leap seconds, if known: later ones may be missing. */
  readonly leapsExpireNs?: bigint | undefined;
  /** The smear of leap seconds; without it they are announced, and happen. */
  readonly smear?: Smear | undefined;
  /** The end of the last inserted second, unless the clock was moved after it began. */
  readonly insertedUntilNs?: bigint | undefined;
  readonly past: PastEvents;
}

/** The served time between two changes of a timeline. */
export interface Phase {
  readonly plan: Plan;
  /** The leap second to announce; undefined leaves it to the clock's status. */
  readonly leap: "none" | LeapSecond["kind"] | undefined;
  /** How far a smear has moved served time; undefined if there is none. */
  readonly smearedNs: bigint | undefined;
  /** The next change; undefined if there is none. */
  readonly untilNs: bigint | undefined;
}

/** A leap second is announced on its day (RFC 5905 §7.3 allows the month). */
const ANNOUNCED_NS = DAY_NS;

/** Advances a timeline to a moment: all events that are due are applied. */
export function advance(timeline: Timeline, nowNs: bigint): Timeline {
  let now = timeline;
  // Each event is removed from the timeline, so the loop ends.
  for (let next = nextEvent(now); next !== undefined; next = nextEvent(now)) {
    if (next.atNs > nowNs) return now;
    now = next.after();
  }
  return now;
}

/** Computes the served time of a timeline that has been advanced to a moment. */
export function phaseAt(timeline: Timeline, nowNs: bigint): Phase {
  const { plan, leaps, smear, insertedUntilNs } = timeline;
  let untilNs = nextEvent(timeline)?.atNs;
  const [leap] = leaps;
  if (insertedUntilNs !== undefined) {
    const second = { fromNs: insertedUntilNs - SECOND_NS, toNs: insertedUntilNs };
    const { isInside, atNs } = edgeOf(plan, nowNs, second);
    untilNs = earlier(atNs, untilNs);
    // The last minute of the day has 61 seconds until the last of them is over.
    if (isInside) return { ...EXACT, plan, leap: "insert", untilNs };
  }
  if (leap === undefined) return { ...EXACT, plan, leap: undefined, untilNs };
  if (smear !== undefined) return smearedPhase(timeline, leap, smear, nowNs, untilNs);
  const day = { fromNs: leap.midnightNs - ANNOUNCED_NS, toNs: leap.midnightNs };
  const { isInside, atNs } = edgeOf(plan, nowNs, day);
  return { ...EXACT, plan, leap: isInside ? leap.kind : "none", untilNs: earlier(atNs, untilNs) };
}

const EXACT = { smearedNs: undefined };

/** Whether served time is in an interval now, and when it enters or leaves it. */
function edgeOf(
  plan: Plan,
  nowNs: bigint,
  { fromNs, toNs }: { readonly fromNs: bigint; readonly toNs: bigint },
): { readonly isInside: boolean; readonly atNs: bigint | undefined } {
  const servedNs = servedAt(plan, nowNs);
  const isInside = servedNs >= fromNs && servedNs < toNs;
  const isForward = rateOf(plan) > 0n;
  if (isForward) {
    const edgeNs = servedNs < fromNs ? fromNs : toNs;
    return { isInside, atNs: servedNs < edgeNs ? systemAt(plan, edgeNs) : undefined };
  }
  const edgeNs = servedNs >= toNs ? toNs - 1n : fromNs - 1n;
  return { isInside, atNs: servedNs > edgeNs ? systemAt(plan, edgeNs) : undefined };
}

/** Nanoseconds of served time per second. */
function rateOf({ gainPpb }: Plan): bigint {
  return SECOND_NS + gainPpb;
}

interface TimelineEvent {
  readonly atNs: bigint;
  readonly after: () => Timeline;
}

function nextEvent(timeline: Timeline): TimelineEvent | undefined {
  // In this order if several are due at one moment: a day ends before the next one begins.
  const events = [leapEnd(timeline), servedStep(timeline), systemStep(timeline)];
  return events.reduce((first, each) =>
    each !== undefined && (first === undefined || each.atNs < first.atNs) ? each : first
  );
}

/** The end of the next leap second, which happens only to a clock that runs forward. */
function leapEnd(timeline: Timeline): TimelineEvent | undefined {
  const { plan, smear, leaps: [leap, ...leaps], past } = timeline;
  if (leap === undefined || rateOf(plan) <= 0n) return undefined;
  const atNs = systemAt(plan, endOf(leap, smear));
  if (atNs === undefined) return undefined;
  const isRepeated = leap.kind === "insert" && smear === undefined;
  return {
    atNs,
    after: () => ({
      ...reach(
        { ...timeline, leaps, past: { ...past, leap: past.leap + 1 } },
        atNs,
        changeBy(leap),
      ),
      ...(isRepeated && { insertedUntilNs: leap.midnightNs }),
    }),
  };
}

function systemStep(timeline: Timeline): TimelineEvent | undefined {
  const { steps, past } = timeline;
  const [step] = steps.system;
  return step && {
    atNs: step.atNs,
    after: () => {
      const left = { ...steps, system: steps.system.slice(1) };
      const stepped = { ...past, step: past.step + 1 };
      return jump({ ...timeline, steps: left, past: stepped }, step.atNs, step.byNs);
    },
  };
}

function servedStep(timeline: Timeline): TimelineEvent | undefined {
  const { plan, steps: { served } } = timeline;
  const rate = rateOf(plan);
  const step = rate > 0n
    ? served[countUpTo(served, plan.servedNs)]
    : served[countUpTo(served, plan.servedNs - 1n) - 1];
  const atNs = step && systemAt(plan, step.atNs);
  return atNs === undefined ? undefined : { atNs, after: () => reach(timeline, atNs, 0n) };
}

/** Advances served time to a moment, plus a leap second: the steps in between happen then. */
function reach(timeline: Timeline, atNs: bigint, byNs: bigint): Timeline {
  const { plan, steps, past } = timeline;
  const servedNs = servedAt(plan, atNs) + byNs;
  // An inserted second repeats time whose steps have happened.
  const [from, to] = byNs < 0n ? [0, 0] : between(steps.served, plan.servedNs, servedNs);
  const due = steps.served.slice(from, to);
  const there = {
    ...timeline,
    plan: { ...plan, systemNs: atNs, servedNs },
    steps: { ...steps, served: steps.served.toSpliced(from, to - from) },
    past: { ...past, step: past.step + due.length },
  };
  return due.length === 0
    ? there
    : jump(there, atNs, due.reduce((sum, step) => sum + step.byNs, 0n));
}

/**
 * Steps the clock at a moment. Steps and leap seconds that it jumps over do not happen; a smear that it
 * leaves keeps what has been applied.
 */
export function jump(timeline: Timeline, atNs: bigint, byNs: bigint): Timeline {
  const { plan, leaps, smear } = timeline;
  const servedNs = servedAt(plan, atNs);
  const there = moveTo(timeline, atNs, servedNs + byNs);
  const isLeft = there.leaps.length < leaps.length;
  const keptNs = isLeft ? smearedBy(leaps[0], smear, servedNs) : 0n;
  return { ...there, plan: { ...there.plan, servedNs: there.plan.servedNs + keptNs } };
}

/** Moves the clock to another time from a moment on. Events between do not happen. */
export function moveTo(timeline: Timeline, atNs: bigint, servedNs: bigint): Timeline {
  const { plan, steps, leaps, smear } = timeline;
  const [from, to] = between(steps.served, servedAt(plan, atNs), servedNs);
  return {
    ...timeline,
    plan: { ...plan, systemNs: atNs, servedNs },
    steps: { ...steps, served: steps.served.toSpliced(from, to - from) },
    leaps: leaps.filter((leap) => !isOver(leap, smear, servedNs)),
    insertedUntilNs: undefined,
  };
}

/** The range of the steps after a time, up to and including another. */
function between(steps: readonly Step[], fromNs: bigint, toNs: bigint): [from: number, to: number] {
  return toNs >= fromNs
    ? [countUpTo(steps, fromNs), countUpTo(steps, toNs)]
    : [countUpTo(steps, toNs - 1n), countUpTo(steps, fromNs - 1n)];
}

function countUpTo(steps: readonly Step[], ns: bigint): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = low + high >> 1;
    const step = steps[middle];
    if (step !== undefined && step.atNs <= ns) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A smear is served as one line per second, which is exact to a nanosecond. */
function knotLength(plan: Plan): bigint {
  const rate = rateOf(plan);
  const speed = rate < 0n ? -rate : rate;
  return speed < SECOND_NS && speed > 0n ? speed : SECOND_NS;
}

/** The line between two knots of a smear. */
function smearedPhase(
  { plan }: Timeline,
  leap: LeapSecond,
  smear: Smear,
  nowNs: bigint,
  eventNs: bigint | undefined,
): Phase {
  const startNs = startOf(leap.midnightNs, smear);
  const rate = rateOf(plan);
  const baseNs = servedAt(plan, nowNs);
  // A clock that runs backwards leaves the window at its beginning.
  const sinceNs = baseNs - startNs - (rate < 0n ? 1n : 0n);
  if (sinceNs < 0n) {
    const untilNs = rate > 0n ? earlier(systemAt(plan, startNs), eventNs) : eventNs;
    return { ...EXACT, plan, leap: "none", untilNs };
  }
  const length = knotLength(plan);
  const lowNs = startNs + sinceNs / length * length;
  const endNs = endOf(leap, smear);
  const highNs = lowNs + length < endNs ? lowNs + length : endNs;
  const [knotNs, nextKnotNs] = rate < 0n ? [highNs, lowNs] : [lowNs, highNs];
  const smearedNs = smearedBy(leap, smear, rate === 0n ? baseNs : knotNs);
  // A clock that stands still comes to no other knot.
  const [systemNs = nowNs, nextNs = nowNs] = [knotNs, nextKnotNs].map((ns) => systemAt(plan, ns));
  if (nextNs <= systemNs) {
    const still = { ...plan, servedNs: plan.servedNs + smearedNs };
    return { plan: still, leap: "none", smearedNs, untilNs: eventNs };
  }
  const servedNs = servedAt(plan, systemNs) + smearedNs;
  const nextServedNs = servedAt(plan, nextNs) + smearedBy(leap, smear, nextKnotNs);
  const lengthNs = nextNs - systemNs;
  const gainPpb = (nextServedNs - servedNs - lengthNs) * SECOND_NS / lengthNs;
  return {
    plan: { systemNs, servedNs, gainPpb },
    leap: "none",
    smearedNs,
    untilNs: earlier(nextNs, eventNs),
  };
}

function earlier(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
