/** What is served, as it is said on the command line: a clock, its worth, faults, a scenario. */
import { InvalidArgumentError } from "commander";
import type { ClockOptions } from "../../clock/sources/timeline/options.ts";
import { parseLeapSeconds } from "../../clock/sources/timeline/leap_list.ts";
import { suggest } from "../../text/suggest.ts";
import { parseReferenceId } from "../../text/reference_id.ts";
import type { FaultsOptions } from "../../server/faults/options.ts";
import type { ClockStatusSource, StatusOptions } from "../../clock/sources/options.ts";
import { checkClock, checked, clockOptionParser } from "./clock_flags.ts";
import { findScenario, inScenario, readText, type Served } from "./scenario_options.ts";

/** The options of the command line that make a clock. */
interface ClockFlags {
  readonly time?: string | undefined;
  readonly offset?: string | undefined;
  readonly rate?: string | undefined;
  readonly freeze?: boolean | undefined;
  readonly step?: readonly string[] | undefined;
  /** A leap second that comes, or one of {@linkcode leapKinds} to announce. */
  readonly leap?: string | undefined;
  readonly leapFile?: string | undefined;
  readonly smear?: string | undefined;
  readonly clockNoise?: string | undefined;
  readonly seed?: number | undefined;
}

/** Those that say what it is worth. */
interface StatusFlags {
  readonly clockStatus: ClockStatusSource;
  readonly stratum?: number | undefined;
  readonly refid?: string | undefined;
  readonly rootDelay?: number | undefined;
  readonly rootDispersion?: number | undefined;
  readonly leap?: string | undefined;
  readonly unsynchronized?: boolean | undefined;
}

/** All of them, and what goes wrong besides. */
export interface ServedFlags extends ClockFlags, StatusFlags {
  readonly fault?: FaultsOptions | undefined;
  readonly scenario?: string | undefined;
}

const leapKinds = { none: 0, insert: 1, delete: 2 } as const;

/** Reads a leap second to announce, or one that comes, as insert@2028-12-31. */
export function parseLeapFlag(text: string): string {
  if (text in leapKinds) return text;
  if (text.includes("@")) return clockOptionParser("leap")(text);
  const kinds = [...Object.keys(leapKinds), "insert@2028-12-31"];
  throw new InvalidArgumentError(
    `A leap second is none, insert or delete, or one such as insert@2028-12-31; ${
      suggest(text, kinds)
    }`,
  );
}

/** Reads a reference id for its mistakes alone. */
export function checkReferenceId(id: string): string {
  try {
    parseReferenceId(id);
    return id;
  } catch {
    throw new InvalidArgumentError("Expected an IPv4 address, or 1 to 4 ASCII characters.");
  }
}

/**
 * What they say; an option given besides a scenario overrules it.
 *
 * @throws {UsageError} If they contradict each other, or a file is none
 */
export async function servedOf(flags: ServedFlags): Promise<Served> {
  const { seed, fault, scenario } = flags;
  const clock = await clockOf(flags);
  const asked = {
    clock,
    status: statusOf(flags),
    ...(fault && { faults: fault }),
    ...(seed !== undefined && { seed }),
  };
  if (scenario === undefined) return { ...asked, clock: checkClock(clock) };
  const served = inScenario(await findScenario(scenario), asked);
  return { ...served, clock: checkClock(served.clock) };
}

async function clockOf(flags: ClockFlags): Promise<ClockOptions> {
  const { time, offset, rate, freeze, step, leap, leapFile, smear, clockNoise, seed } = flags;
  const leapList = leapFile === undefined ? undefined : await readText(leapFile, "leap seconds");
  return {
    ...(time !== undefined && { time }),
    ...(offset !== undefined && { offset }),
    ...(rate !== undefined && { rate }),
    ...(freeze && { freeze }),
    ...(step && { steps: step }),
    ...(leap !== undefined && !(leap in leapKinds) && { leap }),
    ...(leapList !== undefined && { leapSeconds: checked(() => parseLeapSeconds(leapList)) }),
    ...(smear !== undefined && { smear }),
    ...(clockNoise !== undefined && { noise: clockNoise }),
    ...(seed !== undefined && clockNoise !== undefined && { seed }),
  };
}

function statusOf(flags: StatusFlags): StatusOptions {
  const { clockStatus, stratum, refid, rootDelay, rootDispersion, leap, unsynchronized } = flags;
  return {
    source: clockStatus,
    ...(stratum !== undefined && { stratum }),
    ...(refid !== undefined && { referenceId: refid }),
    ...(rootDelay !== undefined && { rootDelay }),
    ...(rootDispersion !== undefined && { rootDispersion }),
    ...(leap !== undefined && leap in leapKinds && { leap: leap as keyof typeof leapKinds }),
    ...(unsynchronized && { unsynchronized }),
  };
}
