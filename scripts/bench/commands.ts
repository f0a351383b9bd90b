/**
 * Other programs and their output.
 *
 * @module
 */

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** This project's folder, where everything runs. */
export const ROOT = new URL("../../", import.meta.url);

/** Pins a command to a core, if one is given. */
export function pinned(command: CommandLine, core: number | undefined): CommandLine {
  // taskset becomes the program it starts, so its process id is the program's.
  return core === undefined ? command : ["taskset", "-c", `${core}`, ...command];
}

/**
 * Runs a program that must succeed.
 *
 * @param action Its purpose, for the message of a failure
 * @returns Its standard output, or standard error if that is empty
 * @throws {Error} If it fails, with the last line of its standard error
 */
export async function outputOf(
  action: string,
  [program, ...args]: CommandLine,
  signal?: AbortSignal,
): Promise<string> {
  const command = new Deno.Command(program, { args, cwd: ROOT, ...signal && { signal } });
  const { success, stdout, stderr } = await command.output();
  signal?.throwIfAborted();
  const [output = "", errors = ""] = [stdout, stderr].map((octets) =>
    new TextDecoder().decode(octets).trim()
  );
  if (success) return output || errors;
  throw new Error(`Cannot ${action}: ${errors.split("\n").at(-1) || "it printed no reason"}`);
}

/** Runs a program that may be missing; returns its output, or undefined if it is missing or fails. */
export async function outputIfAny(...command: CommandLine): Promise<string | undefined> {
  try {
    return await outputOf("run it", command);
  } catch {
    return undefined;
  }
}
