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
      import { openRecord } from "${pathToFileURL(root).href}src/cli/shared/files.ts";
      const record = openRecord(Deno.args[0]);
      const { state } = Deno.permissions.querySync({ name: "write" });
      console.log(state, await record?.write(new TextEncoder().encode("line")));
    `;
      const url = `data:text/typescript,${encodeURIComponent(code)}`;
      // The one permission that a user gives for it, as docs/testing.md has it.
      const deno = [
        Deno.execPath(),
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-write",
        url,
      ] as const;
      try {
        // Asking again is what a prompt would do, and there is none.
        await Deno.writeTextFile(file, "of an earlier run");
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
        for (
          const [name, message] of [
            [
              `${file}/x`,
              /^timesrv: Cannot write the record to \S+: Not a directory \(os error 20\)$/m,
            ],
            [
              `${file}.none/x`,
              /^timesrv: Cannot write the record to \S+: there is no such folder$/m,
            ],
            ["", /^timesrv: --record is "", expected the name of a file$/m],
          ] as const
        ) {
          const wrong = await runMain("timesrv", timesrv, ["--record", name, "ntp://127.0.0.1:0"]);
          assertEquals([wrong.code, wrong.stdout], [2, ""]);
          assertMatch(wrong.stderr, message);
        }
      } finally {
        await Deno.remove(file);
      }
    },
  ),
);

Deno.test(
  await where(needs, "a server that does not start leaves the record of another one", async () => {
    const file = await Deno.makeTempFile();
    const own = { hostname: "127.0.0.1", port: 0, transport: "udp" } as const;
    const taken = Deno.listenDatagram(own);
    const { port } = taken.addr as Deno.NetAddr;
    try {
      await Deno.writeTextFile(file, "of another server");
      for (
        const [code, args, message] of [
          [1, [`ntp://127.0.0.1:${port}`], /Cannot listen on udp/],
          [2, ["--max-clients", "5", "ntp://127.0.0.1:0"], /--max-clients needs --control/],
          [2, ["--control-read-only", "ntp://127.0.0.1:0"], /--control-read-only needs/],
          [2, ["--http-parts", "page", "ntp://127.0.0.1:0"], /--http-parts needs --http/],
          [2, ["--rate-kod", "2", "ntp://127.0.0.1:0"], /--rate-kod is "2"/],
        ] as const
      ) {
        const outcome = await runMain("timesrv", timesrv, ["--record", file, ...args]);
        assertMatch(outcome.stderr, message);
        assertEquals([outcome.code, await Deno.readTextFile(file)], [code, "of another server"]);
      }
    } finally {
      taken.close();
      await Deno.remove(file);
    }
  }),
);
