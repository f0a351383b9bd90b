/** What the tests of the executables share. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { isAvailable, type Needs, where } from "../support/needs.ts";
import { type Outcome, run } from "../support/process.ts";
import { dist, executables } from "../support/programs.ts";

export const timesrv = join(dist, "timesrv");
export const timecli = join(dist, "timecli");
const needs: Needs = {
  ...executables,
  permissions: [{ name: "env" }, { name: "run" }, { name: "write" }, { name: "sys", kind: "uid" }],
};
export const available = await isAvailable(needs, "the tests of the executables");

/** A test of the executables. */
export function test(
  name: string,
  fn: () => Promise<void>,
  extra: Needs = {},
): Promise<Deno.TestDefinition> {
  return where({ ...needs, ...extra }, `executables: ${name}`, fn);
}

/** A test of executables that unpack themselves, which those of `deno compile` do not. */
export async function testUnpacking(
  name: string,
  fn: () => Promise<void>,
  extra?: Needs,
): Promise<Deno.TestDefinition> {
  if (await isSelfExtracting()) return await test(`self-extracting: ${name}`, fn, extra);
  return {
    name: `executables: self-extracting: ${name} (ignored: of the other kind)`,
    fn,
    ignore: true,
  };
}

export async function isSelfExtracting(): Promise<boolean> {
  const file = await Deno.open(timecli).catch(() => undefined);
  if (file === undefined) return false;
  const start = new Uint8Array(2);
  await file.read(start);
  file.close();
  return new TextDecoder().decode(start) === "#!";
}

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

export async function tempFolder(): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "timesrv test " });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Runs a program in an environment of nothing but a PATH and what is given. */
export async function start(
  file: string,
  args: readonly string[],
  { env = {}, cwd = "/" }: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<Outcome> {
  return await run([file, ...args], {
    cwd,
    // What an earlier run has left in /tmp would be used in preference to an empty cache.
    env: { PATH: "/usr/bin:/bin", TMPDIR: env["XDG_CACHE_HOME"] ?? "/tmp", ...env },
    clearEnv: true,
  });
}

/** Asserts that `timecli --version` did all that it should. */
export function assertRan(outcome: Outcome): void {
  assertEquals({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" });
  assertMatch(outcome.stdout, /^time(cli|srv) \d+\.\d+\.\d+[^\n]*\n$/);
}

/** Asserts that the launcher gave up with one line. */
export function assertRefused(outcome: Outcome, message: RegExp): void {
  assertEquals({ code: outcome.code, stdout: outcome.stdout }, { code: 1, stdout: "" });
  assertMatch(outcome.stderr, /^timecli: [^\n]+\n$/);
  assertMatch(outcome.stderr, message);
}

export async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) files.push(...await filesBelow(path));
    else files.push(path);
  }
  return files;
}

/** The paths of all files and folders below a folder. */
export async function entriesBelow(folder: string): Promise<string[]> {
  const entries: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    entries.push(path);
    if (isDirectory) entries.push(...await entriesBelow(path));
  }
  return entries.toSorted();
}

export async function find(folder: string, pattern: RegExp): Promise<string> {
  const found = (await filesBelow(folder)).filter((path) => pattern.test(path));
  assertEquals(found.length, 1, `files like ${pattern}: ${found}`);
  return found[0] ?? "";
}

export async function sha256(file: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(file))).toHex();
}

export async function assertNoTempFiles(folder: string): Promise<void> {
  assertEquals((await filesBelow(folder)).filter((path) => path.includes("temp.")), []);
}
