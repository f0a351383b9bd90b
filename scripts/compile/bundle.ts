/** What Deno makes of a program: one module, or an executable. */
import { join, relative } from "node:path";
import type { Program } from "./programs.ts";
import { CompileError, deno, outcomeOf, ROOT } from "./run.ts";

/** A module of a bundled program. */
export interface ProgramFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Bundles a program into one module, and one for each of its parts, all in one folder. The worker is a
 * `data:` URL in the program, which needs no file and no permission to read one
 * (src/server/workers/threads.ts).
 *
 * @throws {CompileError} If Deno cannot bundle it
 */
export async function bundleProgram(
  { name, entry, worker, parts = [] }: Program,
): Promise<ProgramFile[]> {
  const workerText = worker === undefined
    ? ""
    : `globalThis[Symbol.for("timesrv.worker")] = ${
      JSON.stringify(
        `data:text/javascript,${encodeURIComponent(await bundle(worker, "--minify"))}`,
      )
    };\n`;
  const files: ProgramFile[] = [];
  for (const part of [{ entry, file: `${name}.mjs` }, ...parts]) {
    const others = parts.filter((other) => other !== part);
    const externals = others.map(({ specifier }) => `--external=${specifier}`);
    let text = await bundle(part.entry, "--minify", ...externals);
    for (const { specifier, file } of others) {
      text = text.replaceAll(`"${specifier}"`, `"./${file}"`);
    }
    files.push({ name: part.file, text: part.entry === entry ? workerText + text : text });
  }
  return files;
}

/** Bundles an entry point into one module that contains no path of this machine. */
export async function bundle(entry: string, ...options: string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "timesrv-bundle-" });
  try {
    const file = join(folder, "bundle.mjs");
    await deno("bundle", "--check", "--format=esm", ...options, "-o", file, entry);
    const { npmCache } = JSON.parse(await deno("info", "--json"));
    // Module paths remain in comments and in the names of lazily run modules, relative to the working
    // directory.
    const prefix = relative(await Deno.realPath(ROOT), npmCache)
      .replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    return (await Deno.readTextFile(file))
      .replaceAll(new RegExp(`${prefix}/[^/\\s"]+/`, "g"), "npm/");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

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
  const { code, stderr } = await outcomeOf(Deno.execPath(), compileArguments(build));
  if (code === 0) return true;
  // Deno names the stage at which it fetches the base executable.
  if (stderr.includes("Setting up base binary.")) return false;
  throw new CompileError(`deno compile: exit code ${code}: ${stderr.trim()}`);
}
