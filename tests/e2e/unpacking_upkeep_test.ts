/** What a self-extracting executable keeps in its cache folder, and what it says of a system that lacks something. */
import { assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { run } from "../support/process.ts";
import { startServer } from "../support/programs.ts";
import {
  assertRan,
  assertRefused,
  available,
  entriesBelow,
  filesBelow,
  find,
  start,
  tempFolder,
  testUnpacking,
  timecli,
  timesrv,
} from "./executables.ts";

const HOUR_S = 3600;

if (available) {
  Deno.test(
    await testUnpacking(
      "are shown by ps under their own names, with one runtime on disk",
      async () => {
        await using cache = await tempFolder();
        // One that another test has unpacked elsewhere would be taken from there.
        const env = { XDG_CACHE_HOME: cache.path, HOME: cache.path, TMPDIR: cache.path };
        assertRan(await start(timecli, ["--version"], { env }));
        const runtime = await find(cache.path, /\/timecli$/);
        const { server } = await startServer([timesrv], undefined, { env });
        await using _ = server;
        assertEquals(await Deno.readTextFile(`/proc/${server.child.pid}/comm`), "timesrv\n");
        const other = await Deno.stat(join(dirname(runtime), "timesrv"));
        assertEquals(other.ino, (await Deno.stat(runtime)).ino);
      },
      { files: ["/proc/self/comm"] },
    ),
  );

  Deno.test(
    await testUnpacking("remove what was left behind an hour ago while unpacking", async () => {
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path };
      assertRan(await start(timecli, ["--version"], { env }));
      const folders = ["timecli", "timecli.mjs"].map((name) =>
        find(cache.path, new RegExp(`/${name}$`))
      );
      const runtime = dirname(await folders[0] ?? "");
      const program = dirname(await folders[1] ?? "");
      const nowS = Date.now() / 1000;
      const old = [join(runtime, "temp.abcdef"), join(program, "temp.ABC123")];
      const young = join(runtime, "temp.young0");
      for (const path of [...old, young]) await Deno.writeTextFile(path, "");
      for (const path of old) await Deno.utime(path, nowS, nowS - 2 * HOUR_S);
      // Verified by the note alone, it looks at nothing else.
      assertRan(await start(timecli, ["--version"], { env }));
      const temps = async (): Promise<string[]> =>
        (await filesBelow(cache.path)).filter((path) => path.includes("temp.")).toSorted();
      assertEquals(await temps(), [...old, young].toSorted());
      await Deno.remove(join(program, "verified"));
      assertRan(await start(timecli, ["--version"], { env }));
      assertEquals(await temps(), [young]);
    }),
  );

  Deno.test(
    await testUnpacking("remove other versions that nothing has used for 90 days", async () => {
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path };
      assertRan(await start(timecli, ["--version"], { env }));
      const folder = join(cache.path, "timesrv");
      const names = await entriesBelow(folder);
      const now = new Date();
      const in99Days = new Date(now.getTime() + 99 * 24 * HOUR_S * 1000);
      const kept = ["0".repeat(64), "deno_dir", "mine"];
      for (const name of ["f".repeat(64), ...kept]) {
        await Deno.mkdir(join(folder, name), { recursive: true });
        const file = join(folder, name, "timecli");
        await Deno.writeTextFile(file, "");
        await Deno.utime(file, name === kept[0] ? in99Days : now, 0);
      }
      const elsewhere = await Deno.makeTempDir({ dir: cache.path });
      await Deno.symlink(elsewhere, join(folder, "e".repeat(64)));
      await Deno.remove(await find(cache.path, /\/verified$/));
      const later = { ...env, NO_FAKE_STAT: "1" };
      assertRan(await start("faketime", ["-f", "+100d", timecli, "--version"], { env: later }));
      const expected = [...names, join(folder, "e".repeat(64))];
      for (const name of kept) expected.push(join(folder, name), join(folder, name, "timecli"));
      const isCode = (path: string): boolean => /\/deno_dir\/(?!timecli)/.test(path);
      assertEquals(
        (await entriesBelow(folder)).filter((path) => !isCode(path)),
        [...new Set(expected)].filter((path) => !isCode(path)).toSorted(),
      );
      assertEquals((await Deno.stat(elsewhere)).isDirectory, true);
    }, { commands: ["faketime"] }),
  );

  Deno.test(
    await testUnpacking("verify their files once, where the clock begins in 1970", async () => {
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path, TZ: "Pacific/Kiritimati" };
      assertRan(await start(timecli, ["--version"], { env }));
      const note = await find(cache.path, /\/verified$/);
      await Deno.utime(note, 2, 2);
      const { ino } = await Deno.stat(note);
      assertRan(await start(timecli, ["--version"], { env }));
      assertEquals((await Deno.stat(note)).ino, ino);
    }),
  );

  Deno.test(
    await testUnpacking("name what a system lacks, in one line", async () => {
      await using folder = await tempFolder();
      const path = (name: string): string => join(folder.path, name);
      for (const name of ["bin", "dev", "root", "tmp"]) await Deno.mkdir(path(name));
      assertEquals((await run(["cp", "-a", "/dev/null", path("dev")])).code, 0);
      await Deno.copyFile("/bin/busybox", path("bin/busybox"));
      await Deno.copyFile(timecli, path("timecli"));
      const commands = ["chmod", "find", "head", "id", "ls", "mkdir", "mktemp", "mv", "rm", "sh"];
      commands.push("sha256sum", "tail", "touch", "wc");
      for (const name of commands) await Deno.symlink("busybox", path(`bin/${name}`));
      const chroot = () =>
        start("/usr/sbin/chroot", [folder.path, "/timecli", "--version"], {
          env: { HOME: "/root" },
        });
      assertRefused(await chroot(), /needs gzip to unpack itself, which this system lacks/);
      await Deno.symlink("busybox", path("bin/gzip"));
      assertRefused(await chroot(), /needs glibc 2\.27 or newer, which this system lacks/);
      assertEquals(await filesBelow(path("root")), []);
    }, { root: true, commands: ["/usr/sbin/chroot", "/bin/busybox"] }),
  );
}
