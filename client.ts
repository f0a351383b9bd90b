/**
 * The program `timecli`: queries time servers. Plain targets are queried at once; any other command line
 * is parsed first.
 *
 * @example Start it from a program
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const args = ["run", "--allow-all", import.meta.resolve("@timesrv/timesrv/timecli"), "--version"];
 * const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
 * assert(success);
 * ```
 *
 * @module
 */
import { ask } from "./src/cli/timecli/query/ask.ts";
import { runToExit } from "./src/cli/shared/exit_codes.ts";
import { plainTargets } from "./src/cli/timecli/query/plain_targets.ts";

async function main(): Promise<number> {
  const targets = plainTargets(Deno.args);
  if (targets !== undefined) return await ask(targets);
  const { runTimecli } = await import("./src/cli/timecli/timecli.ts");
  return await runTimecli(Deno.args);
}

if (import.meta.main) await runToExit("timecli", main);
