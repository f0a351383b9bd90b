import { assertEquals, assertMatch } from "@std/assert";
import { pathToFileURL } from "node:url";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import { query } from "../../../src/client/query.ts";
import { type Ready, runMain, serveWhile } from "../../support/command_line.ts";
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

Deno.test(
  await where(
    needs,
    "timesrv records to a file, or to standard output after the ready line",
    async () => {
      const file = await Deno.makeTempFile();
      try {
        await Deno.writeTextFile(file, "of an earlier run");
        const use = async ({ listeners: [first] }: Ready): Promise<void> =>
          void await query(first?.url ?? "");
        const events = (text: string): unknown[] =>
          text.trimEnd().split("\n").map((line) => JSON.parse(line).event);
        const { stdout } = await serveWhile([
          "--transport",
          "datagram",
          "--record",
          file,
          "ntp://127.0.0.1:0",
        ], use);
        assertEquals(events(await Deno.readTextFile(file)), ["exchange", "end"]);
        assertEquals(events(stdout), ["ready"]);
        const piped = await serveWhile([
          "--transport",
          "datagram",
          "--record",
          "-",
          "ntp://127.0.0.1:0",
        ], use);
        assertEquals(events(piped.stdout), ["ready", "exchange", "end"]);
        const wrong = await runMain("timesrv", timesrv, [
          "--record",
          `${file}/x`,
          "ntp://127.0.0.1:0",
        ]);
        assertEquals([wrong.code, wrong.stdout], [2, ""]);
        assertMatch(wrong.stderr, /^timesrv: Cannot write the record to .*: /);
      } finally {
        await Deno.remove(file);
      }
    },
  ),
);
