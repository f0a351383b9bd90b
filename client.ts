/**
 * `timecli`: targets alone are asked at once; every other command line is read first.
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
