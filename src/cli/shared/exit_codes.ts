/** The exit codes of both programs. */
import { QueryError, type QueryFailure } from "../../protocols/failure.ts";
import { errorFormatter } from "./format_error.ts";
import { writeProblem } from "./output.ts";
import { UsageError } from "./usage_error.ts";

/** The exit code of each way in which a query brings no usable time. */
export const queryExitCodes: Readonly<Record<QueryFailure, number>> = {
  "timeout": 3,
  "refused": 4,
  "unknown_host": 5,
  "unreachable": 6,
  "not_a_time": 7,
  "kiss_o_death": 8,
  "unsynchronized": 9,
  "bogus_reply": 10,
  "unusable": 11,
  "no_name_server": 12,
  "not_authentic": 13,
  "nts_ke": 14,
};

/** The exit codes of `timecli compare` for servers that disagree. */
export const disagreementExitCodes = { falseticker: 20, noMajority: 21 } as const;

/** Runs a program: an error becomes one line on standard error and an exit code, never a stack trace. */
export async function runToExitCode(
  name: "timesrv" | "timecli",
  main: () => Promise<number | void>,
): Promise<number> {
  try {
    return await main() ?? 0;
  } catch (error) {
    // A reader that has closed the pipe (`| head`) has read enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) {
      writeProblem(`${name}: ${errorFormatter()(error)}\n`);
    }
    return exitCodeFor(error);
  }
}

export function exitCodeFor(error: unknown): number {
  if (error === undefined) return 0;
  if (error instanceof UsageError) return 2;
  if (error instanceof QueryError) return queryExitCodes[error.reason];
  return 1;
}
