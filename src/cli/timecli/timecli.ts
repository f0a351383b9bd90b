/** `timecli` with its subcommands; in executables this is a file of its own, which queries do not load. */
import type { Program } from "../shared/command.ts";
import { runToExitCode } from "../shared/exit_codes.ts";
import { runProgram } from "../shared/program.ts";
import { HINT, MANUAL, NOTES } from "./notes.ts";
import { query } from "./query/command.ts";

/** The program. */
export const timecli: Program = {
  command: { ...query, notes: NOTES, hint: HINT, manual: MANUAL },
  subcommands: [
    {
      name: "bench",
      summary: "load-test a server you own",
      load: () => import("./bench/bench.ts"),
    },
    {
      name: "check",
      summary: "monitoring plugin: one line, exit codes 0 to 3",
      load: () => import("./check.ts"),
    },
    {
      name: "compare",
      summary: "find out which of several servers are right",
      load: () => import("./compare.ts"),
    },
    {
      name: "control",
      summary: "show and change a server that runs with --control",
      load: () => import("./control/control.ts"),
    },
    {
      name: "explain",
      summary: "show a request and its reply octet by octet",
      load: () => import("./explain/explain.ts"),
    },
    {
      name: "wait",
      summary: "wait until this machine's clock agrees with servers",
      load: () => import("./wait.ts"),
    },
    {
      name: "watch",
      summary: "poll servers: a live view, or one line per exchange",
      load: () => import("./watch/watch.ts"),
    },
  ],
};

/**
 * Runs `timecli`.
 *
 * @param args Its arguments
 * @returns The exit code; an error has been reported
 */
export function runTimecli(args: readonly string[]): Promise<number> {
  return runToExitCode("timecli", () => runProgram(timecli, args));
}
