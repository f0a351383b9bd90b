/** The file of `--record`. */
import { standardOutput } from "../shared/files.ts";
import { UsageError } from "../shared/errors.ts";
import { escapeLine } from "../../text/printable.ts";

/** A file that lines are written to. */
export type RecordFile = Pick<Deno.FsFile, "write"> & Disposable;

/**
 * Opens the file of `--record`, which is emptied; `-` is standard output. Afterwards the program has no
 * permission to write any file, unless one is still to be written.
 *
 * @param file Its name, if the option is given
 * @param later Another file, which is written at the start: {@linkcode giveUpWriting} follows then
 * @throws {UsageError} If it cannot be opened
 */
export function openRecord(file: string | undefined, later?: string): RecordFile | null {
  try {
    return file === undefined ? null : openFile(file);
  } finally {
    if (later === undefined) giveUpWriting();
  }
}

/** Gives up the permission to write files. */
export function giveUpWriting(): void {
  Deno.permissions.revokeSync({ name: "write" });
}

function openFile(file: string): RecordFile {
  try {
    const stream = file === "-" ? Deno.stdout : standardOutput(file);
    if (stream !== undefined) {
      return { write: (data) => stream.write(data), [Symbol.dispose]: () => {} };
    }
    return Deno.openSync(file, { write: true, create: true, truncate: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new UsageError(
      `Cannot write the record to ${escapeLine(file)}: ${(error as Error).message}`,
    );
  }
}
