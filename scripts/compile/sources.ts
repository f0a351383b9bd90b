import { join } from "node:path";
import { ROOT } from "./run.ts";

/** The file beside the executables that holds the hash of what they were made from. */
export const SOURCES_HASH = "sources.sha256";

/** What the executables are made from: files, and folders with all that is in them. */
export const SOURCES: readonly string[] = [
  "deno.json",
  "deno.lock",
  "server.ts",
  "client.ts",
  "src",
  "scripts/compile.ts",
  "scripts/compile",
];

/** Computes a SHA-256 of Deno's version and of all files that the executables are made from. */
export async function hashSources(root = ROOT): Promise<string> {
  const paths = await Promise.all(SOURCES.map((path) => filesOf(root, path)));
  const lines = await Promise.all(
    paths.flat().toSorted().map(async (path) => {
      const bytes = await Deno.readFile(join(root, path));
      return `${await sha256(bytes)} ${path}`;
    }),
  );
  return await sha256(new TextEncoder().encode([Deno.version.deno, ...lines].join("\n")));
}

/**
 * Compares the sources with those that the executables in a folder were made from.
 *
 * @returns What is missing, if they differ or the folder does not state its sources
 */
export async function findStaleness(dist: string, root = ROOT): Promise<string | undefined> {
  const noted = await Deno.readTextFile(join(dist, SOURCES_HASH)).catch(() => undefined);
  if (noted !== undefined && noted.trim() === await hashSources(root)) return undefined;
  return `${dist} of these sources: run \`deno task compile\` first`;
}

async function filesOf(root: string, path: string): Promise<string[]> {
  if ((await Deno.stat(join(root, path))).isFile) return [path];
  const entries = await Array.fromAsync(Deno.readDir(join(root, path)));
  return (await Promise.all(entries.map(({ name }) => filesOf(root, `${path}/${name}`)))).flat();
}

/** Computes the SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
