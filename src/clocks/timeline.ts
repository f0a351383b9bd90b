/**
 * What a clock that may lie says, past and future: a plan, the steps and leap
 * seconds still to come, and the lines that all of it amounts to. Times are
 * whole nanoseconds since the Unix epoch.
 */
import { type Plan, servedAt, systemAt } from "./affine.ts";
import { type Smear, smeared } from "./smear.ts";

/** A jump of served time. */
export interface Step {
  /** When: a moment of system time, or the first at which served time comes to another. */
  readonly at: { readonly systemNs: bigint } | { readonly servedNs: bigint };
  /** By how much. */
  readonly byNs: bigint;
}

/** A second that UTC has more or less at the end of a day. */
export interface LeapSecond {
  /** Whether it is one more or one less. */
  readonly kind: "insert" | "delete";
  /** When the next day begins. */
  readonly midnightNs: bigint;
}

/** Everything that decides what is served; none of it ever changes, it is replaced. */
export interface Timeline {
  readonly plan: Plan;
  readonly steps: readonly Step[];
  readonly leaps: readonly LeapSecond[];
  /** How leap seconds are spread; without it they are told beforehand, and happen. */
  readonly smear?: Smear | undefined;
}

/** What is served at a moment, and for how long. */
export interface Phase {
  readonly plan: Plan;
  /** The leap second to announce; undefined leaves it to the clock's status. */
  readonly leap: "none" | LeapSecond["kind"] | undefined;
  /** How far a smear has taken served time from what it would be; undefined if there is none. */
  readonly smearedNs: bigint | undefined;
  /** When another phase begins; undefined if this one is the last. */
  readonly untilNs: bigint | undefined;
}

const SECOND_NS = 1_000_000_000n;

/** A leap second is announced on its day (RFC 5905 §7.3 allows the month). */
const ANNOUNCED_NS = 86_400n * SECOND_NS;

/** A smear is a line for each second of it, served or the system's, which is exact to a nanosecond. */
function knotLength({ gainPpb }: Plan): bigint {
  const rate = SECOND_NS + gainPpb;
  return rate >= SECOND_NS || rate <= 0n ? SECOND_NS : rate;
}

/** More events than any plan has at one moment: a clock that runs into the same one for ever is a mistake. */
const MOST_EVENTS = 10_000;

/** The timeline as it is once everything up to a moment has happened. */
export function advance(timeline: Timeline, nowNs: bigint): Timeline {
  let now = timeline;
  for (let i = 0; i < MOST_EVENTS; i++) {
    const next = nextEvent(now);
    if (next === undefined || next.atNs > nowNs) return now;
    now = next.after();
  }
  throw new Error("Cannot advance the clock: it never gets past its own steps");
}

/** What is served at a moment, of a timeline that has been advanced to it. */
export function phaseAt(timeline: Timeline, nowNs: bigint): Phase {
  const { plan, leaps, smear } = timeline;
  const untilNs = nextEvent(timeline)?.atNs;
  const [leap] = leaps;
  if (leap === undefined) return { plan, leap: undefined, smearedNs: undefined, untilNs };
  if (smear !== undefined) return smearedPhase(timeline, leap, smear, nowNs, untilNs);
  const announcedNs = leap.midnightNs - ANNOUNCED_NS;
  if (servedAt(plan, nowNs) >= announcedNs) {
    return { plan, leap: leap.kind, smearedNs: undefined, untilNs };
  }
  const beginsNs = systemAt(plan, announcedNs);
  return { plan, leap: "none", smearedNs: undefined, untilNs: earlier(beginsNs, untilNs) };
}

/** Something that changes the timeline itself. */
interface Happening {
  readonly atNs: bigint;
  readonly after: () => Timeline;
}

function nextEvent(timeline: Timeline): Happening | undefined {
  const { plan } = timeline;
  const events: Happening[] = [];
  for (const step of timeline.steps) {
    const atNs = "systemNs" in step.at ? step.at.systemNs : systemAt(plan, step.at.servedNs);
    if (atNs === undefined) continue;
    const steps = timeline.steps.filter((other) => other !== step);
    events.push({
      atNs,
      after: () => ({ ...timeline, steps, plan: stepped(plan, atNs, step.byNs) }),
    });
  }
  const [leap] = timeline.leaps;
  const atNs = leap && systemAt(plan, endOf(leap, timeline.smear));
  if (leap !== undefined && atNs !== undefined) {
    const byNs = changeBy(leap);
    const leaps = timeline.leaps.slice(1);
    events.push({ atNs, after: () => ({ ...timeline, leaps, plan: stepped(plan, atNs, byNs) }) });
  }
  return events.reduce<Happening | undefined>(
    (first, each) => first === undefined || each.atNs < first.atNs ? each : first,
    undefined,
  );
}

/** When a leap second is over, by served time as it would be without it. */
function endOf({ kind, midnightNs }: LeapSecond, smear: Smear | undefined): bigint {
  if (smear !== undefined) return startOf(midnightNs, smear) + smear.windowNs;
  // The second before midnight is left out, or the one after it is the last once more.
  return kind === "delete" ? midnightNs - SECOND_NS : midnightNs;
}

function startOf(midnightNs: bigint, { windowNs, isCentred }: Smear): bigint {
  return isCentred ? midnightNs - windowNs / 2n : midnightNs;
}

function changeBy({ kind }: LeapSecond): bigint {
  return kind === "insert" ? -SECOND_NS : SECOND_NS;
}

/** The plan with a jump at a moment, and the same rate from there. */
function stepped(plan: Plan, atNs: bigint, byNs: bigint): Plan {
  // A step that was missed, as of a clock that stood still, happens where the plan begins.
  const systemNs = atNs > plan.systemNs ? atNs : plan.systemNs;
  return { ...plan, systemNs, servedNs: servedAt(plan, systemNs) + byNs };
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
  const sinceNs = servedAt(plan, nowNs) - startNs;
  if (sinceNs < 0n) {
    const untilNs = earlier(systemAt(plan, startNs), eventNs);
    return { plan, leap: "none", smearedNs: undefined, untilNs };
  }
  const length = knotLength(plan);
  const knotNs = startNs + sinceNs / length * length;
  const systemNs = systemAt(plan, knotNs);
  const nextNs = systemAt(plan, knotNs + length);
  const smearedTo = (baseNs: bigint): bigint => {
    const share = Math.min(Number(baseNs - startNs) / Number(smear.windowNs), 1);
    return BigInt(Math.round(smeared(smear.shape, share) * Number(changeBy(leap))));
  };
  const smearedNs = smearedTo(knotNs);
  if (systemNs === undefined || nextNs === undefined) {
    const stopped = { ...plan, servedNs: plan.servedNs + smearedNs };
    return { plan: stopped, leap: "none", smearedNs, untilNs: eventNs };
  }
  const servedNs = servedAt(plan, systemNs) + smearedNs;
  const nextServedNs = servedAt(plan, nextNs) + smearedTo(knotNs + length);
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
