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
  if (!isStandardInput(file)) return (await Deno.open(file)).readable;
  const { readable } = Deno.stdin;
  if (readable.locked) throw new Error("another option has read it");
  return readable;
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
  const reason = reasonOf(cause, "folder");
  throw new Error(`Cannot write the ${what} to ${escapeLine(path)}: ${reason}`, { cause });
}

/** The reason why a file could not be used; `missing` is what is not there, if something is not. */
export function reasonOf(cause: unknown, missing: "file" | "folder"): string {
  if (cause instanceof Deno.errors.NotFound) return `there is no such ${missing}`;
  if (cause instanceof Deno.errors.PermissionDenied) return "permission denied";
  // Deno appends the name of the file, or of one beside it.
  return cause instanceof Error
    ? cause.message.replace(/: (open|rename|writefile|stat|chmod) '.*$/s, "")
    : String(cause);
}

const MAX_SHOWN_PATH = 900;

/**
 * Reads a file that the command line names.
 *
 * @param what Its contents, for messages
 * @param isSecret Whether others must not be able to read it
 * @throws {UsageError} If it cannot be read, or others may read a secret
 * @throws {Deno.errors.NotCapable} If the permission to read it is missing
 */
export async function readText(
  file: string,
  what: string,
  program: "timesrv" | "timecli",
  isSecret = false,
): Promise<string> {
  try {
    const stream = await (isSecret ? openSecret(file, what) : openInput(file));
    return await new Response(stream).text();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      const [own, script] = program === "timesrv" ? ["src,", "server.ts"] : ["", "client.ts"];
      const run = `deno run -P=${program} --allow-read=${own}${quoteForShell(file)} ${script}`;
      const message = `to read ${file}. Run: ${run}`;
      throw new Deno.errors.NotCapable(message, { cause });
    }
    if (cause instanceof UsageError) throw cause;
    const reason = reasonOf(cause, "file");
    throw new UsageError(`Cannot read the ${what} ${quotePath(file)}: ${reason}`, { cause });
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
  const text = await readText(file, "keys", program, true);
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

async function openSecret(
  file: string,
  what: string,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if (isStandardInput(file)) return await openInput(file);
  const opened = await Deno.open(file);
  // Of the open file: its name may soon be that of another.
  const { mode } = await opened.stat();
  if (mode === null || (mode & OTHERS) === 0) return opened.readable;
  opened.close();
  throw new UsageError(`Others may use the ${what} in ${quotePath(file)}: run chmod o= on it`);
}

/** A path in quotes; its end names the file. */
function quotePath(file: string): string {
  return quote(file, MAX_SHOWN_PATH);
}

/**
 * Reads a bearer token from a file: other users can see a command line.
 *
 * @throws {UsageError} If it cannot be read, others may read it, or it has no token
 * @throws {Deno.errors.NotCapable} If the permission to read it is missing
 */
export async function readToken(file: string, program: "timesrv" | "timecli"): Promise<string> {
  const text = await readText(file, "token", program, true);
  try {
    return checkToken(text.trim());
  } catch (error) {
    throw new UsageError(`${quotePath(file)}: ${(error as Error).message}`, { cause: error });
  }
}

/** The file of `--record`, which lines are written to. */
export interface RecordFile extends Pick<Deno.FsFile, "write">, Disposable {
  /** Removes what an earlier run has left, unless something has been written since. */
  begin(): void;
}

/**
 * Opens the file of `--record`; `-` is standard output. Until it begins it stays as it is: the server may not start,
 * because another one uses its port, and perhaps this file. Afterwards the program has no permission to write any
 * file, unless one is still to be written.
 *
 * @param file Its name, if the option is given
 * @param later Another file, which is written at the start: {@linkcode giveUpWriting} follows then
 * @throws {UsageError} If it cannot be opened
 */
export function openRecord(file: string | undefined, later?: string): RecordFile | null {
  try {
    return file === undefined ? null : openRecordFile(file);
  } finally {
    if (later === undefined) giveUpWriting();
  }
}

/** Gives up the permission to write files. */
export function giveUpWriting(): void {
  Deno.permissions.revokeSync({ name: "write" });
}

function openRecordFile(name: string): RecordFile {
  const stream = name === "-" ? Deno.stdout : standardOutput(name);
  if (stream !== undefined) {
    return {
      write: (data) => stream.write(data),
      begin: () => {},
      [Symbol.dispose]: () => {},
    };
  }
  try {
    const file = Deno.openSync(name, { write: true, create: true });
    let hasBegun = false;
    const begin = (): void => {
      if (hasBegun) return;
      hasBegun = true;
      try {
        file.truncateSync();
      } catch (error) {
        // A pipe or a device cannot be emptied.
        if ((error as { code?: unknown }).code !== "EINVAL") throw error;
      }
    };
    return {
      write(data): Promise<number> {
        begin();
        return file.write(data);
      },
      begin,
      [Symbol.dispose]: () => file.close(),
    };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = reasonOf(cause, "folder");
    throw new UsageError(`Cannot write the record to ${escapeLine(name)}: ${reason}`, { cause });
  }
}
