/** Scenarios that users write as JSON; messages name the key of a mistake. */
import { clockFields, seedField } from "../../clock/sources/timeline/options.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { statusFields } from "../../clock/sources/options.ts";
import { type Field, field, MAX_LONG_TEXT, oneOf } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { parseJson } from "../../text/json.ts";
import { readFaults, withUnits } from "../faults/rules.ts";
import type { Scenario } from "./scenarios.ts";

const verdict = oneOf(["follows", "misreads", "refuses"], { name: "", help: "" });

/** The keys of a scenario; the objects in it have their own options. */
const scenarioFields = {
  name: anyText("name", "name of the scenario"),
  description: anyText("description", "description"),
  clients: anyObject("clients", "reactions of clients"),
  clock: anyObject("clock", "the simulated clock"),
  status: anyObject("status", "the status of the clock"),
  faults: anyObject("faults", "faults of the replies"),
  seed: seedField,
};

function anyText(name: string, help: string): Field<string> {
  return field(
    { name, help, maxLength: MAX_LONG_TEXT },
    "a text",
    (given) => typeof given === "string" ? given : undefined,
  );
}

function anyObject(name: string, help: string): Field<object> {
  const isObject = (given: unknown): given is object =>
    typeof given === "object" && given !== null && !Array.isArray(given);
  return field({ name, help }, "an object", (given) => isObject(given) ? given : undefined);
}

/**
 * Reads a scenario: an object with the keys of {@linkcode Scenario} in snake_case, all of them optional.
 *
 * @param json The text of its file
 * @param file The file's name, for messages and as the default name of the scenario
 * @throws {SyntaxError} If it is not a scenario: `mine.json: clock.rate is "fast", expected …`
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
  try {
    return { name: file, description: "", ...readScenario(parseJson(json)) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new SyntaxError(`${file}: ${error.message}`, { cause: error });
  }
}

/**
 * Reads a scenario from an object of JSON, whose keys are in snake_case.
 *
 * @throws {SyntaxError} If it has an unknown key, or a value that cannot be read
 * @throws {RangeError} If a value is out of bounds, or options contradict each other
 * @throws {TypeError} If it is not an object
 */
export function readScenario(given: unknown): Partial<Scenario> {
  const scenario = readOptions(scenarioFields, given, "scenario");
  const { clients = {}, clock, status } = scenario;
  const faults = scenario.faults && withUnits(scenario.faults);
  const names = Object.keys(clients);
  readOptions(Object.fromEntries(names.map((name) => [name, verdict])), clients, "clients");
  if (faults) readFaults(faults, 0);
  const read = {
    ...scenario,
    ...(faults && { faults }),
    ...(status && { status: readOptions(statusFields, status, "status", "json") }),
    ...(clock && { clock: readOptions(clockFields, clock, "clock", "json") }),
  };
  if (read.clock) planTimeline(read.clock, Temporal.Now.instant().epochNanoseconds);
  return read as Partial<Scenario>;
}
