// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { dirname, join, relative } from "node:path";
import { type Arguments, defineCommand } from "../src/cli/shared/command.ts";
import { file } from "../src/options/field.ts";
import { runCommand } from "./bench/options.ts";
import { makeContents } from "./compile/folder.ts";
import { flagsOf, LAUNCH_FLAGS, programs } from "./compile/programs.ts";
import { deno, ROOT, run } from "./compile/run.ts";
import { targets } from "./compile/targets.ts";

const groups = {
  "Options:": {
    out: file({ name: "out", help: "write it here", default: "dist/timesrv-npm.tgz" }),
  },
} as const;

const command = defineCommand({
  name: "npm",
  hasManual: false,
  description: "Makes the npm package, with both programs and with the library for Node.",
  positionals: [],
  groups,
  notes: "",
  run: makePackage,
});

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
  const args = ["pack", "--silent", "--pack-destination", dirname(archive)];
  const name = (await run("npm", args, { cwd: folder })).trim();
  await Deno.rename(join(dirname(archive), name), archive);
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

async function makePackage(
  { values: { out = join(ROOT, "dist", "timesrv-npm.tgz") } }: Arguments<typeof groups>,
): Promise<void> {
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

/** The entries of the package, and what they are in the sources. `./load` needs FFI, which Node lacks. */
const entries: Readonly<Record<string, string>> = {
  ".": "mod.ts",
  "./measure": "src/client/mod.ts",
  "./testing": "src/server/mod.ts",
  "./protocols": "src/protocols/mod.ts",
  "./explain": "src/explain/mod.ts",
};

/** Node 24 has no Temporal; later versions have their own. */
const TEMPORAL = `import { Temporal as polyfill } from "temporal-polyfill";
export const Temporal = globalThis.Temporal ?? polyfill;
`;

/**
 * Writes the library into a folder, its entries as `lib/…/mod.js`.
 *
 * @throws {CompileError} If Deno cannot bundle it
 */
async function writeLibrary(folder: string): Promise<void> {
  const lib = join(folder, "lib");
  await bundleEntries(lib);
  for await (const path of filesIn(lib, ".js")) await useTemporal(lib, path);
  for (const entry of Object.values(entries)) await guard(join(lib, entry.replace(/ts$/, "js")));
  await Deno.writeTextFile(join(lib, "temporal.js"), TEMPORAL);
  await writeTypes(join(lib, "types"));
}

/** The exports of package.json: Deno takes them too, by its API for Node. */
function exportsOf(): Record<string, { types: string; default: string }> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => {
      const path = entry.replace(/\.ts$/, "");
      return [name, { types: `./lib/types/${path}.d.ts`, default: `./lib/${path}.js` }];
    }),
  );
}

/** Bundles all entries at once: they share their classes, and `instanceof` works across them. */
async function bundleEntries(lib: string): Promise<void> {
  const system = new URL("../src/system/", import.meta.url);
  const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const map = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(
      map,
      JSON.stringify({
        imports: {
          ...imports,
          [new URL("runtime.ts", system).href]: new URL("node_runtime.ts", system).href,
        },
      }),
    );
    const args = ["bundle", "--format=esm", "--code-splitting", `--import-map=${map}`];
    await deno(...args, "--outdir", lib, ...Object.values(entries).map((entry) => `./${entry}`));
  } finally {
    await Deno.remove(map);
  }
}

async function useTemporal(lib: string, path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  if (!/\bTemporal\b/.test(text)) return;
  const to = relative(dirname(path), join(lib, "temporal.js")).replaceAll("\\", "/");
  const specifier = to.startsWith(".") ? to : `./${to}`;
  await Deno.writeTextFile(path, `import { Temporal } from "${specifier}";\n${text}`);
}

/** An older Node reads an entry before all that it imports, and quotes this line: it knows no `using`. */
const GUARD = "{ using timesrv_needs_Node_24_or_newer = null; }\n";

async function guard(path: string): Promise<void> {
  await Deno.writeTextFile(path, GUARD + await Deno.readTextFile(path));
}

/** Takes the declarations that `deno pack` makes. */
async function writeTypes(types: string): Promise<void> {
  const temp = await Deno.makeTempDir({ prefix: "timesrv-types-" });
  try {
    const archive = join(temp, "package.tgz");
    await deno("pack", "--allow-dirty", "--no-source-maps", "-o", archive);
    await run("tar", ["-xzf", archive, "-C", temp]);
    const root = join(temp, "package");
    for await (const path of filesIn(root, ".d.ts")) {
      const to = join(types, relative(root, path));
      await Deno.mkdir(dirname(to), { recursive: true });
      const text = await Deno.readTextFile(path);
      const uses = /\bTemporal\./.test(text)
        ? '/// <reference types="temporal-spec/global" />\n'
        : "";
      await Deno.writeTextFile(to, uses + text.replaceAll(/(from\s+"\.[^"]*)\.ts"/g, '$1.js"'));
    }
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
}

/** The files below a folder whose names end so. */
async function* filesIn(folder: string, end: string): AsyncGenerator<string> {
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(folder))) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path, end);
    else if (name.endsWith(end)) yield path;
  }
}

if (import.meta.main) Deno.exit(await runCommand(command));
