import { join } from "node:path";
import { createHash } from "node:crypto";
import { CompileError, ROOT, run } from "./run.ts";

/** A system that Deno is published for. */
export interface Target {
  /** The name that `deno compile --target` has for it. */
  readonly triple: string;
  /** The npm package of Deno for it. */
  readonly runtime: string;
  readonly isWindows: boolean;
  /** The loader of the C library that the runtime needs; none where every system has it. */
  readonly loader: string;
}

/** The systems, each with the package of its runtime: as its makers signed it, with none of our own changes. */
export const targets: readonly Target[] = [
  ["x86_64-unknown-linux-gnu", "linux-x64-glibc", "/lib64/ld-linux-x86-64.so.2"],
  ["aarch64-unknown-linux-gnu", "linux-arm64-glibc", "/lib/ld-linux-aarch64.so.1"],
  ["x86_64-apple-darwin", "darwin-x64"],
  ["aarch64-apple-darwin", "darwin-arm64"],
  ["x86_64-pc-windows-msvc", "win32-x64"],
  ["aarch64-pc-windows-msvc", "win32-arm64"],
].map(([triple = "", platform = "", loader = ""]) => ({
  triple,
  runtime: `@deno/${platform}`,
  isWindows: platform.startsWith("win32"),
  loader,
}));

/**
 * Finds a system by its name.
 *
 * @throws {CompileError} If there is no Deno for it
 */
export function findTarget(triple: string): Target {
  const target = targets.find((each) => each.triple === triple);
  if (target !== undefined) return target;
  const names = targets.map(({ triple }) => triple).join(", ");
  throw new CompileError(`unknown target ${triple}: expected ${names}`);
}

interface PinnedPackage {
  readonly version: string;
  readonly integrity: string;
}

/** Reads the version and the hash of a runtime that are pinned for the gate, and for all that is published. */
async function pinned({ runtime }: Target): Promise<PinnedPackage> {
  const text = await Deno.readTextFile(join(ROOT, ".ci/deno/package-lock.json"));
  const { version, integrity }: PinnedPackage =
    JSON.parse(text).packages[`node_modules/${runtime}`];
  if (version === Deno.version.deno) return { version, integrity };
  throw new CompileError(
    `this is Deno ${Deno.version.deno}: the runtimes are pinned to ${version} in .ci/deno`,
  );
}

/**
 * Writes the Deno of a system to a file.
 *
 * @throws {CompileError} If its package cannot be fetched, or is not the one that is pinned
 */
export async function writeRuntime(target: Target, file: string): Promise<void> {
  const { version, integrity } = await pinned(target);
  const folder = await Deno.makeTempDir({ prefix: "timesrv-runtime-" });
  try {
    const spec = `${target.runtime}@${version}`;
    // npm keeps packages in its cache, by their hashes.
    const args = ["pack", "--silent", "--prefer-offline", "--pack-destination", folder, spec];
    await run("npm", args, { cwd: folder });
    const [archive] = await Array.fromAsync(Deno.readDir(folder), ({ name }) => join(folder, name));
    if (archive === undefined) throw new CompileError(`npm pack ${spec}: it wrote no file`);
    checkIntegrity(spec, await Deno.readFile(archive), integrity);
    // It reads the environment as it is loaded.
    const tar = await import("tar");
    await tar.extract({ file: archive, cwd: folder, strip: 1 });
    await Deno.copyFile(join(folder, target.isWindows ? "deno.exe" : "deno"), file);
    await Deno.chmod(file, 0o755).catch(() => {});
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Compares a package with its pinned hash.
 *
 * @throws {CompileError} If it has another
 */
export function checkIntegrity(spec: string, octets: Uint8Array, integrity: string): void {
  const got = `sha512-${createHash("sha512").update(octets).digest("base64")}`;
  if (got === integrity) return;
  throw new CompileError(`${spec} is not what .ci/deno pins: it has ${got}, expected ${integrity}`);
}
