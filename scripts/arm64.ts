// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
/**
 * Boots a kernel for arm64 in an emulator, and runs there the tests of what differs from one processor to another:
 * transports, protocols, calls of the C library, and programs of other projects as peers. It takes a quarter of an
 * hour, and is no part of the gate.
 */
import { basename, join } from "node:path";
import { defineCommand } from "../src/cli/shared/command.ts";
import { UsageError } from "../src/cli/shared/errors.ts";
import { runCommand } from "./bench/options.ts";
import * as emulator from "./boot/emulator.ts";
import { makeContents, writeFolder } from "./compile/folder.ts";
import { programs } from "./compile/programs.ts";
import { ROOT } from "./compile/run.ts";
import { hashSources, SOURCES_HASH } from "./compile/sources.ts";
import { findTarget } from "./compile/targets.ts";

/** The tests, by groups. Those that an emulated processor is too slow for are ignored, and name the reason. */
const groups: Readonly<Record<string, readonly string[]>> = {
  transports: ["tests/transports"],
  protocols: ["tests/protocols"],
  system: ["tests/system", "tests/clock"],
  interop: [
    "tests/interop/ntp_clients_test.ts",
    "tests/interop/ntp_servers_test.ts",
    "tests/interop/ntp_daemons_test.ts",
    "tests/interop/keys_test.ts",
    "tests/interop/nts_test.ts",
    "tests/interop/plain_services_test.ts",
    "tests/interop/python_test.ts",
  ],
};

const command = defineCommand({
  name: "arm64",
  hasManual: false,
  description:
    "Boots Debian's kernel for arm64 in QEMU and runs tests there. Needs Debian, root, network " +
    "access, and the packages cpio, git, mmdebstrap and qemu-system-arm.",
  positionals: [{
    name: "group",
    help: `${Object.keys(groups).join(", ")}; all of them without one`,
    isRepeatable: true,
  }],
  groups: {},
  notes: "",
  run({ positionals }): Promise<number> {
    const unknown = positionals.find((name) => !Object.hasOwn(groups, name));
    if (unknown !== undefined) {
      throw new UsageError(`Unknown group ${unknown}: expected ${Object.keys(groups).join(", ")}`);
    }
    const names = positionals.length > 0 ? positionals : Object.keys(groups);
    return emulator.inFolder("arm64", (folder) => runGroups(folder, names));
  },
});

/** What is in the booted system, beside the unpacked peers. */
const PACKAGES = [
  ...[
    "linux-image-arm64",
    "busybox-static",
    "coreutils",
    "dash",
    "findutils",
    "iproute2",
    "mount",
    "procps",
  ],
  ...["util-linux", "python3", "openssl", "netbase", "tzdata", "rdate", "netcat-openbsd"],
  // The compiler says how structures are laid out here.
  ...["gcc", "libc6-dev"],
  // Needed by the peers.
  ...["libbsd0", "libcap2", "libedit2", "libgcc-s1", "libgnutls30", "libnettle8", "libseccomp2"],
  ...["libselinux1", "libssl3", "libtirpc3", "libwrap0"],
];

/** The peers, as the list of `install_peers.sh` names them. */
const PEERS = ["chrony", "ntpsec", "openntpd", "xinetd", "inetutils-inetd"];

/** Where the tests look for them. */
const PEERS_FOLDER = "var/tmp/timesrv-peers";

const LIMIT_MS = 100 * 60_000;

/** How often a wait of the tests is as long as on a machine that is not emulated. */
const SLOWNESS = 20;

/** Reads which packages each peer is unpacked from. */
async function peerPackages(): Promise<Map<string, string[]>> {
  const text = await Deno.readTextFile(join(ROOT, "scripts/install_peers.sh"));
  const peers = new Map<string, string[]>();
  for (const [, words = ""] of text.matchAll(/^ {2}"(.+)"$/gm)) {
    const [folder = "", ...packages] = words.split(" ");
    if (PEERS.includes(folder)) peers.set(folder, packages);
  }
  return peers;
}

