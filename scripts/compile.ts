// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join, relative } from "node:path";
import { type Arguments, defineCommand } from "../src/cli/shared/command.ts";
import { UsageError } from "../src/cli/shared/errors.ts";
import { flag, list, oneOf } from "../src/options/field.ts";
import { runCommand } from "./bench/options.ts";
import { SUMS, writeArchive, writeSums } from "./compile/archive.ts";
import { bundleProgram, compileNatively } from "./compile/bundle.ts";
import { folderName, makeContents, writeFolder } from "./compile/folder.ts";
import { measure } from "./compile/measure.ts";
import { pack, packRuntime, type Payload } from "./compile/pack.ts";
import { denoLicense, licensePage, shippedPackages } from "./compile/packages.ts";
import { flagsOf, programs } from "./compile/programs.ts";
import { ROOT } from "./compile/run.ts";
import { hashSources, SOURCES_HASH } from "./compile/sources.ts";
import { findTarget, type Target, targets } from "./compile/targets.ts";

const groups = {
  "Options:": {
    isNative: flag({
      name: "native",
      help: "fail where `deno compile` cannot fetch its base executable, instead of writing " +
        "executables that unpack themselves",
      conflicts: ["folder"],
    }),
    isFolder: flag({
      name: "folder",
      help: "write a folder with both programs, their manual and the Deno that npm has for the " +
        "system, to dist/TARGET/, and an archive of it to dist/archives/",
    }),
    names: list(oneOf([...targets.map(({ triple }) => triple), "all"], {
      name: "target",
      syntax: "<target>",
      help: "compile for another system, to dist/TARGET/; repeatable, and with --folder all",
    })),
  },
} as const;

const command = defineCommand({
  name: "compile",
  hasManual: false,
  description:
    "Writes the standalone executables timesrv and timecli to dist/, and the licences of " +
    "what they contain beside them.",
  positionals: [],
  groups,
  notes: "DENORT_BIN, if set, is the path of the base executable for `deno compile`.",
  run,
});

const DIST = join(ROOT, "dist");

/** Builds both executables and moves them into dist/, or into the folder of another system there. */
async function compile(target: Target | undefined, isNative: boolean): Promise<void> {
  const dist = target === undefined ? DIST : join(DIST, target.triple);
  await Deno.mkdir(dist, { recursive: true });
  const sources = await hashSources();
  // `deno compile` overwrites only its own output; a failed build leaves the old executables in place.
  const build = await Deno.makeTempDir({ dir: dist, prefix: ".build-" });
  const suffix = target?.isWindows ?? Deno.build.os === "windows" ? ".exe" : "";
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
      if (runtime || !await compileNatively({ entry, out, flags, target: target?.triple })) {
        if (!runtime) {
          runtime = await packRuntime(target?.triple, isNative);
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
        await formatSize(file),
        runtime ? "self-extracting" : "compiled",
        times
          ? `first reply after ${times.first[name]} ms on first run, ${times.next[name]} ms after`
          : "not started: it is for another system",
      ].join("  "));
    }
    const licenses = join(dist, "licenses.md");
    await Deno.writeTextFile(licenses, licensePage(await shippedPackages(), await denoLicense()));
    console.log(relative(ROOT, licenses));
    if (target === undefined) await Deno.writeTextFile(join(dist, SOURCES_HASH), `${sources}\n`);
  } finally {
    await Deno.remove(build, { recursive: true });
  }
}

/**
 * Writes a folder and its archive for each system, and the hashes of all archives.
 *
 * @param dist The folder that they are written to
 * @returns The paths of the archives, and of the list of what is in them
 */
export async function archive(systems: readonly Target[], dist = DIST): Promise<string[]> {
  const contents = await makeContents();
  const archives = join(dist, "archives");
  await Deno.mkdir(archives, { recursive: true });
  const written: string[] = [];
  for (const target of systems) {
    const folder = join(dist, target.triple, folderName(contents, target));
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await writeFolder(folder, target, contents);
    written.push(join(archives, await writeArchive(folder, target, archives)));
  }
  const bill = join(archives, `timesrv-${contents.version}.cdx.json`);
  await Deno.writeTextFile(bill, contents.bill);
  written.push(bill);
  await writeSums(archives);
  return written;
}

async function formatSize(file: string): Promise<string> {
  return `${((await Deno.stat(file)).size / 1e6).toFixed(1)} MB`;
}

async function run({ values }: Arguments<typeof groups>): Promise<void> {
  const { isNative = false, isFolder = false, names = [] } = values;
  const isAll = names.includes("all");
  if (isAll && !isFolder) throw new UsageError("--target all needs --folder");
  const systems = isAll ? targets : names.map(findTarget);
  if (isFolder) {
    const written = await archive(systems.length > 0 ? systems : [findTarget(Deno.build.target)]);
    for (const file of written) console.log(`${relative(ROOT, file)}  ${await formatSize(file)}`);
    console.log(join("dist", "archives", SUMS));
  } else if (systems.length === 0) await compile(undefined, isNative);
  else for (const target of systems) await compile(target, isNative);
}

if (import.meta.main) Deno.exit(await runCommand(command));
