/** The status of a clock: as configured, and as known where nothing is configured. */
import {
  type ClockStatus,
  FREQUENCY_TOLERANCE,
  leapIndicators,
  UNKNOWN_CLOCK,
  UNSYNCHRONIZED,
} from "../status.ts";
import { parseReferenceId } from "../../text/reference_id.ts";
import { findContradiction, type StatusOptions, type StatusReading } from "./options.ts";

/** The part of a status that depends on how the clock is kept right. */
export type ClockFacts = Pick<ClockStatus, "leap" | "rootDispersionSeconds" | "referenceSeconds">;

/**
 * A clock vouched for was last right at the last multiple of this. Clients
 * suspect one that was set this very moment, and drop one not set for days.
 */
const REFERENCE_STEP_SECONDS = 1024;

/** Makes the status of a clock. */
export function configureStatus(
  options: StatusReading,
  facts: ClockFacts,
  precision: number,
): ClockStatus {
  const { unsynchronized, leap, local, referenceId, rootDelay, rootDispersion } = options;
  const stratum = options.stratum ?? (typeof local === "number" ? local : undefined);
  const isUnsynchronized = unsynchronized || facts.leap === UNSYNCHRONIZED;
  return {
    leap: isUnsynchronized
      ? UNSYNCHRONIZED
      : leap === undefined
      ? facts.leap
      : leapIndicators[leap],
    stratum: stratum ?? UNKNOWN_CLOCK.stratum,
    referenceId: referenceId === undefined
      ? UNKNOWN_CLOCK.referenceId
      : parseReferenceId(referenceId),
    rootDelaySeconds: rootDelay ?? UNKNOWN_CLOCK.rootDelaySeconds,
    rootDispersionSeconds: rootDispersion ?? facts.rootDispersionSeconds + 2 ** precision,
    dispersionRate: FREQUENCY_TOLERANCE,
    referenceSeconds: facts.referenceSeconds,
    precision,
  };
}

/** Adds to the options of the start, whose `local` gives way to what contradicts it. */
export function addStatus(atStart: StatusOptions, added: StatusOptions): StatusOptions {
  const { local: _local, ...rest } = atStart;
  return { ...findContradiction(added) === undefined ? atStart : rest, ...added };
}

/** Whether options vouch for a clock: without them it is known to be right at the start alone. */
export function vouchesForClock(
  { source, local, stratum, referenceId, rootDelay, rootDispersion }: StatusReading,
): boolean {
  return source === "fixed" || local !== undefined && local !== false ||
    [stratum, referenceId, rootDelay, rootDispersion].some((option) => option !== undefined);
}

/** The facts of a clock vouched for, or of a simulated one, by the time that it serves. */
export function vouchedFacts(nowSeconds: number): ClockFacts {
  const steps = Math.floor(nowSeconds / REFERENCE_STEP_SECONDS);
  return { ...UNKNOWN_CLOCK, referenceSeconds: steps * REFERENCE_STEP_SECONDS };
}

/** The facts where the kernel's status is required and there is none. */
export function unsynchronizedFacts(nowSeconds: number): ClockFacts {
  return { ...UNKNOWN_CLOCK, leap: UNSYNCHRONIZED, referenceSeconds: nowSeconds };
}

/** The warnings where the kernel's status cannot be read: one if it is required. */
export function kernelWarnings(
  { source, unsynchronized }: StatusReading,
  problem: string,
): readonly string[] {
  if (source !== "kernel" || unsynchronized) return [];
  return [
    `The kernel's clock status cannot be read (${problem}): the clock is served as not synchronised`,
  ];
}
