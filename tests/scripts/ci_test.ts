import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

const read = { permissions: [{ name: "read" }] } as const;

Deno.test(
  await where(read, ".ci/deno pins Deno and its executables by their hashes", async () => {
    const pinned = JSON.parse(await Deno.readTextFile(`${root}.ci/deno/package.json`));
    const version = pinned.dependencies.deno;
    assertEquals(pinned, { private: true, dependencies: { deno: version } });
    const text = await Deno.readTextFile(`${root}.ci/deno/package-lock.json`);
    // The registry is each machine's own choice.
    assert(!text.includes("resolved") && !text.includes("://"), "no registry is named");
    const { "": project, ...packages } = JSON.parse(text).packages;
    assertEquals(project, { dependencies: { deno: version } });
    assertEquals(Object.keys(packages).toSorted(), [
      "node_modules/@deno/darwin-arm64",
      "node_modules/@deno/darwin-x64",
      "node_modules/@deno/linux-arm64-glibc",
      "node_modules/@deno/linux-x64-glibc",
      "node_modules/@deno/win32-arm64",
      "node_modules/@deno/win32-x64",
      "node_modules/deno",
    ]);
    for (const [name, each] of Object.entries<{ version: string; integrity: string }>(packages)) {
      assertEquals(each.version, version, name);
      assertMatch(each.integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, name);
    }
  }),
);

Deno.test(
  await where(read, ".ci/run takes no other Deno, and the documents name the same", async () => {
    const script = await Deno.readTextFile(`${root}.ci/run`);
    assertStringIncludes(script, "npm ci --ignore-scripts");
    assert(!script.includes("npx"), "npx believes the registry");
    const { dependencies } = JSON.parse(await Deno.readTextFile(`${root}.ci/deno/package.json`));
    for (const page of ["README.md", "CONTRIBUTING.md", "docs/deployment.md", "docs/testing.md"]) {
      const text = await Deno.readTextFile(`${root}${page}`);
      for (const [, version] of text.matchAll(/\bdeno@(\d[\w.]*\w)/g)) {
        assertEquals(version, dependencies.deno, page);
      }
    }
  }),
);
