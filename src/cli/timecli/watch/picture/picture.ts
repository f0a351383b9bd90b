/** `timecli watch --plot`: where the picture goes, checked at the start and written at the end. */
import { checkWritable, writeAtomically } from "../../../../system/atomic_file.ts";
import { machineName } from "../../../../system/libc.ts";
import { escapeLine } from "../../../../text/printable.ts";
import { standardOutput } from "../../../shared/files.ts";
import { writeText } from "../../../shared/output.ts";
import type { WatchRecord } from "../record.ts";

/** Throws an error of one line if a picture cannot be written, `NotCapable` without a permission. */
export async function checkPicture(path: string): Promise<void> {
  if (standardOutput(path)) return;
  await checkWritable(path).catch((error) => rethrow(path, error));
}

export async function writePicture(path: string, records: readonly WatchRecord[]): Promise<void> {
  const { drawPicture } = await import("./svg.ts");
  const [picture, stream] = [drawPicture(records, machineName()), standardOutput(path)];
  if (stream) return writeText(stream, picture);
  await writeAtomically(path, picture).catch((error) => rethrow(path, error));
}

function rethrow(path: string, cause: unknown): never {
  if (cause instanceof Deno.errors.NotCapable || !(cause instanceof Error)) throw cause;
  const reason = cause instanceof Deno.errors.NotFound
    ? "there is no such folder"
    : cause instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    // Deno appends the name of the file, or of the one beside it.
    : cause.message.replace(/: (open|rename|writefile|stat) '.*$/s, "");
  throw new Error(`Cannot write the picture to ${escapeLine(path)}: ${reason}`, { cause });
}
