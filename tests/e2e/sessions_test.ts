/** What README.md and other documents show runs as it is shown there. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root } from "../support/programs.ts";

/** The pages with sessions, in the order in which they run: a server of one replies in the next too. */
const pages = ["README.md", "docs/output.md", "docs/timecli.md", "docs/classroom.md"];

/** A command of a session, and the lines shown below it. */
interface Step {
  readonly command: string;
  readonly output: string;
}

/** The commands of all console sessions of a page, in their order. */
function stepsOf(page: string): Step[] {
  const sessions = [...page.matchAll(/^```console\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  return sessions.flatMap((text) => text.split(/^\$ /m).slice(1)).map((step) => {
    const [command = ""] = /^.*\n(?:> .*\n)*/.exec(step) ?? [];
    return {
      command: command.trimEnd().replaceAll("\n> ", "\n"),
      output: step.slice(command.length),
    };
  });
}

/** Lines without what differs from run to run: numbers, units of time, names of days and months. */
function shapesOf(text: string): string[] {
  const shapes = text
    .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+/g, "TIME")
    .replaceAll(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2}\b/g, "DAY")
    // An offset of an hour may be `59 min 59.999998 s` the next time.
    .replaceAll(/[+-]?(?:\d+ d )?(?:\d+ h )?\d+ min\b(?: [\d.]+ s\b)?/g, "0")
    // Ports that the system chose; the others stay as they are.
    .replaceAll(/127\.0\.0\.1:\d{5}/g, "127.0.0.1:PORT")
    .replaceAll(/(?<![\w.\/]|[\w\]]:)[+-]?\d[\d,.:-]*(?: (?:ns|µs|ms|s)\b)?/g, "0")
    .replaceAll(/ +/g, " ")
    .split("\n").map((line) => line.trim());
  // `deno task` shows the command it runs.
  return shapes.filter((line) => line !== "" && !line.startsWith("Task "));
}

/** Fails unless a command printed what is shown, and only that; `[...]` stands for any lines. */
function assertShown(printed: string, { command, output }: Step): void {
  const actual = shapesOf(printed);
  const parts = output.split(/^\[\.\.\.\]$/m).map(shapesOf);
  let next = 0;
  for (const [i, part] of parts.entries()) {
    if (i > 0 && part[0] !== undefined) next = Math.max(next, actual.indexOf(part[0], next));
    // The last part is all that is left.
    const end = i === parts.length - 1 && part.length > 0 ? undefined : next + part.length;
    assertEquals(actual.slice(next, end), part, `${command}\n${printed}`);
    next += part.length;
  }
}

/** A folder with commands, to be put first on the path. */
async function commandFolder(
  commands: Readonly<Record<string, readonly string[]>>,
): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [name, words] of Object.entries(commands)) {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(join(folder, name), `#!/bin/sh\nexec ${quoted} "$@"\n`);
    await Deno.chmod(join(folder, name), 0o755);
  }
  return folder;
}

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  Deno.test(
    await where(
      {
        ...needs,
        commands: ["ip", "bash", "python3"],
        permissions: [...needs.permissions ?? [], { name: "env" }, { name: "write" }],
        root: true,
        ipv6: true,
      },
      `documents (${kind}): every session runs as it is shown`,
      async () => {
        // A network of its own, because the ports are fixed.
        const network = `sessions${crypto.randomUUID().slice(0, 8)}`;
        const npx = ["sh", "-c", `shift; exec '${Deno.execPath()}' "$@"`];
        const folder = await commandFolder({ timesrv, timecli, npx });
        const env = { PATH: `${folder}:${Deno.env.get("PATH")}`, NO_COLOR: "1" };
        const servers: { readonly step: Step; readonly process: Running }[] = [];
        try {
          assertEquals((await run(["ip", "netns", "add", network])).code, 0);
          const inNetwork = ["ip", "netns", "exec", network] as const;
          assertEquals((await run([...inNetwork, "ip", "link", "set", "lo", "up"])).code, 0);
          const texts = await Promise.all(pages.map((page) => Deno.readTextFile(root + page)));
          const steps = texts.flatMap(stepsOf);
          assert(steps.length >= 18, `only ${steps.length} commands were found`);
          for (const step of steps) {
            const isServer = /^timesrv | task serve/.test(step.command);
            // Both outputs in one, as on a terminal; a server's log alone.
            const line = `exec ${step.command}${isServer ? "" : " 2>&1"}`;
            const command = [...inNetwork, "bash", "-c", line] as const;
            if (isServer) {
              const process = new Running(command, { cwd: root, env });
              servers.push({ step, process });
              await process.waitFor(
                step.command.includes("--control") ? /Control interface on/ : /Transport: /,
              );
            } else {
              const { stdout } = await run(command, { cwd: root, env });
              assertShown(stdout, step);
            }
          }
          for (const { step, process } of servers) {
            // Requests of other sessions may follow.
            assertShown(process.stderr, { ...step, output: `${step.output}\n[...]` });
          }
        } finally {
          // As Ctrl-C would end them: a task is a process of its own.
          const { stdout } = await run(["ip", "netns", "pids", network]);
          for (const pid of stdout.trim().split("\n")) if (pid) Deno.kill(Number(pid), "SIGINT");
          for (const { process } of servers) await process.ended();
          await run(["ip", "netns", "delete", network]);
          await Deno.remove(folder, { recursive: true });
        }
      },
    ),
  );
}

Deno.test(
  await where(
    { permissions: [{ name: "run" }, { name: "read" }, { name: "write" }] },
    "README.md: a project beside the clone can use the library",
    async () => {
      const page = await Deno.readTextFile(`${root}README.md`);
      const [, config = ""] = /^```json\n(.*?)^```$/ms.exec(page) ?? [];
      const [, example = ""] = /^```ts\n(.*?)^```$/ms.exec(page) ?? [];
      const folder = await Deno.makeTempDir();
      try {
        // Links are URLs, in which the path of a clone may need codes.
        const { href } = new URL("../../", import.meta.url);
        await Deno.writeTextFile(join(folder, "deno.json"), config.replace("../timesrv", href));
        await Deno.writeTextFile(join(folder, "main.ts"), example);
        const command = [Deno.execPath(), "run", "--no-lock", "--allow-net", "main.ts"] as const;
        const { code, stdout, stderr } = await run(command, { cwd: folder });
        assertEquals(code, 0, stderr);
        assert(/^2038-01-19T03:14:\d\d\S*Z PT\S+\n$/.test(stdout), stdout);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
