/**
 * The program `timesrv`: serves the time over UDP.
 *
 * @example Start it from a program
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const args = ["run", "--allow-all", import.meta.resolve("@timesrv/timesrv/timesrv"), "--version"];
 * const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
 * assert(success);
 * ```
 *
 * @module
 */
import { runToExitCode } from "./src/cli/shared/errors.ts";
import { runProgram } from "./src/cli/shared/program.ts";
import { timesrv } from "./src/cli/timesrv/timesrv.ts";

if (import.meta.main) {
  Deno.exit(await runToExitCode("timesrv", () => runProgram(timesrv, Deno.args)));
}
