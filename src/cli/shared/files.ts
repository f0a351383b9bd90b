/** Files that the command line names. Deno opens those in `/dev` only with all permissions. */

import { checkToken } from "../../http/address.ts";
import { quote } from "../../text/json.ts";
import { UsageError } from "./usage_error.ts";

/** Whether a name is that of standard input. */
export function isStandardInput(file: string): boolean {
  return ["-", "/dev/stdin", "/dev/fd/0"].includes(file);
}

/** Opens a file, or standard input by its names. */
export async function openInput(file: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if (isStandardInput(file)) return Deno.stdin.readable;
  return (await Deno.open(file)).readable;
}

/** The standard stream for output that has this name. */
export function standardOutput(file: string): typeof Deno.stdout | undefined {
  if (file === "/dev/stdout" || file === "/dev/fd/1") return Deno.stdout;
  return file === "/dev/stderr" || file === "/dev/fd/2" ? Deno.stderr : undefined;
}

/** Its end names the file. */
const MAX_SHOWN_PATH = 900;

/**
 * Reads a file that the command line names.
 *
 * @param what Its contents, for messages
 * @throws {UsageError} If it cannot be read
 * @throws {Deno.errors.NotCapable} If the permission to read it is missing
 */
export async function readText(
  file: string,
  what: string,
  program: "timesrv" | "timecli",
): Promise<string> {
  try {
    return await new Response(await openInput(file)).text();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      const [own, script] = program === "timesrv" ? ["src,", "server.ts"] : ["", "client.ts"];
      const run = `deno run -P=${program} --allow-read=${own}${file} ${script}`;
      const message = `to read ${file}. Run: ${run}`;
      throw new Deno.errors.NotCapable(message, { cause });
    }
    const problem = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (cause as Error).message;
    throw new UsageError(`Cannot read the ${what} ${quote(file, MAX_SHOWN_PATH)}: ${problem}`, {
      cause,
    });
  }
}

/**
 * Reads a bearer token from a file: other users can see a command line.
 *
 * @throws {UsageError} If it cannot be read, or has no token
 * @throws {Deno.errors.NotCapable} If the permission to read it is missing
 */
export async function readToken(file: string, program: "timesrv" | "timecli"): Promise<string> {
  const text = await readText(file, "token", program);
  try {
    return checkToken(text.trim());
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
