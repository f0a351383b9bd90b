/** Systems that are booted in an emulator: the root file system of Debian's packages, the kernel, the console. */
import { join } from "node:path";
import { CompileError, run as runCommand } from "../compile/run.ts";

/** A processor that QEMU emulates. */
export interface Processor {
  /** Debian's name for it. */
  readonly debian: string;
  /** The emulator, with its arguments for a machine of this kind. */
  readonly emulator: readonly [string, ...string[]];
  /** The device of the first serial line. */
  readonly console: string;
}

/** The processors, by the names that Deno has for them. */
export const processors: Readonly<Record<typeof Deno.build.arch, Processor>> = {
  x86_64: {
    debian: "amd64",
    emulator: ["qemu-system-x86_64", "-M", "q35", "-cpu", "max"],
    console: "ttyS0",
  },
  aarch64: {
    debian: "arm64",
    // A newer one signs pointers, which takes half of the emulator's time.
    emulator: ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"],
    console: "ttyAMA0",
  },
};

/**
 * Runs a command that must succeed, the same way on every machine; returns what it printed.
 *
 * @throws {CompileError} If it is not installed, or fails
 */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const own = { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  return runCommand(command, args, { cwd, env: { ...own, ...env } });
}

/**
 * Requires the programs that a boot needs, before minutes are spent.
 *
 * @throws {CompileError} If one is not installed
 */
export async function requireCommands({ emulator: [emulator] }: Processor): Promise<void> {
  for (const command of [emulator, "mmdebstrap", "cpio"]) await run(command, ["--version"], "/");
}

/**
 * Writes a folder from Debian's packages, of this machine's release.
 *
 * @throws {CompileError} If a package cannot be fetched
 */
export async function writeSystem(
  folder: string,
  { debian }: Processor,
  variant: "minbase" | "extract",
  packages: readonly string[],
  ...options: readonly string[]
): Promise<void> {
  const os = await Deno.readTextFile("/etc/os-release");
  const [, codename = "stable"] = /^VERSION_CODENAME=(\w+)$/m.exec(os) ?? [];
  const args = ["--quiet", `--variant=${variant}`, `--arch=${debian}`, ...options];
  const include = `--include=${packages.join(",")}`;
  await run("mmdebstrap", [...args, include, codename, folder], "/");
}

/**
 * Takes the kernel out of a folder that Debian's packages were written into.
 *
 * @returns The path of its image
 * @throws {CompileError} If there is none
 */
export async function findKernel(system: string): Promise<string> {
  const boot = join(system, "boot");
  for await (const { name } of Deno.readDir(boot)) {
    if (name.startsWith("vmlinuz-")) return join(boot, name);
  }
  throw new CompileError("Debian's package of the kernel has none in it");
}

/** Writes a folder as an initial RAM disk, without kernels and their modules. */
export async function writeDisk(system: string, file: string): Promise<void> {
  const without = "-not -path './boot/*' -not -path './lib/modules/*'";
  const command = `find . -xdev ${without} | cpio --quiet -o -H newc > "$0"`;
  await run("sh", ["-c", command, file], system);
}

/** A system to be booted. */
export interface System {
  readonly processor: Processor;
  readonly kernel: string;
  readonly disk: string;
  readonly memoryMiB: number;
  /** It is ended after this time, in milliseconds. */
  readonly limitMs: number;
  /** More words for the kernel. */
  readonly append?: string;
}

/** Boots a system; yields the lines of its console until it powers itself off, or the limit is reached. */
export async function* boot(system: System): AsyncGenerator<string> {
  const { processor: { emulator: [program, ...machine], console }, memoryMiB } = system;
  const child = new Deno.Command(program, {
    args: [
      ...machine,
      // KVM fails on virtual machines within others, after it was found to be there.
      ...["-accel", "tcg", "-smp", "2", "-m", String(memoryMiB)],
      ...["-nographic", "-nic", "none", "-no-reboot", "-kernel", system.kernel],
      ...["-initrd", system.disk],
      ...["-append", `console=${console} panic=-1 quiet ${system.append ?? ""}`],
    ],
    stdin: "null",
    stdout: "piped",
    signal: AbortSignal.timeout(system.limitMs),
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const [...whole] = (text + chunk).split(/\r*\n/);
    text = whole.pop() ?? "";
    yield* whole;
  }
  await child.status;
}

/** Calls a function with a folder that is removed afterwards. */
export async function inFolder(
  name: string,
  fn: (folder: string) => Promise<number>,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: `timesrv-${name}-`, dir: "/var/tmp" });
  try {
    return await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
