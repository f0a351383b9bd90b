// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { bundleProgram } from "./compile/bundle.ts";
import { ROOT } from "./compile/deno.ts";
import { CompileError } from "./compile/error.ts";
import { denoLicense, licensePage, shippedPackages } from "./compile/licenses.ts";
import { measure } from "./compile/measure.ts";
import { compileNatively } from "./compile/native.ts";
import { pack, packRuntime, type Payload } from "./compile/pack.ts";
import { flagsOf, programs } from "./compile/programs.ts";
import { hashSources, SOURCES_HASH } from "./compile/sources.ts";

const usage = `Usage: deno task compile [--target <triple>]

Writes the standalone executables timesrv and timecli to dist/, and the licences
of what they contain beside them.

  --target <triple>  compile for another system, as \`deno compile --target\` does
  -h, --help         show this help

DENORT_BIN, if set, is the path of the base executable for \`deno compile\`.`;

/** Builds both executables and moves them into dist/. */
async function compile(target: string | undefined): Promise<void> {
  const dist = join(ROOT, "dist");
  await Deno.mkdir(dist, { recursive: true });
  const sources = await hashSources();
  // `deno compile` overwrites only its own output; a failed build leaves the old executables in place.
  const build = await Deno.makeTempDir({ dir: dist, prefix: ".build-" });
  const suffix = (target ?? Deno.build.os).includes("windows") ? ".exe" : "";
  let runtime: Payload | undefined;
  try {
    for (const program of programs) {
      const { name } = program;
      const flags = await flagsOf(program);
      const out = join(build, name);
      const files = await bundleProgram(program);
      // The parts beside the entry, where it looks for them.
      const folder = await Deno.makeTempDir({ dir: build });
      for (const file of files) await Deno.writeTextFile(join(folder, file.name), file.text);
      const entry = join(folder, `${name}.mjs`);
      if (runtime || !await compileNatively({ entry, out, flags, target })) {
        if (!runtime) {
          runtime = await packRuntime(target);
          console.log(
            "The base executable of `deno compile` cannot be fetched and DENORT_BIN is not set: " +
              "packing this Deno into self-extracting executables",
          );
        }
        await pack(out, { name, flags, files, runtime });
      }
    }
    // Before the first executable is replaced: what is there is then of no known sources.
    await Deno.remove(join(dist, SOURCES_HASH)).catch(() => {});
    const times = target === undefined ? await measure(build, suffix) : undefined;
    for (const { name } of programs) {
      const file = join(dist, name + suffix);
      await Deno.rename(join(build, name + suffix), file);
      console.log([
        relative(ROOT, file),
        `${((await Deno.stat(file)).size / 1e6).toFixed(1)} MB`,
        runtime ? "self-extracting" : "compiled",
        times
          ? `first reply after ${times.first[name]} ms on first run, ${times.next[name]} ms after`
          : "not started: it is for another system",
      ].join("  "));
    }
    await Deno.writeTextFile(
      join(dist, "licenses.md"),
      licensePage(await shippedPackages(), await denoLicense()),
    );
    console.log("dist/licenses.md");
    if (target === undefined) await Deno.writeTextFile(join(dist, SOURCES_HASH), `${sources}\n`);
  } finally {
    await Deno.remove(build, { recursive: true });
  }
}

/** Runs the script and returns its exit code. */
async function main(args: string[]): Promise<number> {
  let target: string | undefined;
  try {
    const { values } = parseArgs({
      args,
      options: { target: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) {
      console.log(usage);
      return 0;
    }
    target = values.target;
  } catch (error) {
    console.error(`compile: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  try {
    await compile(target);
    return 0;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    console.error(`compile: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
