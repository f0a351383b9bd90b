/** Other programs and their output. */
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

/**
 * Runs a script of this folder in a process of its own.
 *
 * @param action Its purpose, for the message of a failure
 * @param permissions The flags of Deno; all permissions without it
 * @returns The JSON that it prints
 * @throws {Error} If it fails, with the last line of its standard error
 */
export async function runScript<Output>(
  action: string,
  [name, ...args]: CommandLine,
  { core, signal, permissions = ["-A"] }: {
    readonly core?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly permissions?: readonly string[];
  },
): Promise<Output> {
  const script = new URL(name, import.meta.url).href;
  const command = pinned([Deno.execPath(), "run", ...permissions, script, ...args], core);
  return JSON.parse(await outputOf(action, command, signal));
}

/** Runs a program that may be missing; returns its output, or undefined if it is missing or fails. */
export async function outputIfAny(...command: CommandLine): Promise<string | undefined> {
  try {
    return await outputOf("run it", command);
  } catch {
    return undefined;
  }
}
