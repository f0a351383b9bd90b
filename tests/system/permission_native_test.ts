import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

const needs = { permissions: [{ name: "run" }, { name: "read" }] } as const;

Deno.test(
  await where(
    needs,
    "environmentVariable reads what is not UTF-8 as no value of any option",
    async () => {
      const code = `
      import { environmentVariable } from "${pathToFileURL(root).href}src/system/permission.ts";
      console.log(JSON.stringify(["A", "B", "C"].map(environmentVariable)));
    `;
      const url = `data:text/typescript,${encodeURIComponent(code)}`;
      const shell = 'A=$(printf "a\\377") B=µ exec "$0" run --quiet --no-prompt --allow-env "$1"';
      const { stdout, stderr } = await run(["sh", "-c", shell, Deno.execPath(), url]);
      assertEquals([stdout, stderr], ['["\ufffd","µ",null]\n', ""]);
    },
  ),
);
