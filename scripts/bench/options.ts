/**
 * What the benchmark's two command lines have in common.
 *
 * @module
 */

import { problemOf } from "../../src/cli/shared/program.ts";
import { Command, CommanderError, InvalidArgumentError } from "@commander-js/extra-typings";

/**
 * A command that says in one line what is wrong with its arguments, and ends by throwing.
 *
 * @param name what it calls itself
 * @param description what it is for
 * @returns the command, to be given options
 */
export function createBenchCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .configureOutput({ outputError: (text, write) => write(`${name}: ${problemOf(text)}\n`) })
    .exitOverride();
}

/**
 * A reader of whole numbers from 1 on.
 *
 * @param max the largest that is taken
 * @returns what commander calls with the text
 */
export function count(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from 1 to ${max}.`);
    }
    return value;
  };
}

/** The longest time that one measurement takes. */
const MAX_SECONDS = 600;

/**
 * Reads a duration.
 *
 * @param text seconds, such as `0.3`
 * @returns the seconds
 * @throws {InvalidArgumentError} when it is not a number from 0.01 to 600
 */
export function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value < 0.01 || value > MAX_SECONDS) {
    throw new InvalidArgumentError(`Expected seconds from 0.01 to ${MAX_SECONDS}.`);
  }
  return value;
}

/**
 * Checks that a folder is a checkout of this project.
 *
 * @param text the folder, absolute or relative to the current one
 * @returns the absolute path
 * @throws {InvalidArgumentError} when it has no `server.ts`
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
 * @param program what to do
 * @param name what it calls itself
 * @returns its exit code: 0, 1 when it failed, 2 when the command line was wrong
 */
export async function exitCodeOf(program: () => Promise<number>, name = "bench"): Promise<number> {
  try {
    return await program();
  } catch (error) {
    // commander has said what it has to say; help and version come this way too, with code 0.
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
