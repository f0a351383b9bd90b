/** The archives of `deno task compile --folder`: their contents, and the programs in them. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { CompileError } from "../../scripts/compile/run.ts";
import { tryArchive } from "../../scripts/smoke.ts";
import { findTarget, type Target, targets } from "../../scripts/compile/targets.ts";
import { firstMissing, isAvailable, type Needs, where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root, startServer } from "../support/programs.ts";
import { entriesBelow, start, type TempFolder, tempFolder } from "./executables.ts";

const needs: Needs = {
  commands: ["npm", "tar", "sha256sum"],
  linux: true,
  permissions: [{ name: "env" }, { name: "run" }, { name: "write" }, { name: "read" }],
};
const version: string = await firstMissing(needs) === undefined
  ? JSON.parse(await Deno.readTextFile(join(root, "deno.json"))).version
  : "";

function test(
  name: string,
  fn: () => Promise<void>,
  extra: Needs = {},
): Promise<Deno.TestDefinition> {
  const commands = [...needs.commands ?? [], ...extra.commands ?? []];
  return where({ ...needs, ...extra, commands }, `archives: ${name}`, fn);
}

const host = targets.find(({ triple }) => triple === Deno.build.target) ??
  findTarget("x86_64-unknown-linux-gnu");
const windows = findTarget("x86_64-pc-windows-msvc");
const arm64 = findTarget("aarch64-unknown-linux-gnu");

/** Builds archives in a folder, as another process with settings of its own; returns theirs. */
async function build(
  systems: readonly Target[],
  dist: string,
  settings = "",
): Promise<string> {
  const script = `import { archive } from "./scripts/compile.ts";
    import { findTarget } from "./scripts/compile/targets.ts";
    const systems = ${JSON.stringify(systems.map(({ triple }) => triple))};
    await archive(systems.map(findTarget), Deno.env.get("DIST"));`;
  const command = `${settings} exec "$@"`;
  const args = ["eval", "--no-check", "--config", join(root, "deno.json"), script];
  const { code, stderr } = await run(["sh", "-c", command, "sh", Deno.execPath(), ...args], {
    limitSeconds: 240,
    cwd: root,
    env: { DIST: dist },
  });
  assertEquals(code, 0, stderr);
  return join(dist, "archives");
}

function folderOf({ triple }: Target): string {
  return `timesrv-${version}-${triple}`;
}

let built: { readonly folder: TempFolder; readonly archives: Promise<string> } | undefined;

/** Builds the archives of three systems, once for all tests. */
async function buildOnce(): Promise<string> {
  if (built === undefined) {
    const folder = await tempFolder();
    built = { folder, archives: build([host, windows, arm64], folder.path) };
  }
  return await built.archives;
}

interface Unpacked extends TempFolder {
  readonly bin: string;
  readonly lib: string;
}

/** An archive, unpacked where a path has a space. */
async function unpack(target = host): Promise<Unpacked> {
  const folder = await tempFolder();
  const archive = join(await buildOnce(), `${folderOf(target)}.tar.gz`);
  assertEquals((await run(["tar", "-xzf", archive, "-C", folder.path])).code, 0);
  const top = join(folder.path, folderOf(target));
  return { ...folder, bin: join(top, "bin"), lib: join(top, "lib/timesrv") };
}

const SHARE = ["bash-completion/completions/timecli", "bash-completion/completions/timesrv"];
SHARE.push("fish/vendor_completions.d/timecli.fish", "fish/vendor_completions.d/timesrv.fish");
SHARE.push("man/man1/timecli.1", "man/man1/timesrv.1");
SHARE.push("zsh/site-functions/_timecli", "zsh/site-functions/_timesrv");
const MODULES = ["commands.mjs", "picture.mjs", "timecli.mjs", "timesrv.mjs"];

