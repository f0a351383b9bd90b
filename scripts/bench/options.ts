/**
 * The common parts of the command lines of benchmark and soak.
 *
 * @module
 */

import { problemOf } from "../../src/cli/shared/program.ts";
import { Command, CommanderError, InvalidArgumentError } from "@commander-js/extra-typings";

/** Creates a command that reports wrong arguments in one line, and ends by throwing. */
export function createBenchCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .configureOutput({ outputError: (text, write) => write(`${name}: ${problemOf(text)}\n`) })
    .exitOverride();
}

/** Creates a parser of whole numbers from 1 to `max`. */
export function count(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from 1 to ${max}.`);
    }
    return value;
  };
}

/** The maximum duration of a measurement. */
const MAX_SECONDS = 600;

/**
 * Parses seconds such as `0.3`.
 *
 * @throws {InvalidArgumentError} If it is not a number from 0.01 to 600
 */
export function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value < 0.01 || value > MAX_SECONDS) {
    throw new InvalidArgumentError(`Expected seconds from 0.01 to ${MAX_SECONDS}.`);
  }
  return value;
}

/**
 * Checks that a folder is a checkout of this project, and returns its absolute path.
 *
 * @throws {InvalidArgumentError} If it has no `server.ts`
 */
export function checkout(text: string): string {
  try {
    const folder = Deno.realPathSync(text);
    Deno.statSync(`${folder}/server.ts`);
    return folder;
  } catch {
    throw new InvalidArgumentError("Expected a folder that contains server.ts.");
  }
}

/**
 * Runs a program whose command line throws rather than exits (`exitOverride`).
 *
 * @param name Its name in messages
 * @returns The exit code: 0, 1 if it failed, 2 if the command line was wrong
 */
export async function exitCodeOf(program: () => Promise<number>, name = "bench"): Promise<number> {
  try {
    return await program();
  } catch (error) {
    // commander has printed its message; help and version have code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    await writeLine(
      Deno.stderr,
      `${name}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 1;
  }
}

/** Writes a line of text. */
export async function writeLine(
  stream: typeof Deno.stdout | typeof Deno.stderr,
  line: string,
): Promise<void> {
  const octets = new TextEncoder().encode(line + "\n");
  for (let written = 0; written < octets.length;) {
    written += await stream.write(octets.subarray(written));
  }
}
