// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
/**
 * Boots a Debian with systemd and the package of `deno task deb` in an emulator, and has it prove there what needs
 * a booted system: start, watchdog, sandbox, port 123, removal. It takes minutes, and is no part of the gate.
 */
import { basename, join } from "node:path";
import { defineCommand } from "../src/cli/shared/command.ts";
import { runCommand } from "./bench/options.ts";
import * as emulator from "./boot/emulator.ts";
import { CompileError, ROOT } from "./compile/run.ts";

const command = defineCommand({
  name: "boot",
  hasManual: false,
  description:
    "Boots the Debian package in dist/deb/ in QEMU and prints the checks that it makes there. " +
    "Needs Debian, root, network access, and the packages cpio, mmdebstrap and qemu-system-x86 or " +
    "qemu-system-arm.",
  positionals: [],
  groups: {},
  notes: "",
  run: () => emulator.inFolder("boot", proveIn),
});

const processor = emulator.processors[Deno.build.arch];

/** Writes the initial RAM disk: a Debian with the package and the checks. */
async function writeDisk(folder: string, file: string): Promise<string> {
  const system = join(folder, "system");
  await emulator.writeSystem(system, processor, "minbase", ["systemd", "systemd-sysv"]);
  await Deno.copyFile(file, join(system, "timesrv.deb"));
  await emulator.run("chroot", [system, "dpkg", "--install", "/timesrv.deb"], folder);
  const from = join(ROOT, "scripts/boot");
  await Deno.copyFile(join(from, "proof.sh"), join(system, "proof.sh"));
  await Deno.copyFile(join(from, "init"), join(system, "init"));
  await Deno.chmod(join(system, "init"), 0o755);
  const units = join(system, "etc/systemd/system");
  const text = await Deno.readTextFile(join(from, "proof.service"));
  await Deno.writeTextFile(
    join(units, "proof.service"),
    text.replace("/dev/ttyS0", `/dev/${processor.console}`),
  );
  await Deno.mkdir(join(units, "multi-user.target.wants"), { recursive: true });
  await Deno.symlink("../proof.service", join(units, "multi-user.target.wants/proof.service"));
  const disk = join(folder, "disk");
  await emulator.writeDisk(system, disk);
  return disk;
}

/** Fetches the kernel of Debian's packages; it is not installed here. */
async function writeKernel(folder: string): Promise<string> {
  const system = join(folder, "kernel");
  const name = `linux-image-cloud-${processor.debian}`;
  await emulator.writeSystem(system, processor, "extract", [name]);
  return await emulator.findKernel(system);
}

async function proveIn(folder: string): Promise<number> {
  const deb = join(ROOT, "dist/deb");
  const names = await Array.fromAsync(Deno.readDir(deb), ({ name }) => name).catch(() => []);
  const name = names.find((each) => each.endsWith(`_${processor.debian}.deb`));
  if (name === undefined) throw new CompileError("no package in dist/deb: run `deno task deb`");
  await emulator.requireCommands(processor);
  const disk = await writeDisk(folder, join(deb, name));
  const kernel = await writeKernel(folder);
  console.log(`# ${basename(name)} is booted`);
  const append = "systemd.show_status=false";
  const limitMs = 15 * 60_000;
  const lines: string[] = [];
  for await (
    const line of emulator.boot({ processor, kernel, disk, memoryMiB: 4096, limitMs, append })
  ) {
    if (/^((not )?ok - |# )/.test(line)) console.log(line);
    lines.push(line);
  }
  const passed = lines.filter((line) => line.startsWith("ok - ")).length;
  const failed = lines.filter((line) => line.startsWith("not ok - ")).length;
  const isWhole = lines.includes("end of the checks");
  if (!isWhole) console.error(lines.slice(-40).join("\n"));
  console.log(`# ${passed} passed, ${failed} failed${isWhole ? "" : ", and it did not end"}`);
  return isWhole && failed === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(command));
