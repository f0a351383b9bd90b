import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { where } from "../../support/needs.ts";
import { run } from "../../support/process.ts";
import { root } from "../../support/programs.ts";

const needs = { permissions: [{ name: "run" }, { name: "read" }, { name: "write" }] } as const;

Deno.test(
  await where(
    needs,
    "openRecord gives up the permission to write, with a file and without",
    async () => {
      const file = await Deno.makeTempFile();
      const code = `
      import { openRecord } from "${pathToFileURL(root).href}src/cli/timesrv/record_file.ts";
      const record = openRecord(Deno.args[0]);
      const { state } = Deno.permissions.querySync({ name: "write" });
      console.log(state, await record?.write(new TextEncoder().encode("line")));
    `;
      const url = `data:text/typescript,${encodeURIComponent(code)}`;
      const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "-RW", url] as const;
      try {
        // Asking again is what a prompt would do, and there is none.
        assertEquals((await run([...deno, file])).stdout, "prompt 4\n");
        assertEquals(await Deno.readTextFile(file), "line");
        assertEquals((await run(deno)).stdout, "prompt undefined\n");
      } finally {
        await Deno.remove(file);
      }
    },
  ),
);
