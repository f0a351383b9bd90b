/** What docs/classroom.md shows works as it is written there; its sessions and TypeScript run with all others. */
import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "node:path";
import { query } from "../../mod.ts";
import { type Needs, where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { root, source, startServer } from "../support/programs.ts";
import { freePort } from "../support/udp_client.ts";

const needs: Needs = {
  ...source.needs,
  permissions: [...source.needs.permissions ?? [], { name: "write" }],
};

/** The blocks of a language, in their order, with other ports. */
async function examples(language: string, port: number): Promise<string[]> {
  const page = await Deno.readTextFile(`${root}docs/classroom.md`);
  const blocks = page.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].filter(([, each]) => each === language)
    .map(([, , text = ""]) => text.replaceAll(/\b888[89]\b/g, String(port)));
}

/** A folder with files, and with the programs as commands. */
async function createFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text, { mode: 0o755 });
  }
  return folder;
}

const REPLY = /^Reply from time server: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n/;

Deno.test(
  await where(
    { ...needs, commands: ["python3"] },
    "docs/classroom.md: both servers answer both clients",
    async () => {
      const port = freePort();
      const [server = "", client = ""] = await examples("python", port);
      const folder = await createFolder({ "time_server.py": server, "time_client.py": client });
      const ask = ["python3", join(folder, "time_client.py")] as const;
      const listening = server.replace(
        "while True:",
        'print("listening", flush=True)\nwhile True:',
      );
      try {
        await Deno.writeTextFile(join(folder, "listening.py"), listening);
        {
          await using python = new Running(["python3", join(folder, "listening.py")], {
            stdout: "piped",
          });
          await python.waitFor(/listening/, { stream: "stdout" });
          assertMatch((await run(ask)).stdout, REPLY);
          assertEquals((await query(`asctime://127.0.0.1:${port}`)).text.length, 24);
        }
        const args = [`asctime://127.0.0.1:${port}`];
        await using _timesrv = (await startServer(source.timesrv, args)).server;
        assertMatch((await run(ask)).stdout, REPLY);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(
    { ...needs, commands: ["sh"] },
    "docs/classroom.md: a delayed reply holds up no other client",
    async () => {
      const port = freePort();
      const [start = "", clients = ""] = await examples("sh", port);
      const [, ...args] = start.trim().split(" ");
      const words = source.timecli.map((word) => `'${word}'`).join(" ");
      const folder = await createFolder({ timecli: `#!/bin/sh\nexec ${words} "$@"\n` });
      try {
        const { server } = await startServer(source.timesrv, args);
        await using _server = server;
        const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
        const { stdout, stderr } = await run(["sh", "-c", clients], { env });
        const seconds = [...stdout.matchAll(/^after (\d+) s$/gm)].map(([, text]) => Number(text));
        const [first = NaN, second = NaN, last = NaN, ...others] = seconds.toSorted((a, b) =>
          a - b
        );
        assertEquals(others, [], stdout + stderr);
        assertGreater(last, 2, stdout + stderr);
        assertGreater(last, second, stdout + stderr);
        assertGreater(last, first, stdout + stderr);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
