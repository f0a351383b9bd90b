/** Files that the command line names. Deno opens those in `/dev` only with all permissions. */

import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import { checkToken } from "../../http/address.ts";
import { quote } from "../../text/json.ts";
import { escapeLine, quoteForShell } from "../../text/printable.ts";
import { UsageError } from "./errors.ts";

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

/**
 * Reports on one line that a file cannot be written.
 *
 * @param what Its contents, for the message
 * @throws {Error} Always; `NotCapable` with the file that it concerns
 */
export function rethrowWriteError(what: string, path: string, cause: unknown): never {
  if (!(cause instanceof Error)) throw cause;
  if (cause instanceof Deno.errors.NotCapable) {
    // The name of a file that is written beside it is random: that needs its folder.
    if (!cause.message.includes('.tmp"')) throw cause;
    const folder = path.replace(/[^/]*$/, "") || ".";
    const word = quoteForShell(folder);
    const needed = `--allow-read=${word} --allow-write=${word}`;
    const message = `to write ${path}. Run: deno run -P=timecli ${needed} client.ts`;
    throw new Deno.errors.NotCapable(message, { cause });
  }
  const reason = cause instanceof Deno.errors.NotFound
    ? "there is no such folder"
    : cause instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    // Deno appends the name of the file, or of the one beside it.
    : cause.message.replace(/: (open|rename|writefile|stat|chmod) '.*$/s, "");
  throw new Error(`Cannot write the ${what} to ${escapeLine(path)}: ${reason}`, { cause });
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
  open: (file: string) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>> = openInput,
): Promise<string> {
  try {
    return await new Response(await open(file)).text();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      const [own, script] = program === "timesrv" ? ["src,", "server.ts"] : ["", "client.ts"];
      const run = `deno run -P=${program} --allow-read=${own}${quoteForShell(file)} ${script}`;
      const message = `to read ${file}. Run: ${run}`;
      throw new Deno.errors.NotCapable(message, { cause });
    }
    if (cause instanceof UsageError) throw cause;
    const problem = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (cause as Error).message;
    throw new UsageError(`Cannot read the ${what} ${quotePath(file)}: ${problem}`, {
      cause,
    });
  }
}

/**
 * Reads a file of symmetric keys.
 *
 * @throws {UsageError} If it cannot be read, others may read it, or a line of it is wrong
 * @throws {Deno.errors.NotCapable} If the permission to read it is missing
 */
export async function readKeys(
  file: string,
  program: "timesrv" | "timecli",
): Promise<SymmetricKeys> {
  const text = await readText(file, "keys", program, openSecret);
  const { parseKeys } = await import("../../crypto/symmetric_keys.ts");
  try {
    return parseKeys(text);
  } catch (error) {
    throw new UsageError(`${quotePath(file)}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Reads certificates in PEM.
 *
 * @throws {UsageError} If the file cannot be read, or has none
 * @throws {Deno.errors.NotCapable} If the permission to read it is missing
 */
export async function readCertificates(
  file: string,
  program: "timesrv" | "timecli",
): Promise<string> {
  const pem = await readText(file, "certificates", program);
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new UsageError(`There is no certificate in PEM in ${quotePath(file)}`);
}

/** What a mode of files permits to users who are neither the owner nor of the group. */
const OTHERS = 0o007;

async function openSecret(file: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if (isStandardInput(file)) return Deno.stdin.readable;
  const opened = await Deno.open(file);
  // Of the open file: its name may soon be that of another.
  const { mode } = await opened.stat();
  if (mode === null || (mode & OTHERS) === 0) return opened.readable;
  opened.close();
  throw new UsageError(`Others may use the keys in ${quotePath(file)}: run chmod o= on it`);
}

function quotePath(file: string): string {
  return quote(file, MAX_SHOWN_PATH);
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
