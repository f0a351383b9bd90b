/** The state of a served clock, as JSON has it. */
import { servedAt, splitNs } from "../../line.ts";
import { dateOf } from "./leap_seconds.ts";
import { phaseAt, type Timeline } from "./timeline.ts";

/** The state of a clock; durations are in seconds, times are ISO 8601 in UTC. */
export interface ClockState {
  /** The time it serves. */
  readonly now: string;
  /** The system time at the same moment. */
  readonly system: string;
  /** Its offset from system time; positive is ahead. */
  readonly offset: number;
  /** Its rate: 1 is that of the system clock, 0 is frozen. */
  readonly rate: number;
  /** The leap second it announces; null leaves that to the status of the machine's clock. */
  readonly leap: "none" | "insert" | "delete" | null;
  /** The pending steps, each at a moment of system time or of served time. */
  readonly steps: readonly ({ readonly by: number } & ({ at: string } | { servedAt: string }))[];
  /** The pending leap seconds, each with the day that it ends. */
  readonly leapSeconds: readonly { readonly kind: "insert" | "delete"; readonly date: string }[];
  /** The smear, if any, and how far it has moved served time. */
  readonly smear: { readonly shape: string; readonly window: number; readonly by: number } | null;
  /** The standard deviation of its noise. */
  readonly noise: number;
  /** Warnings for the administrator, one sentence each. */
  readonly warnings: readonly string[];
}

/** Describes a timeline that has been advanced to a moment. */
export function clockState(
  timeline: Timeline,
  nowNs: bigint,
  noiseNs: number,
): Omit<ClockState, "warnings"> {
  const { plan, steps, smear } = timeline;
  const phase = phaseAt(timeline, nowNs);
  const servedNs = servedAt(phase.plan, nowNs);
  return {
    now: textOf(servedNs),
    system: textOf(nowNs),
    offset: seconds(servedNs - nowNs),
    rate: 1 + Number(plan.gainPpb) / 1e9,
    leap: phase.leap ?? null,
    steps: [
      ...steps.system.map(({ atNs, byNs }) => ({ by: seconds(byNs), at: textOf(atNs) })),
      ...steps.served.map(({ atNs, byNs }) => ({ by: seconds(byNs), servedAt: textOf(atNs) })),
    ],
    leapSeconds: timeline.leaps.map((leap) => ({ kind: leap.kind, date: dateOf(leap) })),
    smear: smear === undefined ? null : {
      shape: smear.shape,
      window: seconds(smear.windowNs),
      by: seconds(phase.smearedNs ?? 0n),
    },
    noise: noiseNs / 1e9,
  };
}

function seconds(ns: bigint): number {
  return Number(ns) / 1e9;
}

/** Formats a time; beyond the range of `Temporal.Instant` as seconds since 1970. */
function textOf(ns: bigint): string {
  try {
    return Temporal.Instant.fromEpochNanoseconds(ns).toString();
  } catch {
    return `@${splitNs(ns).seconds}`;
  }
}
