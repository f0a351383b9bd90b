import { assert, assertEquals } from "@std/assert";
import { ALLOWED, licensePage, shippedPackages } from "../../scripts/licenses.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

const needs = {
  permissions: [{ name: "run" }, { name: "read" }, { name: "env" }],
  files: [`${root}docs/licenses.md`],
} as const;

Deno.test(
  await where(
    needs,
    "every package in the executables has a licence that may be shipped",
    async () => {
      const packages = await shippedPackages();
      // What the command lines are made with is among them, what only tests use is not.
      const names = packages.map(({ name }) => name);
      assert(names.includes("commander") && !names.includes("fast-check"), names.join(", "));
      assertEquals(packages.filter(({ license }) => !ALLOWED.includes(license)), []);
    },
  ),
);

Deno.test(
  await where(needs, "docs/licenses.md is what deno task licenses writes", async () => {
    const plain = (page: string): string => page.replace(/-{3,}/g, "---").replace(/\s+/g, " ");
    const written = await Deno.readTextFile(`${root}docs/licenses.md`);
    assertEquals(plain(written), plain(licensePage(await shippedPackages())));
  }),
);
