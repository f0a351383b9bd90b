/** Scenarios that users write: JSON, whose mistakes are found by line and key. */
import { type ClockOptions, readClock } from "../../clock/sources/timeline/options.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { readFaults } from "../faults/rules.ts";
import type { FaultsOptions } from "../faults/options.ts";
import {
  type Entries,
  flag,
  number,
  object,
  oneOf,
  readJsonObject,
  type Shapes,
  text,
  textOrNumber,
  texts,
  whole32,
} from "../../options/json_object.ts";
import type { Scenario } from "./scenarios.ts";
import { checkStatus, type StatusOptions } from "../../clock/sources/options.ts";

const scenarioShapes: Shapes<Scenario> = {
  name: text,
  description: text,
  clients: object,
  clock: object,
  status: object,
  faults: object,
  seed: whole32,
};

const clockShapes: Shapes<Omit<ClockOptions, "leapSeconds">> = {
  time: text,
  offset: text,
  rate: textOrNumber,
  freeze: flag,
  steps: texts,
  leap: text,
  smear: text,
  noise: text,
  seed: whole32,
};

const statusShapes: Shapes<StatusOptions> = {
  source: oneOf("auto", "kernel", "fixed"),
  stratum: number,
  referenceId: text,
  rootDelay: number,
  rootDispersion: number,
  leap: oneOf("none", "insert", "delete"),
  unsynchronized: flag,
};

const verdict = oneOf("follows", "misreads", "refuses");

/**
 * Reads a scenario: an object with the keys of {@linkcode Scenario}, all of them optional.
 *
 * @param json The text of its file
 * @param file What the file is called, for messages and where it names no scenario
 * @throws {SyntaxError} If it is none, as `mine.json:4: clock.rate: Cannot read the rate "fast": …`
 *
 * @example
 * ```ts
 * import { parseScenario } from "@timesrv/timesrv/testing";
 * import { serve } from "@timesrv/timesrv";
 *
 * const scenario = parseScenario(`{ "clock": { "offset": "+1h" } }`, "mine.json");
 * await using server = await serve("ntp://127.0.0.1:0", scenario);
 * ```
 */
export function parseScenario(json: string, file: string): Scenario {
  const entries = readJsonObject(json, file).as(scenarioShapes);
  entries.get("clients")?.object.asEach(verdict);
  entries.get("clock")?.check((clock) => {
    checkEach(
      entries.get("clock")?.object.as(clockShapes),
      (name, value) => readClock({ [name]: value }),
    );
    planTimeline(clock as ClockOptions, Temporal.Now.instant().epochNanoseconds);
  });
  checkEach(
    entries.get("status")?.object.as(statusShapes),
    (name, value) => checkStatus({ [name]: value }),
  );
  checkEach(
    entries.get("faults")?.object.asEach(),
    (name, value) => readFaults({ [name]: value } as FaultsOptions, 0),
  );
  const values = Object.fromEntries([...entries].map(([name, { value }]) => [name, value]));
  return { name: file, description: "", ...values };
}

function checkEach(
  entries: Entries | undefined,
  check: (name: string, value: unknown) => void,
): void {
  for (const [name, entry] of entries ?? []) entry.check((value) => check(name, value));
}
