import { join, relative } from "node:path";
import { deno, ROOT } from "./deno.ts";
import { CompileError } from "./error.ts";
import type { Program } from "./programs.ts";

/** A module of a bundled program. */
export interface ProgramFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Bundles a program into one module, and one for each of its parts, all in one folder. The worker is a
 * `data:` URL in the program, which needs no file and no permission to read one
 * (src/server/workers/worker_url.ts).
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
    const args = ["bundle", "--check", "--format=esm", ...options, "-o", file, entry];
    const { code, stderr } = await deno(...args);
    if (code !== 0) throw new CompileError(`bundling ${entry}:\n${stderr.trim()}`);
    const { npmCache } = JSON.parse((await deno("info", "--json")).stdout);
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
