import { deno } from "./deno.ts";
import { CompileError } from "./error.ts";

/** What to compile, and into which file. */
export interface NativeBuild {
  readonly entry: string;
  readonly out: string;
  readonly flags: readonly string[];
  readonly target?: string | undefined;
}

/** The arguments of Deno that compile a program. */
export function compileArguments({ entry, out, flags, target }: NativeBuild): string[] {
  return [
    "compile",
    ...flags,
    // The program would load $TMPDIR/deno-compile-NAME.cache even if another user wrote that file.
    "--no-code-cache",
    ...(target === undefined ? [] : ["--target", target]),
    "-o",
    out,
    entry,
  ];
}

/**
 * Compiles a program with `deno compile`.
 *
 * @returns Whether that was possible: without network access its base executable cannot be fetched
 * @throws {CompileError} If `deno compile` fails for another reason
 */
export async function compileNatively(build: NativeBuild): Promise<boolean> {
  const { code, stderr } = await deno(...compileArguments(build));
  if (code === 0) return true;
  // Deno names the stage at which it fetches the base executable.
  if (stderr.includes("Setting up base binary.")) return false;
  throw new CompileError(`deno compile ${build.entry}:\n${stderr.trim()}`);
}