/** Writes the root file system, without the sources; returns its folder. */
async function writeSystem(folder: string): Promise<string> {
  const { aarch64 } = emulator.processors;
  const system = join(folder, "system");
  const peers = await peerPackages();
  // They conflict with each other: apt would not install them together.
  const download = [...peers.values()].flat().join(" ");
  const hook = 'mkdir -m 777 "$1/downloads" && cd "$1/downloads" && ' +
    `APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download -qq ${download}`;
  await emulator.writeSystem(system, aarch64, "extract", PACKAGES, `--extract-hook=${hook}`);
  const downloads = join(system, "downloads");
  const archives = await Array.fromAsync(Deno.readDir(downloads), ({ name }) => name);
  for (const [peer, packages] of peers) {
    const to = join(system, PEERS_FOLDER, peer);
    await Deno.mkdir(to, { recursive: true });
    for (const each of packages) {
      const archive = archives.find((name) => name.startsWith(`${each}_`)) ?? each;
      await emulator.run("dpkg-deb", ["--extract", archive, to], downloads);
    }
  }
  await Deno.remove(downloads, { recursive: true });
  // Its Python module looks for its library beside itself, or where it would be installed.
  const ntpsec = `/${PEERS_FOLDER}/ntpsec/usr/lib`;
  await Deno.symlink(
    `${ntpsec}/aarch64-linux-gnu/ntp/libntpc.so`,
    join(system, ntpsec, "python3/dist-packages/ntp/libntpc.so"),
  );
  for (const [name, text] of Object.entries(SETTINGS)) {
    await Deno.writeTextFile(join(system, "etc", name), text);
  }
  // By scripts of the packages, which are not run here.
  await Deno.symlink("gcc", join(system, "usr/bin/cc"));
  await Deno.symlink("nc.openbsd", join(system, "bin/nc"));
  // The tests connect networks by it; other modules of the kernel are not needed.
  const modules = join(system, "lib/modules");
  const [veth = ""] = (await emulator.run("find", [modules, "-name", "veth.ko*"], "/")).split("\n");
  await Deno.copyFile(veth, join(system, basename(veth)));
  return system;
}

/** What the packages would set when they are installed. */
const SETTINGS = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
  group: "root:x:0:\nnogroup:x:65534:\n",
  hosts: "127.0.0.1 localhost\n::1 localhost\n",
  // Without a name server, other names are unknown rather than not to be found out.
  "nsswitch.conf": "hosts: files\nservices: files\nprotocols: files\n",
};

/** Copies the files under version control, as they are now, and fills a cache with the packages they import. */
async function writeSources(folder: string, files: readonly string[]): Promise<void> {
  const sources = join(folder, "sources");
  await Deno.mkdir(sources);
  const list = "git ls-files -z --cached --others --exclude-standard | tar -c --null -T -";
  await emulator.run("sh", ["-c", `${list} | tar -x -C "$0"`, sources], ROOT);
  const tests = await emulator.run(
    "find",
    [...files, "src", "server.ts", "client.ts", "-name", "*.ts", "-not", "-name", "*.d.ts"],
    sources,
  );
  const args = ["cache", "--quiet", "--no-check", ...tests.trim().split("\n")];
  const env = { DENO_DIR: join(folder, "deno_dir") };
  await emulator.run(Deno.execPath(), args, sources, env);
}

/** Writes the archive for arm64, unpacked, as the programs that the tests call compiled. */
async function writePrograms(folder: string): Promise<void> {
  const archive = join(folder, "archive");
  await writeFolder(archive, findTarget("aarch64-unknown-linux-gnu"), await makeContents());
  const dist = join(folder, "sources/dist");
  await Deno.mkdir(dist);
  for (const { name } of programs) {
    await Deno.symlink(`../../archive/bin/${name}`, join(dist, name));
  }
  await Deno.writeTextFile(join(dist, SOURCES_HASH), await hashSources());
}

