/**
 * The common parts of the command lines of scripts, soak and fuzzing.
 *
 * @module
 */

import type { Command } from "../../src/cli/shared/command.ts";
import { runProgram } from "../../src/cli/shared/program.ts";
import { UsageError } from "../../src/cli/shared/errors.ts";
import { type Field, field, number, type Row, whole } from "../../src/options/field.ts";

/** Creates an option for a whole number from 1 to `max`. */
export function count(max: number, row: Row): Field<number> {
  return whole(1, max, { syntax: "<n>", ...row });
}

/** The maximum duration of a measurement. */
const MAX_SECONDS = 600;

/** Creates an option for seconds such as `0.3`. */
export function seconds(row: Row): Field<number> {
  return number(0.01, MAX_SECONDS, { syntax: "<s>", unit: "seconds", ...row });
}

/** Creates an option for a checkout of this project, read as its absolute path. */
export function checkout(row: Row): Field<string> {
  return field(row, "a folder that contains server.ts", (given) => {
    try {
      const folder = Deno.realPathSync(String(given));
      Deno.statSync(`${folder}/server.ts`);
      return folder;
    } catch {
      return undefined;
    }
  });
}

/** Runs a command by the arguments of this process, and returns its exit code. */
export function runCommand(command: Command): Promise<number> {
  const program = { command, subcommands: [] };
  return exitCodeOf(async () => await runProgram(program, Deno.args) ?? 0, command.name);
}

/**
 * Runs a program.
 *
 * @param name Its name in messages
 * @returns The exit code: 0, 1 if it failed, 2 if the command line was wrong
 */
export async function exitCodeOf(program: () => Promise<number>, name = "bench"): Promise<number> {
  try {
    return await program();
  } catch (error) {
    // These are mistakes in the program itself: only the place explains them.
    const isFault = error instanceof TypeError || error instanceof ReferenceError;
    const message = error instanceof Error ? isFault ? error.stack : error.message : error;
    await writeLine(Deno.stderr, `${name}: ${message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

export async function writeLine(
  stream: typeof Deno.stdout | typeof Deno.stderr,
  line: string,
): Promise<void> {
  const octets = new TextEncoder().encode(line + "\n");
  for (let written = 0; written < octets.length;) {
    written += await stream.write(octets.subarray(written));
  }
}
