/** The library as modules for Node, and their types. */
import { dirname, join, relative } from "node:path";
import { deno, ROOT } from "../compile/deno.ts";
import { CompileError } from "../compile/error.ts";

/** The entries of the package, and what they are in the sources. `./load` needs FFI, which Node lacks. */
export const entries: Readonly<Record<string, string>> = {
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
export async function writeLibrary(folder: string): Promise<void> {
  const lib = join(folder, "lib");
  await bundleEntries(lib);
  for await (const path of filesIn(lib, ".js")) await useTemporal(lib, path);
  for (const entry of Object.values(entries)) await guard(join(lib, entry.replace(/ts$/, "js")));
  await Deno.writeTextFile(join(lib, "temporal.js"), TEMPORAL);
  await writeTypes(join(lib, "types"));
}

/** The exports of package.json: Deno takes them too, by its API for Node. */
export function exportsOf(): Record<string, { types: string; default: string }> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => {
      const path = entry.replace(/\.ts$/, "");
      return [name, { types: `./lib/types/${path}.d.ts`, default: `./lib/${path}.js` }];
    }),
  );
}

/** Bundles all entries at once: they share their classes, and `instanceof` works across them. */
async function bundleEntries(lib: string): Promise<void> {
  const system = new URL("../../src/system/", import.meta.url);
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
    const { code, stderr } = await deno(
      ...args,
      "--outdir",
      lib,
      ...Object.values(entries).map((entry) => `./${entry}`),
    );
    if (code !== 0) throw new CompileError(`bundling the library:\n${stderr.trim()}`);
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
    const args = ["pack", "--allow-dirty", "--no-source-maps", "-o", archive];
    const { code, stderr } = await deno(...args);
    if (code !== 0) throw new CompileError(`making the types:\n${stderr.trim()}`);
    const untar = new Deno.Command("tar", { args: ["-xzf", archive, "-C", temp] });
    if (!(await untar.output()).success) throw new CompileError("unpacking the types with tar");
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
