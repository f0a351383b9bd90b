import type { ClockOptions } from "../../clock/sources/timeline/options.ts";
import { suggest } from "../../text/suggest.ts";
import { parseScenario } from "../../server/scenarios/scenario_file.ts";
import { type Scenario, scenarios } from "../../server/scenarios/scenarios.ts";
import { layOutTable } from "../../text/table.ts";
import { isStandardInput, readText } from "../shared/files.ts";
import { asArgumentError, UsageError } from "../shared/errors.ts";
import { quote } from "../../text/json.ts";

/** The options that a scenario or the command line can set. */
export interface Served extends Pick<Scenario, "status" | "faults" | "seed"> {
  readonly clock: ClockOptions;
}

/**
 * Finds a scenario by its name, or reads it from a file if there is a slash or dot in it. For a year, the
 * leading `y` may be left out.
 *
 * @throws {UsageError} If it is unknown or cannot be read
 * @throws {Deno.errors.NotCapable} If the permission to read the file is missing
 */
export async function findScenario(
  name: string,
  program: "timesrv" | "timecli",
): Promise<Scenario> {
  if (/[./\\]/.test(name) || isStandardInput(name)) {
    const json = await readText(name, "scenario", program);
    return asArgumentError(() => parseScenario(json, name));
  }
  for (const known of [name, `y${name}`]) {
    if (Object.hasOwn(scenarios, known)) return scenarios[known as keyof typeof scenarios];
  }
  const names = Object.keys(scenarios);
  throw new UsageError(
    `Unknown scenario ${quote(name)}: ${suggest(name, names)} (a file: ./${name})`,
  );
}

/**
 * Merges a scenario with other options; the option `seed` takes precedence.
 *
 * @throws {UsageError} If both set anything else
 */
export function inScenario(scenario: Scenario, options: Served): Served {
  for (const key of ["clock", "status", "faults"] as const) {
    for (const name of Object.keys(options[key] ?? {})) {
      if (!Object.hasOwn(scenario[key] ?? {}, name) || name === "source" || name === "seed") {
        continue;
      }
      throw new UsageError(
        `The scenario ${scenario.name} has its own ${key}.${name}: leave out the option for it`,
      );
    }
  }
  const status = { ...options.status, ...scenario.status };
  if (status.leap !== undefined && (status.unsynchronized || scenario.clock?.leap !== undefined)) {
    throw new UsageError(
      `The scenario ${scenario.name} has its own leap indicator: leave out --leap`,
    );
  }
  const seed = options.seed ?? scenario.seed;
  const clock = { ...options.clock, ...scenario.clock };
  const faults = scenario.faults || options.faults
    ? { ...scenario.faults, ...options.faults }
    : undefined;
  return {
    clock: options.seed !== undefined && clock.noise !== undefined
      ? { ...clock, seed: options.seed }
      : clock,
    status,
    ...(faults && { faults }),
    ...(seed !== undefined && { seed }),
  };
}

/** Formats the scenarios that come with the server as a table. */
export function listScenarios(): string {
  const lines = Object.values(scenarios).map(({ name, description, clients = {} }) => {
    const refusing = Object.keys(clients).filter((client) => clients[client] === "refuses");
    const misreading = Object.keys(clients).filter((client) => clients[client] === "misreads");
    const known = [
      ...(refusing.length > 0 ? [`refused by ${refusing.join(", ")}`] : []),
      ...(misreading.length > 0 ? [`misread by ${misreading.join(", ")}`] : []),
    ];
    return [[name, description], ["", known.join("; ") || "followed by all clients tried"]];
  });
  return layOutTable(lines.flat());
}
