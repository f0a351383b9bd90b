/** A file that is written whole or not at all. */
import { escapeLine } from "../../../text/printable.ts";
import { writeText } from "../../shared/write_text.ts";

/** Where a picture goes in the end. */
export class PictureFile {
  readonly #path: string;
  /** Through which links: they are not to be replaced. */
  readonly #target: string;
  /** The mode of the file that is there, if one is. */
  readonly #mode: number | undefined;
  /** A device, a pipe, or a file in a folder that nothing can be added to. */
  readonly #isInPlace: boolean;

  private constructor(
    path: string,
    { target, mode, isInPlace }: Place,
  ) {
    this.#path = path;
    this.#target = target;
    this.#mode = mode;
    this.#isInPlace = isInPlace;
  }

  /**
   * Finds out whether it can be written, and leaves all as it is: nobody wants to hear in the end
   * that it cannot be.
   *
   * @param path Its name
   * @throws {Error} If it cannot be written; the message says why in a line
   * @throws {Deno.errors.NotCapable} If the permission is missing
   */
  static async find(path: string): Promise<PictureFile> {
    try {
      return new PictureFile(path, await placeOf(path));
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /**
   * Writes it beside its place and moves it there, so that what was there is lost for nothing less
   * than all of it.
   *
   * @throws {Error} If it cannot be written
   */
  async write(text: string): Promise<void> {
    try {
      if (this.#isInPlace) {
        using file = await Deno.open(this.#target, { write: true, create: true, truncate: true });
        return writeText(file, text);
      }
      await replace(this.#target, text, this.#mode);
    } catch (error) {
      throw writeError(this.#path, error);
    }
  }
}

interface Place {
  readonly target: string;
  readonly mode?: number | undefined;
  readonly isInPlace: boolean;
}

async function placeOf(path: string): Promise<Place> {
  const info = await statOf(path);
  if (info?.isDirectory) throw new Error("it is a folder");
  // A pipe that is opened waits for its reader, or ends it.
  if (info && !info.isFile) return { target: path, isInPlace: true };
  try {
    const target = info ? await Deno.realPath(path) : path;
    if (info) await probe(target);
    await probe(temporaryName(target));
    return { target, mode: info?.mode ?? undefined, isInPlace: false };
  } catch (error) {
    if (!info && !(error instanceof Deno.errors.NotCapable)) throw error;
    await probe(path);
    return { target: path, isInPlace: true };
  }
}

/** What is there, if anything is; undefined too if that may not be read, which is no reason not to write. */
async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return;
    throw error;
  }
}

/** Opens a file for writing, and leaves it, or that there is none, as it was. */
async function probe(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return (await Deno.open(path, { write: true })).close();
  }
  await Deno.remove(path);
}

async function replace(target: string, text: string, mode: number | undefined): Promise<void> {
  const temporary = temporaryName(target);
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, ...(mode && { mode }) });
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** In the same folder, as a file is moved within one file system only. */
function temporaryName(target: string): string {
  return `${target}.${crypto.randomUUID().slice(0, 8)}.tmp`;
}

function writeError(path: string, cause: unknown): unknown {
  if (cause instanceof Deno.errors.NotCapable || !(cause instanceof Error)) return cause;
  const why = cause instanceof Deno.errors.NotFound
    ? "there is no such folder"
    : cause instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    // What Deno adds is the name of the file, or of one beside it.
    : cause.message.replace(/: (open|rename|writefile|stat) '.*$/s, "");
  return new Error(`Cannot write the picture to ${escapeLine(path)}: ${why}`, { cause });
}
