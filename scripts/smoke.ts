// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
/**
 * Unpacks the archive for this system, and has the two programs in it exchange the time. It needs nothing but the
 * archive, so that it runs on every system: `deno task smoke`, after `deno task compile --folder`.
 */
import { join } from "node:path";
import { ROOT } from "./compile/deno.ts";
import { CompileError } from "./compile/error.ts";

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
    await run("tar", "-xf", archive, "-C", folder);
    const program = (program: string): string =>
      isWindows ? join(folder, name, `${program}.cmd`) : join(folder, name, "bin", program);
    const server = new Deno.Command(program("timesrv"), {
      // No signal reaches a program behind a launcher of Windows. Elsewhere it would exclude mmsg.
      args: ["auto://127.0.0.1:0", "--lifetime", LIFETIME, ...isWindows ? UNTIL_ASKED : []],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const url = await readUrl(server.stdout);
    const replies: string[] = [];
    for (const protocol of ["asctime", "ntp"]) {
      replies.push(await run(program("timecli"), url.replace(/^auto/, protocol)));
    }
    if (!isWindows) server.kill("SIGTERM");
    const { code } = await server.status;
    if (code !== 0) throw new CompileError(`timesrv ended with exit code ${code}`);
    return replies;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads the address from the ready line, and all that follows. */
async function readUrl(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (
    const chunk of stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })
  ) {
    text += chunk;
    const url = /"url":"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new CompileError(`timesrv ended without listening: ${text.trim()}`);
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  if (code === 0) return decoder.decode(stdout);
  throw new CompileError(`${command}: exit code ${code}: ${decoder.decode(stderr).trim()}`);
}

async function main(): Promise<number> {
  try {
    for (const reply of await tryArchive(join(ROOT, "dist", "archives"))) console.log(reply.trim());
    return 0;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    console.error(`smoke: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
