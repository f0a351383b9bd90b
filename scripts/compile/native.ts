import { deno } from "./deno.ts";
import { CompileError } from "./error.ts";

/**
 * Compiles a program with `deno compile`.
 *
 * @returns Whether that was possible: without network access its base executable cannot be fetched
 * @throws {CompileError} If `deno compile` fails for another reason
 */
export async function compileNatively(
  { entry, out, flags, target }: {
    entry: string;
    out: string;
    flags: readonly string[];
    target?: string | undefined;
  },
): Promise<boolean> {
  const choice = target === undefined ? [] : ["--target", target];
  const { code, stderr } = await deno("compile", ...flags, ...choice, "-o", out, entry);
  if (code === 0) return true;
  // Deno names the stage at which it fetches the base executable.
  if (stderr.includes("Setting up base binary.")) return false;
  throw new CompileError(`deno compile ${entry}:\n${stderr.trim()}`);
}
