/** What is served, as the command line has it: a clock, its status, faults, a scenario. */
import { clockFields, type ClockOptions } from "../../clock/sources/timeline/options.ts";
import { parseLeapList, verifyLeapList } from "../../clock/sources/timeline/leap_list.ts";
import { statusFields, type StatusOptions } from "../../clock/sources/options.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { type Field, field } from "../../options/field.ts";
import { pickOptions } from "../../options/read.ts";
import type { FaultsOptions } from "../../server/faults/options.ts";
import { addNamedFault } from "../../server/faults/text.ts";
import { asArgumentError } from "../shared/usage_error.ts";
import { findScenario, inScenario, readText, type Served } from "./scenarios.ts";

/** The values of the command line that say what is served. */
export interface ServedValues extends Omit<ClockOptions, "leap">, Omit<StatusOptions, "leap"> {
  readonly leap?: string;
  readonly leapFile?: string;
  readonly fault?: readonly string[];
  readonly scenario?: string;
}

const ANNOUNCED: readonly string[] = ["none", "insert", "delete"];

/** `--leap` is a leap second to announce, or one that happens. */
export const leapField: Field<string> = field(
  {
    name: "leap",
    syntax: "<kind>",
    help: "leap second to announce, or to simulate: insert@2028-12-31",
    choices: ANNOUNCED,
  },
  "none, insert or delete, or a leap second such as insert@2028-12-31",
  (leap) => {
    if (typeof leap !== "string") return undefined;
    if (ANNOUNCED.includes(leap)) return leap;
    return leap.includes("@") ? clockFields.leap.read(leap) : undefined;
  },
);

/**
 * Reads what is served; an option that is given beside a scenario adds to it.
 *
 * @throws {UsageError} If options contradict each other, or a file cannot be read
 */
export async function readServed(values: ServedValues): Promise<Served> {
  const { seed, fault, scenario, leap, leapFile } = values;
  const list = leapFile === undefined ? undefined : await readLeapList(leapFile);
  const isAnnounced = leap !== undefined && ANNOUNCED.includes(leap);
  const asked: Served = {
    clock: {
      ...pickOptions(clockFields, { ...values, leap: isAnnounced ? undefined : leap }),
      ...(list && { leapSeconds: list.leaps, leapSecondsExpire: list.expires }),
    },
    status: pickOptions(statusFields, { ...values, leap: isAnnounced ? leap : undefined }),
    ...(fault && { faults: readFaults(fault) }),
    ...(seed !== undefined && { seed }),
  };
  const { clock, ...served } = scenario === undefined
    ? asked
    : inScenario(await findScenario(scenario), asked);
  const { seed: noiseSeed, ...rest } = clock;
  // The noise has the server's seed; alone, a seed makes no simulated clock.
  const seeded = rest.noise !== undefined && noiseSeed !== undefined ? clock : rest;
  asArgumentError(() => planTimeline(seeded, Temporal.Now.instant().epochNanoseconds));
  return { ...served, clock: seeded };
}

function readFaults(texts: readonly string[]): FaultsOptions {
  return asArgumentError(() => texts.reduce<FaultsOptions>(addNamedFault, {}));
}

async function readLeapList(file: string): Promise<ReturnType<typeof parseLeapList>> {
  const text = await readText(file, "leap seconds");
  const list = asArgumentError(() => parseLeapList(text));
  await verifyLeapList(text).catch((error) =>
    asArgumentError(() => {
      throw error;
    })
  );
  return list;
}
