import { assert, assertEquals } from "@std/assert";
import { ALLOWED, licensePage, shippedPackages } from "../../scripts/compile/licenses.ts";
import { where } from "../support/needs.ts";

const needs = { permissions: [{ name: "run" }, { name: "read" }, { name: "env" }] } as const;

Deno.test(
  await where(
    needs,
    "every package in the executables has a licence that may be shipped",
    async () => {
      const packages = await shippedPackages();
      const names = packages.map(({ name }) => name);
      assert(names.includes("date-fns"), "a package of the programs is listed");
      assert(!names.includes("fast-check"), "a package of the tests is not");
      assertEquals(packages.filter(({ license }) => !ALLOWED.includes(license)), []);
    },
  ),
);

Deno.test("licensePage() lists each package and gives its text", () => {
  const page = licensePage([
    { name: "a", version: "1.0.0", license: "MIT", text: "Permission is\r\nhereby granted" },
    { name: "b", version: "2.1.0", license: "ISC", text: undefined },
  ], "MIT License");
  assert(page.includes("| a | 1.0.0 | MIT | below |\n| b | 2.1.0 | ISC | no |\n"), page);
  assert(page.includes("\n\n## Deno\n\n```text\nMIT License\n```\n\n## a\n"), page);
  assert(page.endsWith("## a\n\n```text\nPermission is\nhereby granted\n```\n"), page);
});
