/**
 * `timesrv`: serves the time over UDP.
 *
 * @module
 */
import { runToExit } from "./src/cli/shared/exit_codes.ts";
import { runProgram } from "./src/cli/shared/run_program.ts";
import { timesrv } from "./src/cli/timesrv/timesrv.ts";

if (import.meta.main) await runToExit("timesrv", () => runProgram(timesrv, Deno.args));
