import { assert, assertEquals } from "@std/assert";
import { where } from "./support/needs.ts";
import { run } from "./support/process.ts";
import { root } from "./support/programs.ts";

/** The rooms of `src/` from the ground up: each imports only from those before it. */
const rooms = [
  "text",
  "system",
  "options",
  "clock",
  "protocols",
  "transports",
  "client",
  "explain",
  "load",
  "discipline",
  "server",
  "cli",
];

/** What `deno info --json` says of a module, as far as it is used here. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/** The files of the project that each of its files imports, types included; paths from its root. */
async function importGraph(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const graph = new Map<string, Set<string>>();
  const base = new URL(`file://${encodeURI(root)}`).href;
  const command = [Deno.execPath(), "info", "--json"] as const;
  const { exports } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const entry of [...Object.values<string>(exports), "src/server/workers/worker.ts"]) {
    const { code, stdout, stderr } = await run([...command, entry], { cwd: root });
    assertEquals(code, 0, stderr);
    const { modules }: { modules: readonly Module[] } = JSON.parse(stdout);
    for (const { specifier, dependencies = [] } of modules) {
      if (!specifier.startsWith(base)) continue;
      const imported = dependencies.flatMap(({ code, type }) =>
        [code?.specifier, type?.specifier].filter((each) => each?.startsWith(`${base}src/`))
      );
      const targets = imported.map((each) => (each ?? "").slice(base.length));
      graph.set(specifier.slice(base.length), new Set(targets));
    }
  }
  return graph;
}

function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** The first circle of imports that is found, as the paths along it. */
function findCircle(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  function visit(path: string): string[] | undefined {
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    if (done.has(path)) return undefined;
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    trail.pop();
    done.add(path);
    return undefined;
  }
  for (const path of graph.keys()) {
    const circle = visit(path);
    if (circle) return circle;
  }
  return undefined;
}

const needs = { permissions: [{ name: "run" }, { name: "read" }] } as const;

Deno.test(
  await where(
    needs,
    "rooms: no room imports from one below it, and no imports go round",
    async () => {
      const graph = await importGraph();
      const paths = [...graph.keys()].filter((path) => path.startsWith("src/"));
      assert(paths.length > 100, `only ${paths.length} modules of src/ were found`);
      assertEquals(paths.filter((path) => !rooms.includes(roomOf(path))), []);
      const upwards = paths.flatMap((path) =>
        [...graph.get(path) ?? []]
          .filter((each) => rooms.indexOf(roomOf(each)) > rooms.indexOf(roomOf(path)))
          .map((each) => `${path} imports ${each}`)
      );
      assertEquals(upwards, []);
      assertEquals(findCircle(graph), undefined);
    },
  ),
);
