/**
 * Other programs: where they run, and what they print.
 *
 * @module
 */

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** This project's folder, in which everything is run. */
export const ROOT = new URL("../../", import.meta.url);

/**
 * A command that runs on one core only.
 *
 * @param command the program and its arguments
 * @param core which core, or `undefined` for any
 * @returns the command to run instead
 */
export function pinned(command: CommandLine, core: number | undefined): CommandLine {
  // taskset becomes the program it starts, so its process id is the program's.
  return core === undefined ? command : ["taskset", "-c", `${core}`, ...command];
}

/**
 * Runs a program to its end.
 *
 * @param action what it is to do, for the message of a failure
 * @param command the program and its arguments
 * @param signal what ends it early
 * @returns what it printed, or where that is nothing, what it complained about
 * @throws {Error} with the last line of its complaint when it fails
 */
export async function outputOf(
  action: string,
  [program, ...args]: CommandLine,
  signal?: AbortSignal,
): Promise<string> {
  const command = new Deno.Command(program, { args, cwd: ROOT, ...signal && { signal } });
  const { success, stdout, stderr } = await command.output();
  signal?.throwIfAborted();
  const [output, complaint] = [stdout, stderr].map((text) => new TextDecoder().decode(text).trim());
  if (!success) {
    throw new Error(`Cannot ${action}: ${complaint?.split("\n").at(-1) || `${program} failed`}`);
  }
  return output || complaint || "";
}

/**
 * Runs a program that may be missing.
 *
 * @param command the program and its arguments
 * @returns what it prints, or `undefined` when it is missing or fails
 */
export async function outputIfAny(...command: CommandLine): Promise<string | undefined> {
  try {
    return await outputOf("run it", command);
  } catch {
    return undefined;
  }
}
