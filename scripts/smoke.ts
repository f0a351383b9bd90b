// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join } from "node:path";
import { defineCommand } from "../src/cli/shared/command.ts";
import { runCommand } from "./bench/options.ts";
import { readUrl } from "./compile/measure.ts";
import { CompileError, ROOT, run } from "./compile/run.ts";

const command = defineCommand({
  name: "smoke",
  hasManual: false,
  description:
    "Unpacks the archive for this system from dist/archives/, and has the two programs in it " +
    "exchange the time. It needs nothing but the archive of `deno task compile --folder`, so that it " +
    "runs on every system.",
  positionals: [],
  groups: {},
  notes: "",
  async run(): Promise<void> {
    for (const reply of await tryArchive(join(ROOT, "dist", "archives"))) console.log(reply.trim());
  },
});

/** The time for the server to start and to end. */
const LIFETIME = "60s";
const UNTIL_ASKED = ["--until-requests", "2"];

/**
 * Starts both programs of an archive.
 *
 * @param archives The folder of the archives
 * @returns What the client printed, for the classic exchange and for NTP
 * @throws {CompileError} If there is no archive for this system, or something in it does not work
 */
export async function tryArchive(archives: string): Promise<string[]> {
  const isWindows = Deno.build.os === "windows";
  const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const name = `timesrv-${version}-${Deno.build.target}`;
  const folder = await Deno.makeTempDir({ prefix: "timesrv smoke " });
  try {
    // That of Windows reads ZIP.
    const archive = join(archives, `${name}${isWindows ? ".zip" : ".tar.gz"}`);
    await run("tar", ["-xf", archive, "-C", folder]);
    const program = (program: string): string =>
      isWindows ? join(folder, name, `${program}.cmd`) : join(folder, name, "bin", program);
    const server = new Deno.Command(program("timesrv"), {
      // No signal reaches a program behind a launcher of Windows. Elsewhere it would exclude mmsg.
      args: ["auto://127.0.0.1:0", "--lifetime", LIFETIME, ...isWindows ? UNTIL_ASKED : []],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const url = await readUrl(server);
    const replies: string[] = [];
    for (const protocol of ["asctime", "ntp"]) {
      replies.push(await run(program("timecli"), [url.replace(/^auto/, protocol)]));
    }
    if (!isWindows) server.kill("SIGTERM");
    const { code } = await server.status;
    if (code !== 0) throw new CompileError(`timesrv ended with exit code ${code}`);
    return replies;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await runCommand(command));
