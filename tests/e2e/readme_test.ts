/** Every session in README.md and docs/output.md runs as it is shown there. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root } from "../support/programs.ts";

/** A command of a session, and the lines shown below it. */
interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

/** The commands of all console sessions of a page, in their order. */
function stepsOf(page: string): Step[] {
  const sessions = [...page.matchAll(/^```console\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  return sessions.flatMap((text) => text.split(/^\$ /m).slice(1)).map((step) => {
    const lines = step.trimEnd().split("\n");
    const end = lines.findIndex((line, i) => i > 0 && !line.startsWith("> "));
    const [command, output] = end < 0 ? [lines, []] : [lines.slice(0, end), lines.slice(end)];
    return { command: command.join("\n").replaceAll("\n> ", "\n"), output };
  });
}

/** A line without what differs from run to run: numbers, units of time, names of days and months. */
function shapeOf(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+/g, "TIME")
    .replaceAll(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2}\b/g, "DAY")
    // Ports and addresses stay as they are; those that the system chose have five digits.
    .replaceAll(/127\.0\.0\.1:\d{5}/g, "127.0.0.1:PORT")
    .replaceAll(/(?<![\w.\/]|[\w\]]:)[+-]?\d[\d,.:-]*(?: (?:ns|µs|ms|s)\b)?/g, "0")
    .replaceAll(/ +/g, " ")
    .trim();
}

function shapesOf(lines: readonly string[]): string[] {
  // `deno task` shows the command it runs.
  return lines.map(shapeOf).filter((line) => line !== "" && !line.startsWith("Task "));
}

/** A folder with commands called as in README.md, to be put first on the path. */
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
      `README.md, docs/output.md (${kind}): every session is as it is shown`,
      async () => {
        // A network of its own, as the ports are fixed.
        const network = `readme${Deno.pid}`;
        const npx = ["sh", "-c", `shift; exec '${Deno.execPath()}' "$@"`];
        const folder = await commandFolder({ timesrv, timecli, npx });
        const env = { PATH: `${folder}:${Deno.env.get("PATH")}`, NO_COLOR: "1" };
        const servers: { readonly step: Step; readonly process: Running }[] = [];
        try {
          assertEquals((await run(["ip", "netns", "add", network])).code, 0);
          const inNetwork = ["ip", "netns", "exec", network] as const;
          assertEquals((await run([...inNetwork, "ip", "link", "set", "lo", "up"])).code, 0);
          // One after the other: the servers of README.md still run for the other pages.
          const pages = ["README.md", "docs/output.md"].map((page) =>
            Deno.readTextFile(root + page)
          );
          const steps = (await Promise.all(pages)).flatMap(stepsOf);
          assert(steps.length >= 8, "all sessions are found");
          for (const step of steps) {
            const command = [...inNetwork, "bash", "-c", `exec ${step.command}`] as const;
            if (/^timesrv | task serve/.test(step.command)) {
              const process = new Running(command, { cwd: root, env });
              servers.push({ step, process });
              await process.waitFor(/Transport: .*\n/);
            } else {
              const { stdout, stderr } = await run(command, { cwd: root, env });
              assertEquals(
                shapesOf(`${stdout}${stderr}`.split("\n")),
                shapesOf(step.output),
                `${step.command}\n${stdout}${stderr}`,
              );
            }
          }
          for (const { step, process } of servers) {
            const lines = shapesOf(process.stderr.split("\n"));
            assertEquals(lines.slice(0, step.output.length), shapesOf(step.output), step.command);
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