/** The first process of the system: it runs the groups, and says how each has ended. */
function formatInit(folder: string, names: readonly string[]): string {
  const lines = names.map((name) => `group ${name} ${(groups[name] ?? []).join(" ")}`);
  return `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:${folder}/archive/lib/timesrv HOME=/root LC_ALL=C.UTF-8 NO_COLOR=1
export DENO_DIR=${folder}/deno_dir DENO_NO_UPDATE_CHECK=1
export TIMESRV_REQUIRE_PEERS=1 TIMESRV_TEST_SLOWNESS=${SLOWNESS} TIMECLI_TIMEOUT=60s
mkdir -p /proc /sys /dev /tmp /run /root /var/lib
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
ln -s /proc/self/fd /dev/fd
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
ip link set lo up
busybox insmod /veth.ko*
cd ${folder}/sources
group() {
  echo "== $1"
  shift
  # On a terminal, each name would be printed twice.
  {
    deno test -A --no-check --cached-only --preload=tests/support/limit.ts "$@" 2>&1
    echo "== exit code $?"
  } | cat
}
echo "# $(uname -srm), $(deno --version | head -n 1)"
${lines.join("\n")}
poweroff -f
`;
}

/** Boots, prints what the tests print, and counts. */
async function runGroups(folder: string, names: readonly string[]): Promise<number> {
  const { aarch64: processor } = emulator.processors;
  await emulator.requireCommands(processor);
  const files = names.flatMap((name) => groups[name] ?? []);
  const system = await writeSystem(folder);
  await writeSources(folder, files);
  await writePrograms(folder);
  // Deno finds what it has transpiled by the path of the source.
  const inside = join(system, folder);
  await Deno.mkdir(inside, { recursive: true });
  for (const name of ["sources", "deno_dir", "archive"]) {
    await Deno.rename(join(folder, name), join(inside, name));
  }
  await Deno.writeTextFile(join(system, "init"), formatInit(folder, names), { mode: 0o755 });
  const kernel = await emulator.findKernel(system);
  const disk = join(folder, "disk");
  await emulator.writeDisk(system, disk);
  const machine = { processor, kernel, disk, memoryMiB: 4096, limitMs: LIMIT_MS };
  const results = await followGroups(emulator.boot(machine));
  for (const { name, passed, failed, ignored, seconds } of results) {
    console.log(`# ${name}: ${passed} passed, ${failed} failed, ${ignored} ignored (${seconds} s)`);
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const missing = names.filter((name) => !results.some((result) => result.name === name));
  for (const name of missing) console.log(`# ${name}: did not end`);
  const failed = results.reduce((sum, result) => sum + result.failed, missing.length);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** How the tests of a group have ended. */
export interface GroupResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
  readonly seconds: number;
}

const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?:.*? \| (\d+) ignored)?/;

/** Prints the console of the booted system; returns the groups that have ended. */
export async function followGroups(
  lines: AsyncIterable<string>,
  print: (line: string) => void = console.log,
): Promise<GroupResult[]> {
  const results: GroupResult[] = [];
  let name = "";
  let startMs = NaN;
  let counts: readonly number[] = [];
  for await (const line of lines) {
    print(line);
    const [, begun] = /^== (\w+)$/.exec(line) ?? [];
    if (begun !== undefined) [name, startMs] = [begun, performance.now()];
    const summary = SUMMARY.exec(line);
    if (summary !== null) counts = summary.slice(1).map((count) => Number(count ?? 0));
    const [, code] = /^== exit code (\d+)$/.exec(line) ?? [];
    if (code === undefined) continue;
    const [passed = 0, failed = 0, ignored = 0] = counts;
    const seconds = Math.round((performance.now() - startMs) / 1000);
    // A file that cannot be loaded is no test that has failed.
    const failures = code !== "0" && failed === 0 ? 1 : failed;
    results.push({ name, passed, failed: failures, ignored, seconds });
    counts = [];
  }
  return results;
}

if (import.meta.main) Deno.exit(await runCommand(command));