if (await isAvailable(needs, "the tests of the archives")) {
  Deno.test.afterAll(async () => await built?.folder[Symbol.asyncDispose]());

  Deno.test(
    await test("two builds are the same, whatever the time zone and the umask", async () => {
      await using second = await tempFolder();
      const archives = await buildOnce();
      const others = await build([host], second.path, "umask 077; TZ=Asia/Kathmandu");
      const sums = await Deno.readTextFile(join(archives, "SHA256SUMS"));
      const names = [arm64, windows, host].map((each) =>
        `${folderOf(each)}${each.isWindows ? ".zip" : ".tar.gz"}`
      );
      names.push(`timesrv-${version}.cdx.json`);
      const check = ["--check", "--strict", "SHA256SUMS"];
      assertEquals(await run(["sha256sum", ...check], { cwd: archives }), {
        code: 0,
        stdout: names.map((name) => `${name}: OK\n`).join(""),
        stderr: "",
      });
      const ours = sums.split("\n").slice(2).join("\n");
      assertEquals(await Deno.readTextFile(join(others, "SHA256SUMS")), ours);

      const list = await run([
        "tar",
        "--utc",
        "--full-time",
        "-tvzf",
        join(archives, names[2] ?? ""),
      ]);
      const entries = list.stdout.trim().split("\n").map((line) => {
        const [mode, owner, , date, time, ...path] = line.split(/ +/);
        assertEquals([owner, date, time], ["0/0", "1980-01-01", "00:00:00"], line);
        return `${mode} ${path.join(" ").replace(/^timesrv-[^/]*\//, "")}`;
      });
      assertEquals(entries, [
        ...["LICENSE", "README.md"].map((name) => `-rw-r--r-- ${name}`),
        ...["timecli", "timesrv"].map((name) => `-rwxr-xr-x bin/${name}`),
        "-rw-r--r-- lib/timesrv/commands.mjs",
        "-rwxr-xr-x lib/timesrv/deno",
        "-rw-r--r-- lib/timesrv/picture.mjs",
        "lrwxr-xr-x lib/timesrv/timecli -> deno",
        "-rw-r--r-- lib/timesrv/timecli.mjs",
        "lrwxr-xr-x lib/timesrv/timesrv -> deno",
        "-rw-r--r-- lib/timesrv/timesrv.mjs",
        "-rw-r--r-- licenses.md",
        ...SHARE.map((name) => `-rw-r--r-- share/${name}`),
      ]);
    }),
  );

  Deno.test(
    await test("an unpacked one serves and queries from anywhere, under its own name", async () => {
      await using unpacked = await unpack();
      const { bin, path } = unpacked;
      const home = join(path, "home");
      await Deno.mkdir(home);
      const links = join(path, "links");
      await Deno.mkdir(links);
      await Deno.symlink(join(bin, "timecli"), join(links, "absolute"));
      await Deno.symlink("absolute", join(links, "timecli"));
      const hostile = { NODE_OPTIONS: "--require /nowhere", DENO_V8_FLAGS: "--no-such" };
      const env = { ...hostile, HOME: home, PATH: `${links}:/usr/bin:/bin` };
      const urls = ["auto://127.0.0.1:0", "--control", "127.0.0.1:0", "--control-read-only"];
      const { server, port } = await startServer([join(bin, "timesrv")], urls, { env });
      await using _ = server;
      await server.waitFor(/Transport: mmsg/);
      assertEquals(await Deno.readTextFile(`/proc/${server.child.pid}/comm`), "timesrv\n");
      const [, control = ""] = await server.waitFor(/Control interface on (\S+)/);
      for (
        const [args, pattern] of [
          [[`asctime://127.0.0.1:${port}`], /: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n$/],
          [[`ntp://127.0.0.1:${port}`], /^Stratum +10$/m],
          [["control", control, "state"], /timesrv|mmsg/],
          [["--version"], /^timecli \d/],
        ] as const
      ) {
        for (const program of [join(links, "timecli"), "/bin/sh"]) {
          const rest = program === "/bin/sh" ? ["-c", 'exec timecli "$@"', "sh", ...args] : args;
          const { code, stdout, stderr } = await start(program, rest, { env });
          assertEquals([code, stderr], [0, ""]);
          assertMatch(stdout, pattern);
        }
      }
      assertEquals((await server.stop()).code, 0);
      assertEquals((await entriesBelow(home)).slice(0, 3), [
        join(home, ".cache"),
        join(home, ".cache/timesrv"),
        join(home, ".cache/timesrv/deno_dir"),
      ]);
    }),
  );

  Deno.test(
    await test("smoke.ts starts what it unpacks, and says what is missing", async () => {
      const [text = "", ntp = "", ...others] = await tryArchive(await buildOnce());
      assertMatch(text, /^Reply from time server: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n$/);
      assertMatch(ntp, /^Stratum +10$/m);
      assertEquals(others, []);
      await assertRejects(() => tryArchive("/nowhere"), CompileError, "tar: exit code 2: ");
    }),
  );

  Deno.test(
    await test("an unpacked one keeps nothing where another user could change it", async () => {
      await using unpacked = await unpack();
      const { bin, lib, path } = unpacked;
      const home = join(path, "home");
      await Deno.mkdir(join(home, ".cache"), { recursive: true });
      const version = async (env: Record<string, string>): Promise<void> => {
        const outcome = await start(join(bin, "timecli"), ["--version"], { env });
        assertEquals([outcome.code, outcome.stderr], [0, ""]);
      };
      // As under sudo with $HOME kept.
      await Deno.chown(home, 65534, 65534);
      await version({ HOME: home });
      await Deno.chown(home, 0, 0);
      await Deno.chown(join(home, ".cache"), 65534, 65534);
      await version({ HOME: home });
      await version({ XDG_CACHE_HOME: join(home, ".cache") });
      await Deno.chown(join(home, ".cache"), 0, 0);
      await Deno.symlink(path, join(home, ".cache/timesrv"));
      await version({ HOME: home });
      await version({ cache: home });
      assertEquals(await entriesBelow(home), [
        join(home, ".cache"),
        join(home, ".cache/timesrv"),
      ]);
      // Filled at the installation.
      await Deno.mkdir(join(lib, "deno_dir"));
      await version({ HOME: home });
      assertStringIncludes((await entriesBelow(lib)).join("\n"), "/deno_dir/v8_code_cache");
    }, { root: true }),
  );

  Deno.test(
    await test(
      "an unpacked one runs from a read-only disk, and names a missing glibc",
      async () => {
        await using unpacked = await unpack();
        const { bin, path } = unpacked;
        const script = `mount --make-rprivate / && mount -o remount,bind,ro / &&
        ! touch "$0" 2>/dev/null && exec "$0" --version`;
        const readOnly = ["--mount", "sh", "-c", script, join(bin, "timecli")];
        const outcome = await start("unshare", readOnly, { env: { HOME: path } });
        assertEquals([outcome.code, outcome.stderr], [0, ""]);
        await Deno.copyFile("/bin/busybox", join(path, "sh"));
        await Deno.rename(join(bin, ".."), join(path, "timesrv"));
        const chroot = [path, "/sh", "/timesrv/bin/timecli", "--version"];
        assertEquals(await start("/usr/sbin/chroot", chroot), {
          code: 1,
          stdout: "",
          stderr: "timecli: needs glibc 2.27 or newer, which this system lacks\n",
        });
      },
      { root: true, commands: ["unshare", "/usr/sbin/chroot", "/bin/busybox"] },
    ),
  );

  Deno.test(
    await test(
      "that for arm64 serves and queries under an emulator, whose kernel lacks an option",
      async () => {
        await using unpacked = await unpack(arm64);
        const { bin, lib, path } = unpacked;
        for (const name of ["timesrv", "timecli"]) {
          // In the place of a kernel that starts programs for arm64.
          await Deno.remove(join(lib, name));
          const emulator = 'exec qemu-aarch64-static -L /usr/aarch64-linux-gnu "${0%/*}/deno" "$@"';
          await Deno.writeTextFile(join(lib, name), `#!/bin/sh\n${emulator}\n`, { mode: 0o755 });
          const launcher = await Deno.readTextFile(join(bin, name));
          assertStringIncludes(launcher, "\nloader=/lib/ld-linux-aarch64.so.1\n");
          await Deno.writeTextFile(join(bin, name), launcher.replace(/^loader=.*$/m, "loader="));
        }
        const env = { HOME: path };
        const urls = ["auto://127.0.0.1:0"];
        const { server, port } = await startServer([join(bin, "timesrv")], urls, { env });
        await using _ = server;
        await server.waitFor(
          /Transport: datagram \(this system cannot set the socket option SO_TIMESTAMPNS: /,
        );
        const args = ["--timeout", "10s", `ntp://127.0.0.1:${port}`];
        const { code, stdout } = await start(join(bin, "timecli"), args, { env });
        assertEquals(code, 0);
        assertMatch(stdout, /^Stratum +10$/m);
      },
      { commands: ["qemu-aarch64-static"], files: ["/usr/aarch64-linux-gnu/lib/libgcc_s.so.1"] },
    ),
  );

  Deno.test(
    await test(
      "that for Windows has its runtime as its makers signed it, and launchers of its own",
      async () => {
        await using folder = await tempFolder();
        const archive = join(await buildOnce(), `${folderOf(windows)}.zip`);
        const unzipped = await run(["python3", "-m", "zipfile", "-e", archive, folder.path]);
        assertEquals(unzipped.code, 0);
        const top = join(folder.path, folderOf(windows));
        assertEquals(
          (await entriesBelow(top)).map((path) => path.slice(top.length + 1)),
          [
            ...["LICENSE", "README.md", "lib"],
            ...["commands.mjs", "deno.exe", ...MODULES.slice(1)].map((name) => `lib/${name}`),
            ...["licenses.md", "timecli.cmd", "timesrv.cmd"],
          ],
        );
        const runtime = await Deno.readFile(join(top, "lib/deno.exe"));
        const view = new DataView(runtime.buffer);
        const header = view.getUint32(0x3c, true);
        // "PE", AMD64, and the size of the certificate table, which is the signature's.
        assertEquals(view.getUint32(header, true), 0x4550);
        assertEquals(view.getUint16(header + 4, true), 0x8664);
        assert(view.getUint32(header + 24 + 112 + 4 * 8 + 4, true) > 1000, "it is signed");
        for (const name of ["timesrv", "timecli"]) {
          const text = await Deno.readTextFile(join(top, `${name}.cmd`));
          assertEquals(text.replaceAll("\r\n", "").match(/[\r\n]|@[A-Z]/), null);
          assertMatch(
            text,
            new RegExp(`^"%~dp0lib\\\\deno.exe" run .*%~dp0lib\\\\${name}.mjs" %\\*\r$`, "m"),
          );
        }
      },
      { commands: ["python3"] },
    ),
  );
}
