/**
 * The load generator as the benchmark runs it: a process of its own for each measurement.
 *
 * @module
 */

import { type CommandLine, failure, pinned, run } from "./commands.ts";
import { parseLoadJson } from "../../src/cli/timecli/bench/bench_json.ts";
import type { LoadResult } from "../../src/load/figures.ts";
import type { Surroundings } from "./section.ts";
import type { RunningServer } from "./servers.ts";

/** How long before each measurement, for the generator's code to be compiled: after 0.05 s, 0.3 s still had a fifth less. */
const WARMUP_SECONDS = 0.2;

/** What load to put on a server. */
export interface Load {
  readonly seconds: number;
  /** Sockets to send from. */
  readonly flows: number;
  /** Requests on their way at once, over all flows; or how many a second, answered or not. */
  readonly pace:
    | { readonly window: number }
    | { readonly rate: number; readonly isSegmented?: boolean };
}

/**
 * Puts load on a server.
 *
 * @param server which
 * @param load how much
 * @param surroundings where, and what ends it early
 * @returns what came of it
 */
export async function putLoadOn(
  server: RunningServer,
  load: Load,
  { loadCore, signal }: Surroundings,
): Promise<LoadResult> {
  const command = pinned(loadCommand(server, load), loadCore);
  const outcome = await run(command, signal);
  // Losses may make it fail, but they are figures too.
  try {
    return parseLoadJson(outcome.output);
  } catch {
    throw failure(`measure ${server.contender.name}`, outcome);
  }
}

function loadCommand({ contender, port, pid }: RunningServer, load: Load): CommandLine {
  const { seconds, flows, pace } = load;
  const scheme = contender.protocol === "text" ? "asctime" : contender.protocol;
  return [
    Deno.execPath(),
    ...["run", "--quiet", "-P=timecli", "--no-prompt", "client.ts"],
    ...["bench", "--json"],
    ...["--duration", `${seconds}`, "--warmup", `${WARMUP_SECONDS}`, "--flows", `${flows}`],
    ...("rate" in pace ? ["--rate", `${pace.rate}`] : ["--window", `${pace.window}`]),
    ...("isSegmented" in pace && pace.isSegmented ? ["--segmented"] : []),
    ...["--pid", `${pid}`],
    `${scheme}://127.0.0.1:${port}`,
  ];
}
