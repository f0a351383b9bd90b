import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import type { Target } from "./targets.ts";

/**
 * The time of everything in an archive, so that two builds are alike: the earliest that ZIP can state, which has
 * local time.
 */
const TIME = new Date(Date.UTC(1980, 0, 1));
const LOCAL_TIME = new Date(1980, 0, 1);

/**
 * Packs a folder: for Windows as ZIP, for other systems as a compressed tape archive.
 *
 * @returns The name of the archive
 */
export async function writeArchive(folder: string, target: Target, out: string): Promise<string> {
  const name = `${basename(folder)}${target.isWindows ? ".zip" : ".tar.gz"}`;
  const paths = await pathsBelow(dirname(folder), basename(folder));
  const file = join(out, name);
  if (target.isWindows) await writeZip(file, dirname(folder), paths);
  else {
    const options = { gzip: { level: 9 }, portable: true, noDirRecurse: true, mtime: TIME };
    // It reads the environment as it is loaded.
    const tar = await import("tar");
    await tar.create({ ...options, file, cwd: dirname(folder) }, paths);
  }
  return name;
}

async function writeZip(file: string, cwd: string, paths: readonly string[]): Promise<void> {
  const zip = new ZipFile();
  for (const path of paths) {
    // Programs that unpack on POSIX systems take it for the mode.
    const options = { mtime: LOCAL_TIME, mode: 0o100644, forceDosTimestamp: true };
    zip.addFile(join(cwd, path), path, options);
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}

/** Lists the files and links below a folder, by path. */
async function pathsBelow(cwd: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(cwd, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) paths.push(...await pathsBelow(cwd, path));
    else paths.push(path);
  }
  return paths.toSorted();
}

/** The file that `sha256sum --check` reads. */
export const SUMS = "SHA256SUMS";

/** Writes the hashes of all archives in a folder, and of the list of what is in them. */
export async function writeSums(folder: string): Promise<void> {
  const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name))
    .filter((name) => /\.(zip|tar\.gz|cdx\.json)$/.test(name)).toSorted();
  const lines: string[] = [];
  for (const name of names) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(folder, name)), hash);
    lines.push(`${hash.digest("hex")}  ${name}\n`);
  }
  await Deno.writeTextFile(join(folder, SUMS), lines.join(""));
}
