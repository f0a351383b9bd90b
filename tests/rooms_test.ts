import { assert, assertEquals } from "@std/assert";
import { where } from "./support/needs.ts";
import { root } from "./support/programs.ts";

/** The rooms of `src/` from the ground up: each imports only from those before it. */
const rooms = [
  "text",
  "system",
  "options",
  "clock",
  "crypto",
  "protocols",
  "http",
  "transports",
  "client",
  "explain",
  "load",
  "discipline",
  "page",
  "server",
  "cli",
];

/** Where `src/` is entered: the library's entries, the programs, a thread, the npm package, a check of types. */
async function readEntries(): Promise<string[]> {
  const { exports }: { exports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(`${root}deno.json`),
  );
  const paths = Object.values(exports).map((path) => path.slice(2));
  return [
    ...paths,
    "src/server/workers/worker.ts",
    "src/system/node_runtime.ts",
    "src/page/check.json",
  ];
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

/** The files that each file of `src/` and each entry imports, types included. */
async function readImports(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const graph = new Map<string, Set<string>>();
  for (const path of [...await readEntries(), ...await Array.fromAsync(filesIn("src"))]) {
    // Examples in documentation import the file that they stand in.
    const text = (await Deno.readTextFile(root + path)).replaceAll(/^ *\* .*$/gm, "");
    const specifiers = text.matchAll(
      /\b(?:from|import) ?\(?\s*"(\.[^"]+\.(?:ts|js|css|svg|html))"/g,
    );
    const targets = specifiers.map(([, to = ""]) =>
      new URL(to, `file:///${path}`).pathname.slice(1)
    );
    graph.set(path, new Set(targets));
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

const needs = { permissions: [{ name: "read" }] } as const;

Deno.test(
  await where(needs, "no room imports from one below it, and no imports go round", async () => {
    const imports = await readImports();
    const paths = [...imports.keys()].filter((path) => path.startsWith("src/"));
    assert(paths.length > 100, `only ${paths.length} modules of src/ were found`);
    assertEquals(paths.filter((path) => !rooms.includes(roomOf(path))), []);
    const upwards = paths.flatMap((path) =>
      [...imports.get(path) ?? []]
        .filter((each) => rooms.indexOf(roomOf(each)) > rooms.indexOf(roomOf(path)))
        .map((each) => `${path} imports ${each}`)
    );
    assertEquals(upwards, []);
    assertEquals(findCircle(imports), undefined);
  }),
);

Deno.test(
  await where(needs, "every file of src/ is reached from an entry", async () => {
    const imports = await readImports();
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      assert(imports.has(path), `${path} is imported, but is not there`);
      imports.get(path)?.forEach(visit);
    };
    (await readEntries()).forEach(visit);
    // `deno task page` makes of it what is served.
    visit("src/page/timesync.js");
    assertEquals([...imports.keys()].filter((path) => !reached.has(path)), []);
  }),
);

Deno.test(
  await where(needs, "no folder of src/ has more than 24 files", async () => {
    const imports = await readImports();
    const folders = Map.groupBy(imports.keys(), (path) => path.slice(0, path.lastIndexOf("/")));
    const large = [...folders].filter(([, { length }]) => length > 24).map(([folder]) => folder);
    assertEquals(large, []);
  }),
);

Deno.test(
  await where(needs, "no file of src/ has more than 350 lines", async () => {
    const long: string[] = [];
    for await (const path of filesIn("src")) {
      const lines = (await Deno.readTextFile(root + path)).split("\n").length - 1;
      if (lines > 350) long.push(`${path}: ${lines}`);
    }
    assertEquals(long, []);
  }),
);

Deno.test(
  await where(needs, "each test of a room is named after a file of that room", async () => {
    const imports = await readImports();
    const strays: string[] = [];
    for await (const path of filesIn("tests")) {
      const subject = /^tests\/(.*?)(?:_native)?_test\.ts$/.exec(path)?.[1];
      if (subject === undefined || !rooms.includes(roomOf(path))) continue;
      const isNamed = [...imports.keys()].some((file) =>
        `src/${subject}_`.startsWith(`${file.slice(0, -".ts".length)}_`)
      );
      if (!isNamed) strays.push(path);
    }
    assertEquals(strays, []);
  }),
);

Deno.test(
  await where(needs, "no start loads modules of Node or locale data", async () => {
    // An executable is one module, whose static imports are loaded before its first line. Each of these costs
    // 8 ms or more, and 5 MB.
    const slow = /^(?:import|export) (?!type\b)[^;]*?"node:|\bIntl\.|\.toLocale/m;
    // None of these is called at a start.
    const exceptions = [
      "src/cli/timecli/top/screen.ts",
      "src/client/check/thresholds.ts",
      "src/server/http/web/world_time.ts",
      "src/server/log/totals.ts",
      "src/system/local_time.ts",
      "src/system/node_runtime.ts",
    ];
    for await (const path of filesIn("src")) {
      const text = await Deno.readTextFile(root + path);
      // A comment may name what its code avoids.
      const code = text.replaceAll(/^ *(?:\/?\*|\/\/).*$/gm, "");
      // Those of the page run in a browser.
      const isExempt = exceptions.includes(path) || path.startsWith("src/page/");
      assert(isExempt || !slow.test(code), path);
    }
  }),
);
