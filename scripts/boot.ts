// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
/**
 * Boots a Debian with systemd and the package of `deno task deb` in an emulator, and has it prove there what needs
 * a booted system: start, watchdog, sandbox, port 123, removal. It takes minutes, and is no part of the gate.
 */
import { basename, join } from "node:path";
import { ROOT } from "./compile/deno.ts";
import { CompileError } from "./compile/error.ts";

const usage = `Usage: deno task boot

Boots the Debian package in dist/deb/ in QEMU and prints the checks that it
makes there. Needs Debian, root, network access, and the packages cpio,
mmdebstrap and qemu-system-x86 or qemu-system-arm.`;

/** How each processor is emulated. */
const machines: Readonly<Record<string, readonly string[]>> = {
  x86_64: ["qemu-system-x86_64", "-M", "q35"],
  aarch64: ["qemu-system-aarch64", "-M", "virt"],
};

/** A Debian's names for processors. */
const architectures: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

const BOOT_LIMIT_MS = 15 * 60_000;

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    env: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
  }).output();
  const decoder = new TextDecoder();
  if (code === 0) return decoder.decode(stdout);
  throw new CompileError(`${command}: exit code ${code}: ${decoder.decode(stderr).trim()}`);
}

/** Writes the initial RAM disk: a Debian with the package and the checks. */
async function writeDisk(folder: string, file: string): Promise<void> {
  const system = join(folder, "system");
  const variant = ["--quiet", "--variant=minbase", "--include=systemd,systemd-sysv"];
  const os = await Deno.readTextFile("/etc/os-release");
  const [, codename = "stable"] = /^VERSION_CODENAME=(\w+)$/m.exec(os) ?? [];
  await run("mmdebstrap", [...variant, codename, system], folder);
  await Deno.copyFile(file, join(system, "timesrv.deb"));
  await run("chroot", [system, "dpkg", "--install", "/timesrv.deb"], folder);
  const from = join(ROOT, "scripts/boot");
  await Deno.copyFile(join(from, "proof.sh"), join(system, "proof.sh"));
  await Deno.copyFile(join(from, "init"), join(system, "init"));
  await Deno.chmod(join(system, "init"), 0o755);
  const units = join(system, "etc/systemd/system");
  await Deno.copyFile(join(from, "proof.service"), join(units, "proof.service"));
  await Deno.mkdir(join(units, "multi-user.target.wants"), { recursive: true });
  await Deno.symlink("../proof.service", join(units, "multi-user.target.wants/proof.service"));
  const disk = "find . -xdev -not -path './boot/*' | cpio --quiet -o -H newc > ../disk";
  await run("sh", ["-c", disk], system);
}

/** Fetches the kernel of Debian's packages; it is not installed here. */
async function writeKernel(folder: string): Promise<string> {
  const name = `linux-image-cloud-${architectures[Deno.build.arch]}`;
  const depends = await run("apt-cache", ["depends", name], folder);
  const [, kernel] = /Depends: (linux-image-\d\S*)/.exec(depends) ?? [];
  if (kernel === undefined) throw new CompileError(`${name} names no kernel`);
  await run("apt-get", ["download", "-q", kernel], folder);
  await run("sh", ["-c", `dpkg-deb --extract ${kernel}_*.deb kernel`], folder);
  const boot = join(folder, "kernel", "boot");
  for await (const { name } of Deno.readDir(boot)) {
    if (name.startsWith("vmlinuz-")) return join(boot, name);
  }
  throw new CompileError(`${kernel} has no kernel in it`);
}

/** Boots; returns the lines of the console. */
async function boot(folder: string, kernel: string): Promise<string[]> {
  const [emulator = "", ...machine] = machines[Deno.build.arch] ?? [];
  const signal = AbortSignal.timeout(BOOT_LIMIT_MS);
  const child = new Deno.Command(emulator, {
    args: [
      ...machine,
      // KVM fails on virtual machines within others, after it was found to be there.
      ...["-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "4096"],
      ...["-nographic", "-nic", "none", "-no-reboot", "-kernel", kernel],
      ...["-initrd", join(folder, "disk")],
      ...["-append", "console=ttyS0 panic=-1 quiet systemd.show_status=false"],
    ],
    stdin: "null",
    stdout: "piped",
    signal,
  }).spawn();
  const lines: string[] = [];
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const [...whole] = (text + chunk).split(/\r?\n/);
    text = whole.pop() ?? "";
    lines.push(...whole);
    for (const line of whole) {
      if (/^((not )?ok - |# )/.test(line)) console.log(line);
    }
  }
  await child.status;
  return lines;
}

async function main([option]: string[]): Promise<number> {
  if (option !== undefined) {
    const isHelp = option === "-h" || option === "--help";
    if (isHelp) console.log(usage);
    else console.error(`boot: unknown argument ${option}`);
    return isHelp ? 0 : 2;
  }
  const folder = await Deno.makeTempDir({ prefix: "timesrv-boot-", dir: "/var/tmp" });
  try {
    const deb = join(ROOT, "dist/deb");
    const names = await Array.fromAsync(Deno.readDir(deb), ({ name }) => name).catch(() => []);
    const name = names.find((each) => each.endsWith(`_${architectures[Deno.build.arch]}.deb`));
    if (name === undefined) {
      throw new CompileError("no package in dist/deb: run `deno task deb` first");
    }
    await writeDisk(folder, join(deb, name));
    console.log(`# ${basename(name)} is booted`);
    const lines = await boot(folder, await writeKernel(folder));
    const passed = lines.filter((line) => line.startsWith("ok - ")).length;
    const failed = lines.filter((line) => line.startsWith("not ok - ")).length;
    const isWhole = lines.includes("end of the checks");
    if (!isWhole) console.error(lines.slice(-40).join("\n"));
    console.log(`# ${passed} passed, ${failed} failed${isWhole ? "" : ", and it did not end"}`);
    return isWhole && failed === 0 && passed > 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    console.error(`boot: ${error.message}`);
    return 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
