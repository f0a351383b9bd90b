/** Reads the clock, its status, faults and a scenario from the command line. */
import { clockFields, type ClockOptions } from "../../clock/sources/timeline/options.ts";
import { parseLeapList, verifyLeapList } from "../../clock/sources/timeline/leap_seconds.ts";
import { readStatus, statusFields, type StatusOptions } from "../../clock/sources/options.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { type Field, field } from "../../options/field.ts";
import { pickOptions } from "../../options/read.ts";
import type { FaultsOptions } from "../../server/faults/options.ts";
import { addNamedFault } from "../../server/faults/text.ts";
import { asArgumentError, UsageError } from "../shared/errors.ts";
import { readText } from "../shared/files.ts";
import { findScenario, inScenario, type Served } from "./scenarios.ts";

export interface ServedValues extends Omit<ClockOptions, "leap">, Omit<StatusOptions, "leap"> {
  readonly leap?: string;
  readonly leapFile?: string;
  readonly fault?: readonly string[];
  readonly scenario?: string;
}

const ANNOUNCED = statusFields.leap.choices ?? [];

/** `--leap` announces a leap second, or simulates one. */
export const leapField: Field<string> = field(
  {
    name: "leap",
    syntax: "<kind>",
    help: "leap second to announce, or (insert@2028-12-31) to simulate",
    choices: ANNOUNCED,
    offers: ["insert@", "delete@"],
  },
  "none, insert or delete, or a leap second such as insert@2028-12-31",
  (leap) => {
    if (typeof leap !== "string") return undefined;
    if (ANNOUNCED.includes(leap)) return leap;
    return leap.includes("@") ? clockFields.leap.read(leap) : undefined;
  },
);

/**
 * Reads the options of the clock and of faults; those of a scenario are added.
 *
 * @throws {UsageError} If options contradict each other, or a file cannot be read
 */
export async function readServed(values: ServedValues): Promise<Served> {
  const { seed, fault, scenario, leap, leapFile } = values;
  const list = leapFile === undefined ? undefined : await readLeapList(leapFile);
  const isAnnounced = leap !== undefined && ANNOUNCED.includes(leap);
  const given: Served = {
    clock: {
      ...pickOptions(clockFields, { ...values, leap: isAnnounced ? undefined : leap }),
      ...(list && { leapSeconds: list.leaps, leapSecondsExpire: list.expires }),
    },
    status: pickOptions(statusFields, { ...values, leap: isAnnounced ? leap : undefined }),
    ...(fault && {
      faults: asArgumentError(() => fault.reduce<FaultsOptions>(addNamedFault, {})),
    }),
    ...(seed !== undefined && { seed }),
  };
  const { clock, ...served } = scenario === undefined
    ? given
    : inScenario(await findScenario(scenario, "timesrv"), given);
  asArgumentError(() => readStatus(served.status ?? {}));
  const { seed: noiseSeed, ...rest } = clock;
  // The noise has the server's seed; a seed alone makes no simulated clock.
  const seeded = rest.noise !== undefined && noiseSeed !== undefined ? clock : rest;
  asArgumentError(() => planTimeline(seeded, Temporal.Now.instant().epochNanoseconds));
  return { ...served, clock: seeded };
}

async function readLeapList(file: string): Promise<ReturnType<typeof parseLeapList>> {
  const text = await readText(file, "leap seconds", "timesrv");
  try {
    const list = parseLeapList(text);
    await verifyLeapList(text);
    return list;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new UsageError(`${file}: ${error.message}`, { cause: error });
  }
}
