/** Other programs that a script runs, and how it fails. */
import { basename, resolve } from "node:path";

/** The folder of deno.json and the entry points. */
export const ROOT = resolve(import.meta.dirname ?? ".", "../..");

/** A failure of the build whose message is complete without a stack. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

/** What a program printed, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** @default {ROOT} */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end, whatever its exit code.
 *
 * @throws {CompileError} If it is not installed
 */
export async function outcomeOf(
  program: string,
  args: readonly string[],
  { cwd = ROOT, env = {} }: RunOptions = {},
): Promise<Outcome> {
  try {
    const command = new Deno.Command(program, { args: [...args], cwd, env, stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CompileError(`${program} is not installed`);
  }
}

/**
 * Runs a program that must succeed, and returns what it printed.
 *
 * @throws {CompileError} If it is not installed, or fails
 */
export async function run(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(program, args, options);
  if (code === 0) return stdout;
  throw new CompileError(`${basename(program)}: exit code ${code}: ${stderr.trim()}`);
}

/**
 * Runs this Deno in the project's folder, and returns what it printed.
 *
 * @throws {CompileError} If it fails
 */
export function deno(...args: readonly string[]): Promise<string> {
  return run(Deno.execPath(), args, { env: { NO_COLOR: "1" } });
}
