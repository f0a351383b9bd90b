import { DAY_NS, SECOND_NS } from "../../../text/duration.ts";
import { type Plan, servedAt } from "../../line.ts";
import { type ClockOptions, type ClockReading, readClock, type WrittenStep } from "./options.ts";
import { dateOf, type LeapSecond } from "./leap_seconds.ts";
import { isOver, type Smear, smearedBy } from "./smear.ts";
import { moveTo, phaseAt, type Step, type Steps, type Timeline } from "./timeline.ts";

/**
 * Plans a timeline from a moment on.
 *
 * @param nowNs The moment of system time, in nanoseconds since the Unix epoch
 * @throws {SyntaxError} If a text cannot be read
 * @throws {RangeError} If a number is out of range, options contradict each other, or an event is past
 * @throws {TypeError} If a value has the wrong type
 */
export function planTimeline(options: ClockOptions, nowNs: bigint): Timeline {
  const { offsetNs = 0n, ...reading } = readClock(options);
  const systemTime: Timeline = {
    plan: { systemNs: nowNs, servedNs: nowNs, gainPpb: 0n },
    steps: { system: [], served: [] },
    leaps: [],
    past: { step: 0, leap: 0 },
  };
  return changed(systemTime, { ...reading, offsetNs }, nowNs);
}

/**
 * Plans a change from a moment on. Options that are not given keep their value; without a time or an
 * offset, served time continues. Throws like {@linkcode planTimeline}.
 *
 * @param before The present timeline, advanced to that moment
 * @param nowNs The moment of system time, in nanoseconds since the Unix epoch
 */
export function changeTimeline(before: Timeline, options: ClockOptions, nowNs: bigint): Timeline {
  return changed(before, readClock(options), nowNs);
}

function changed(before: Timeline, reading: ClockReading, nowNs: bigint): Timeline {
  const smear = reading.smear === undefined ? before.smear : orNothing(reading.smear);
  const leaps = reading.leaps ?? before.leaps;
  if (orNothing(reading.smear) !== undefined && leaps.length === 0) {
    throw new RangeError("Cannot smear without a leap second: add one, such as insert@2028-12-31");
  }
  const { plan: { servedNs, gainPpb }, steps, insertedUntilNs } = moved(before, reading, nowNs);
  checkServable(servedNs);
  // A leap second that the offset alone jumps over counts as over.
  const { offsetNs = 0n } = reading;
  const earliestNs = offsetNs > 0n ? servedNs - offsetNs : servedNs;
  if (reading.leap !== undefined) checkToCome(reading.leap, smear, earliestNs);
  const rate = reading.rate ?? SECOND_NS + gainPpb;
  const plan = { systemNs: nowNs, servedNs, gainPpb: rate - SECOND_NS };
  return {
    plan,
    steps: reading.steps === undefined ? steps : planSteps(reading.steps, plan),
    leaps: leaps.filter((leap) => !isOver(leap, smear, servedNs)),
    smear,
    leapsExpireNs: reading.leaps === undefined ? before.leapsExpireNs : reading.leapsExpireNs,
    insertedUntilNs: reading.leaps === undefined ? insertedUntilNs : undefined,
    past: before.past,
  };
}

/** The range of a `Temporal.Instant`, either way from 1970. */
const MAX_NS = 100_000_000n * DAY_NS;

/** Throws a `RangeError` for a time that cannot be served. */
export function checkServable(servedNs: bigint): void {
  if (servedNs >= -MAX_NS && servedNs <= MAX_NS) return;
  throw new RangeError("Cannot serve that time: expected years -271821 to 275760");
}

function orNothing<T>(value: T | "none" | undefined): T | undefined {
  return value === "none" ? undefined : value;
}

/** Moves the timeline to the requested time, if any. */
function moved(before: Timeline, reading: ClockReading, nowNs: bigint): Timeline {
  const { timeNs, offsetNs, leaps, smear } = reading;
  if (timeNs !== undefined || offsetNs !== undefined) {
    return moveTo(before, nowNs, (timeNs ?? nowNs) + (offsetNs ?? 0n));
  }
  const { plan } = before;
  const isSmearedAnew = leaps !== undefined || smear !== undefined;
  const servedNs = isSmearedAnew
    ? withoutSmear(servedAt(phaseAt(before, nowNs).plan, nowNs), {
      leaps: leaps ?? before.leaps,
      smear: smear === undefined ? before.smear : orNothing(smear),
    })
    : servedAt(plan, nowNs);
  return { ...before, plan: { ...plan, systemNs: nowNs, servedNs } };
}

/** Computes the time without its smear from the smeared time. */
function withoutSmear(
  smearedNs: bigint,
  { leaps, smear }: Pick<Timeline, "leaps" | "smear">,
): bigint {
  const leap = leaps.find((each) => !isOver(each, smear, smearedNs));
  let ns = smearedNs;
  // A smear is slow: each iteration reduces the error some ten thousand times.
  for (let i = 0; i < 4; i++) ns = smearedNs - smearedBy(leap, smear, ns);
  return ns;
}

function checkToCome(leap: LeapSecond, smear: Smear | undefined, servedNs: bigint): void {
  // A clock may start at midnight, right after its leap second.
  if (!isOver(leap, smear, servedNs) || leap.midnightNs >= servedNs) return;
  throw new RangeError(
    `Cannot ${leap.kind} a second on ${dateOf(leap)}: the served time is already later`,
  );
}

function planSteps(steps: readonly WrittenStep[], { systemNs, servedNs, gainPpb }: Plan): Steps {
  const [system, served]: [Step[], Step[]] = [[], []];
  const isBackwards = SECOND_NS + gainPpb < 0n;
  for (const { when, at, byNs } of steps) {
    if ("afterNs" in at) {
      system.push({ atNs: systemNs + at.afterNs, byNs });
      continue;
    }
    const isAhead = isBackwards ? at.servedNs < servedNs : at.servedNs > servedNs;
    if (!isAhead) throw new RangeError(`Cannot step at ${when}: the served time is already later`);
    served.push({ atNs: at.servedNs, byNs });
  }
  return { system: system.sort(byMoment), served: served.sort(byMoment) };
}

function byMoment(a: Step, b: Step): number {
  return Number(a.atNs - b.atNs);
}
