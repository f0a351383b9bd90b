/**
 * Checks that a file can be written, and leaves everything as it was.
 *
 * @param isWhole Whether it must never be written in place
 * @throws {Error} If it cannot be written, or is no regular file
 * @throws {Deno.errors.NotCapable} If a permission is missing
 */
export async function checkWritable(path: string, isWhole = false): Promise<void> {
  const info = await statIfReadable(path);
  requireRegular(info);
  if (info) (await Deno.open(path, { write: true })).close();
  try {
    await probe(temporaryName(info ? await Deno.realPath(path) : path));
  } catch (error) {
    if (isWhole || !canWriteInPlace(error, info)) throw error;
    if (!info) await probe(path);
  }
}

/**
 * Writes a file beside its place and moves it there. Links are followed and the mode is kept. A file in a
 * folder that accepts no others is written in place, unless a mode is given: then no reader ever sees a part of it.
 *
 * @param mode Its mode from now on, whatever the umask
 * @throws {Error} If it cannot be written, or is no regular file
 */
export async function writeAtomically(
  path: string,
  text: string,
  mode?: number,
): Promise<void> {
  const info = await statIfReadable(path);
  requireRegular(info);
  const target = info ? await Deno.realPath(path) : path;
  const temporary = temporaryName(target);
  try {
    const kept = info?.mode ? { mode: info.mode } : {};
    await Deno.writeTextFile(temporary, text, { createNew: true, ...kept });
    if (mode !== undefined && Deno.build.os !== "windows") await Deno.chmod(temporary, mode);
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    if (mode !== undefined || !canWriteInPlace(error, info)) throw error;
    await Deno.writeTextFile(target, text);
  }
}

/** Refuses pipes and devices: opening one may wait for its other end for ever, whatever signal comes. */
function requireRegular(info: Deno.FileInfo | undefined): void {
  if (info?.isDirectory) throw new Error("it is a folder");
  if (info && !info.isFile) throw new Error("it is no regular file");
}

/** Returns undefined if there is no such file, or if it may be written but not read. */
async function statIfReadable(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return;
    throw error;
  }
}

async function probe(path: string): Promise<void> {
  (await Deno.open(path, { write: true, createNew: true })).close();
  await Deno.remove(path);
}

/** Whether only the file itself may be written, not others beside it. */
function canWriteInPlace(error: unknown, info: Deno.FileInfo | undefined): boolean {
  return error instanceof Deno.errors.NotCapable ||
    info !== undefined && error instanceof Deno.errors.PermissionDenied;
}

/** In the same folder: a file is moved within one file system only. */
function temporaryName(target: string): string {
  return `${target}.${crypto.randomUUID().slice(0, 8)}.tmp`;
}
