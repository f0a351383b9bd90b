// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./compile/deno.ts";
import { CompileError } from "./compile/error.ts";
import { makeContents } from "./compile/folder.ts";
import { flagsOf, LAUNCH_FLAGS, programs } from "./compile/programs.ts";
import { targets } from "./compile/targets.ts";
import { exportsOf, writeLibrary } from "./npm/library.ts";

/** Where npm looks for the systems of an optional dependency itself: each runtime says which one it is for. */
function runtimes(version: string): Record<string, string> {
  return Object.fromEntries(targets.map(({ runtime }) => [runtime, version]));
}

/** Writes the npm package with both programs and the library into a folder, and packs it. */
async function writePackage(folder: string, archive: string): Promise<void> {
  const { version, license } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const { modules, documents } = await makeContents();
  for (const { name, text } of modules) await write(join(folder, "programs", name), text);
  for (const [path, text] of Object.entries(documents)) await write(join(folder, path), text);
  for (const name of ["timesrv", "timecli"]) {
    await write(
      join(folder, "man", `${name}.1`),
      await Deno.readTextFile(join(ROOT, "man", `${name}.1`)),
    );
  }
  await write(
    join(folder, "bin", "launch.js"),
    await Deno.readTextFile(join(ROOT, "scripts", "npm", "launch.js")),
  );
  for (const program of programs) {
    const flags = [...await flagsOf(program), ...LAUNCH_FLAGS];
    const file = join(folder, "bin", `${program.name}.js`);
    await write(
      file,
      `#!/usr/bin/env node\nimport { launch } from "./launch.js";\n` +
        `launch("${program.name}", ${JSON.stringify(flags)});\n`,
    );
    await Deno.chmod(file, 0o755);
  }
  await writeLibrary(folder);
  await write(
    join(folder, "package.json"),
    `${JSON.stringify(manifest(version, license), null, 2)}\n`,
  );
  const { success, stdout, stderr } = await new Deno.Command("npm", {
    args: ["pack", "--silent", "--pack-destination", dirname(archive)],
    cwd: folder,
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new CompileError(`npm pack: ${decoder.decode(stderr).trim()}`);
  await Deno.rename(join(dirname(archive), decoder.decode(stdout).trim()), archive);
}

function manifest(version: string, license: string): object {
  return {
    name: "timesrv",
    version,
    description: "Serve, query and test the time over UDP: NTP, Time, Daytime and plain text",
    keywords: ["ntp", "ntp-server", "ntp-client", "time", "clock", "udp", "testing"],
    license,
    type: "module",
    bin: { timesrv: "bin/timesrv.js", timecli: "bin/timecli.js" },
    man: ["man/timesrv.1", "man/timecli.1"],
    exports: exportsOf(),
    // To start the programs; the library runs in Node 24, and says so.
    engines: { node: ">=16" },
    dependencies: { "temporal-polyfill": "1.0.8" },
    optionalDependencies: runtimes(Deno.version.deno),
  };
}

async function write(file: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, text);
}

async function main(): Promise<void> {
  const { values: { out } } = parseArgs({
    options: { out: { type: "string", default: join(ROOT, "dist", "timesrv-npm.tgz") } },
  });
  await Deno.mkdir(dirname(out), { recursive: true });
  const folder = await Deno.makeTempDir({ prefix: "timesrv-npm-" });
  try {
    await writePackage(folder, out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const { size } = await Deno.stat(out);
  console.log(`${relative(Deno.cwd(), out)}  ${(size / 1e6).toFixed(1)} MB`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CompileError)) throw error;
  console.error(`npm: ${error.message}`);
  Deno.exit(1);
}
