import {
  ALLOWED,
  billOfMaterials,
  licensePage,
  shippedPackages,
} from "../../scripts/compile/packages.ts";
import { CompileError } from "../../scripts/compile/run.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";

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

const reading = { permissions: [{ name: "read" }] } as const;

Deno.test(
  await where(
    reading,
    "the bill of materials has the packages, with the hashes of deno.lock",
    async () => {
      const { npm } = JSON.parse(await Deno.readTextFile(`${root}deno.lock`));
      const { imports } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
      const version = imports["@date-fns/tz"].split("@").at(-1).split("/")[0];
      const text = undefined;
      const bill = JSON.parse(
        await billOfMaterials("1.2.3", [{ name: "@date-fns/tz", version, license: "MIT", text }]),
      );
      assertEquals([bill.bomFormat, bill.specVersion], ["CycloneDX", "1.6"]);
      assertEquals([bill.metadata.component.name, bill.metadata.component.version], [
        "timesrv",
        "1.2.3",
      ]);
      const [runtime, tz, ...others] = bill.components;
      assertEquals(runtime.purl, `pkg:npm/deno@${Deno.version.deno}`);
      assertEquals(tz.purl, `pkg:npm/%40date-fns/tz@${version}`);
      const [hash] = tz.hashes;
      assertMatch(hash.content, /^[0-9a-f]{128}$/);
      const integrity = Uint8Array.fromHex(hash.content).toBase64();
      assertEquals(`sha512-${integrity}`, npm[`@date-fns/tz@${version}`].integrity);
      assertEquals(others, []);
      assertEquals(bill.dependencies, [{ ref: "timesrv", dependsOn: [runtime.purl, tz.purl] }]);

      const unknown = { name: "nosuch", version: "1.0.0", license: "MIT", text };
      await assertRejects(
        () => billOfMaterials("1.2.3", [unknown]),
        CompileError,
        "nosuch@1.0.0 has no SHA-512 in deno.lock",
      );
    },
  ),
);
