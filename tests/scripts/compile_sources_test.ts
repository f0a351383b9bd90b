import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join, relative } from "node:path";
import { deno } from "../../scripts/compile/run.ts";
import { programs } from "../../scripts/compile/programs.ts";
import {
  findStaleness,
  hashSources,
  SOURCES,
  SOURCES_HASH,
} from "../../scripts/compile/sources.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

Deno.test(
  await where(
    { permissions: [{ name: "read" }, { name: "write" }] },
    "findStaleness finds every change of what the executables are made from, and no other",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const dist = join(folder, "dist");
        for (const name of ["src/text", "scripts/compile", "tests", "dist"]) {
          await Deno.mkdir(join(folder, name), { recursive: true });
        }
        const files = ["deno.json", "deno.lock", "server.ts", "client.ts", "src/text/a.ts"];
        files.push("scripts/compile.ts", "scripts/compile/launcher.sh");
        for (const name of files) await Deno.writeTextFile(join(folder, name), name);
        assertMatch(await findStaleness(dist, folder) ?? "", /run `deno task compile` first$/);

        const hash = await hashSources(folder);
        assertMatch(hash, /^[0-9a-f]{64}$/);
        await Deno.writeTextFile(join(dist, SOURCES_HASH), `${hash}\n`);
        assertEquals(await findStaleness(dist, folder), undefined);
        await Deno.writeTextFile(join(folder, "tests/a_test.ts"), "changed");
        assertEquals(await findStaleness(dist, folder), undefined);

        for (const name of files) {
          await Deno.writeTextFile(join(folder, name), "changed");
          assertMatch(await findStaleness(dist, folder) ?? "", /deno task compile/, name);
          await Deno.writeTextFile(join(folder, name), name);
          assertEquals(await findStaleness(dist, folder), undefined);
        }
        const old = join(folder, "src/text/a.ts");
        const renamed = join(folder, "src/text/b.ts");
        await Deno.rename(old, renamed);
        assertNotEquals(await hashSources(folder), hash);
        await Deno.copyFile(renamed, old);
        assertNotEquals(await hashSources(folder), hash);
        await Deno.remove(renamed);
        assertEquals(await hashSources(folder), hash);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(
    { permissions: [{ name: "run" }, { name: "read" }] },
    "hashSources reads every module of the programs",
    async () => {
      const entries = programs.flatMap((
        { entry, worker, parts = [] },
      ) => [entry, worker ?? entry, ...parts.map((part) => part.entry)]);
      for (const entry of entries) {
        const { modules } = JSON.parse(await deno("info", "--json", entry));
        const local: string[] = modules.map(({ local }: { local?: string }) => local)
          .filter((path?: string) => path !== undefined && !path.includes("/npm/"))
          .map((path: string) => relative(root, path));
        assert(local.includes(entry), entry);
        const missed = local.filter((path) =>
          !SOURCES.some((source) => path === source || path.startsWith(`${source}/`))
        );
        assertEquals(missed, [], entry);
      }
    },
  ),
);
