/**
 * The program `timecli`: queries time servers.
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
import { runToExitCode } from "./src/cli/shared/errors.ts";
import { parseArguments } from "./src/cli/shared/parse_arguments.ts";
import { isQuery, query } from "./src/cli/timecli/query/query.ts";

async function main(): Promise<number | void> {
  if (isQuery(Deno.args)) return await query.run(parseArguments(query, Deno.args, "timecli"));
  const { runTimecli } = await import("./src/cli/timecli/timecli.ts");
  return await runTimecli(Deno.args);
}

if (import.meta.main) Deno.exit(await runToExitCode("timecli", main));
