/** `timecli watch --plot`: where the picture goes, checked at the start and written at the end. */
import { checkWritable, writeAtomically } from "../../../../system/atomic_file.ts";
import { machineName } from "../../../../system/libc.ts";
import { rethrowWriteError, standardOutput } from "../../../shared/files.ts";
import { writeText } from "../../../shared/output.ts";
import type { WatchRecord } from "../record.ts";

/** Throws an error of one line if a picture cannot be written, `NotCapable` without a permission. */
export async function checkPicture(path: string): Promise<void> {
  if (standardOutput(path)) return;
  await checkWritable(path).catch((error) => rethrowWriteError("picture", path, error));
}

export async function writePicture(path: string, records: readonly WatchRecord[]): Promise<void> {
  const { drawPicture } = await import("./svg.ts");
  const [picture, stream] = [drawPicture(records, machineName()), standardOutput(path)];
  if (stream) return writeText(stream, picture);
  await writeAtomically(path, picture).catch((error) => rethrowWriteError("picture", path, error));
}
