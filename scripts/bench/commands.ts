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

/** What a program leaves behind. */
export interface Outcome {
  /** Whether its exit code was 0. */
  readonly isSuccess: boolean;
  /** What it printed. */
  readonly output: string;
  /** What it complained about. */
  readonly complaint: string;
}

/**
 * Runs a program to its end.
 *
 * @param command the program and its arguments
 * @param signal what ends it early
 * @returns what came of it
 */
export async function run(
  [program, ...args]: CommandLine,
  signal?: AbortSignal,
): Promise<Outcome> {
  const command = new Deno.Command(program, { args, cwd: ROOT, ...signal && { signal } });
  const { success, stdout, stderr } = await command.output();
  signal?.throwIfAborted();
  const text = (octets: Uint8Array): string => new TextDecoder().decode(octets).trim();
  return { isSuccess: success, output: text(stdout), complaint: text(stderr) };
}

/**
 * Says that a program failed, in the last line of its complaint.
 *
 * @param action what it was to do
 * @param outcome what came of it
 * @returns the error, to be thrown
 */
export function failure(action: string, { complaint }: Outcome): Error {
  return new Error(`Cannot ${action}: ${complaint.split("\n").at(-1) || "it failed in silence"}`);
}

/**
 * Runs a program that must succeed.
 *
 * @param action what it is to do, for the message of a failure
 * @param command the program and its arguments
 * @param signal what ends it early
 * @returns what it printed, or where that is nothing, what it complained about
 * @throws {Error} when it fails
 */
export async function outputOf(
  action: string,
  command: CommandLine,
  signal?: AbortSignal,
): Promise<string> {
  const outcome = await run(command, signal);
  if (!outcome.isSuccess) throw failure(action, outcome);
  return outcome.output || outcome.complaint;
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
