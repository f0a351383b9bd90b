import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CompileError } from "../../scripts/compile/error.ts";
import { billOfMaterials } from "../../scripts/compile/sbom.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

const needs = { permissions: [{ name: "read" }] } as const;

Deno.test(
  await where(
    needs,
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
