import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join, resolve } from "node:path";
import { run, Running } from "../support/process.ts";
import { dist, root } from "../support/programs.ts";
import { poll } from "../support/wait.ts";
import {
  assertNoTempFiles,
  assertRan,
  assertRefused,
  available,
  entriesBelow,
  filesBelow,
  find,
  sha256,
  start,
  tempFolder,
  testUnpacking,
  timecli,
} from "./executables.ts";

if (available) {
  Deno.test(
    await testUnpacking("hold no path of the machine they were built on", async () => {
      await using cache = await tempFolder();
      for (const name of ["timesrv", "timecli"]) {
        await start(join(dist, name), ["--version"], { env: { XDG_CACHE_HOME: cache.path } });
        await find(cache.path, new RegExp(`/${name}\\.mjs$`));
      }
      for (const file of await filesBelow(cache.path)) {
        if (!file.endsWith(".mjs")) continue;
        const module = await Deno.readTextFile(file);
        for (const path of [resolve(root), Deno.env.get("HOME") || "/root", "/node_modules/.bin"]) {
          assert(!module.includes(path), `${file} names ${path}`);
          assert(!module.includes(`..${path}`), `${file} names ..${path}`);
        }
      }
    }),
  );

  Deno.test(
    await testUnpacking("heal what the cache holds", async () => {
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path };
      assertRan(await start(timecli, ["--version"], { env }));
      const planted = "#!/bin/sh\necho planted\n";
      const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
        truncated: (file) => Deno.truncate(file, 1000),
        "overwritten in place": async (file) => {
          using open = await Deno.open(file, { write: true });
          await open.seek(5000, Deno.SeekMode.Start);
          await open.write(new TextEncoder().encode(";;console.log('planted');;"));
        },
        replaced: async (file) => {
          await Deno.writeTextFile(`${file}.new`, planted, { mode: 0o755 });
          await Deno.rename(`${file}.new`, file);
        },
        "replaced by one of the same size and time": async (file) => {
          const { size, mtime } = await Deno.stat(file);
          await Deno.writeTextFile(`${file}.new`, planted, { mode: 0o755 });
          await Deno.truncate(`${file}.new`, size);
          await Deno.utime(`${file}.new`, mtime ?? 0, mtime ?? 0);
          await Deno.rename(`${file}.new`, file);
        },
        missing: (file) => Deno.remove(file),
        "a folder": async (file) => {
          await Deno.remove(file);
          await Deno.mkdir(join(file, "x"), { recursive: true });
        },
        "a symlink": async (file) => {
          await Deno.rename(file, `${file}.moved`);
          await Deno.writeTextFile(join(cache.path, "planted"), planted, { mode: 0o755 });
          await Deno.remove(`${file}.moved`);
          await Deno.symlink(join(cache.path, "planted"), file);
        },
        "not executable": (file) => Deno.chmod(file, 0o600),
        "writable by all": async (file) => {
          await Deno.writeTextFile(file, planted);
          await Deno.chmod(file, 0o777);
        },
      };
      const note = join(await find(cache.path, /\/timecli\.mjs$/), "..", "verified");
      for (const pattern of [/\/timecli$/, /\/timecli\.mjs$/, /\/picture\.mjs$/]) {
        const file = await find(cache.path, pattern);
        const right = await sha256(file);
        for (const [damage, inflict] of Object.entries(damages)) {
          await inflict(file);
          assertRan(await start(timecli, ["--version"], { env }));
          assertEquals(await sha256(file), right, `${file} ${damage}`);
          assertEquals(((await Deno.lstat(file)).mode ?? 0) & 0o022, 0, `${file} ${damage}`);
        }
      }
      await Deno.writeTextFile(note, "");
      assertRan(await start(timecli, ["--version"], { env }));
      assertNotEquals(await Deno.readTextFile(note), "");
      await assertNoTempFiles(cache.path);
    }),
  );

  Deno.test(
    await testUnpacking("refuse a folder that others can change", async () => {
      await using temp = await tempFolder();
      const place = join(temp.path, `timesrv-${Deno.uid()}`);
      const env = { TMPDIR: temp.path };
      const elsewhere = join(temp.path, "elsewhere");
      await Deno.mkdir(elsewhere, { mode: 0o700 });

      await Deno.symlink(elsewhere, place);
      assertRefused(await start(timecli, ["--version"], { env }), /timesrv-\d+ is a link/);
      assertEquals(await entriesBelow(elsewhere), []);
      await Deno.remove(place);

      for (const mode of [0o777, 0o1777, 0o770]) {
        await Deno.mkdir(place);
        await Deno.chmod(place, mode);
        assertRefused(await start(timecli, ["--version"], { env }), /another user/);
        assertEquals(await filesBelow(temp.path), []);
        await Deno.remove(place);
      }

      await Deno.chmod(temp.path, 0o777);
      assertRefused(await start(timecli, ["--version"], { env }), /another user/);
      await Deno.chmod(temp.path, 0o1777);
      assertRan(await start(timecli, ["--version"], { env }));
      const folder = join(await find(temp.path, /\/timecli$/), "..");
      await Deno.chmod(folder, 0o777);
      assertRefused(await start(timecli, ["--version"], { env }), /another user/);
    }),
  );

  Deno.test(
    await testUnpacking("refuse a folder of another user", async () => {
      await using temp = await tempFolder();
      const place = join(temp.path, `timesrv-${Deno.uid()}`);
      await Deno.mkdir(place, { mode: 0o700 });
      await Deno.chown(place, 65534, 65534);
      const env = { TMPDIR: temp.path };
      assertRefused(await start(timecli, ["--version"], { env }), /another user/);
      assertEquals(await filesBelow(temp.path), []);
      await Deno.remove(place);

      // As under sudo with $HOME kept.
      const home = join(temp.path, "home");
      await Deno.mkdir(join(home, ".cache"), { recursive: true });
      await Deno.chown(home, 65534, 65534);
      assertRan(await start(timecli, ["--version"], { env: { ...env, HOME: home } }));
      assertEquals(await filesBelow(home), []);
    }, { root: true }),
  );

  Deno.test(
    await testUnpacking("run as another user, from a read-only cache too", async () => {
      await using folder = await tempFolder();
      await using cache = await tempFolder();
      await using temp = await tempFolder();
      const copy = join(folder.path, "timecli");
      await Deno.copyFile(timecli, copy);
      await Deno.chmod(copy, 0o755);
      for (const path of [folder.path, cache.path]) await Deno.chmod(path, 0o755);
      await Deno.chmod(temp.path, 0o1777);
      const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "--version"];
      const env = { TMPDIR: temp.path, HOME: cache.path };
      assertRan(await start("setpriv", nobody, { env }));
      assertEquals(await filesBelow(cache.path), []);
      await Deno.remove(join(temp.path, "timesrv-65534"), { recursive: true });

      assertRan(await start(copy, ["--version"], { env: { XDG_CACHE_HOME: cache.path } }));
      assertEquals((await run(["chmod", "-R", "a+rX,a-w", cache.path])).code, 0);
      assertRan(await start("setpriv", nobody, { env: { ...env, XDG_CACHE_HOME: cache.path } }));
      assertEquals(await filesBelow(temp.path), []);
    }, { root: true, commands: ["setpriv"] }),
  );

  Deno.test(
    await testUnpacking("leave nothing behind when stopped while unpacking", async () => {
      for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
        await using cache = await tempFolder();
        const env = { XDG_CACHE_HOME: cache.path, HOME: cache.path, TMPDIR: cache.path };
        await using running = new Running([timecli, "--version"], { env });
        const isUnpacking = (files: string[]): boolean =>
          files.some((path) => path.includes("temp."));
        await poll(20, () => filesBelow(cache.path), isUnpacking, 1);
        assertEquals((await running.stop(signal, 20)).code, code);
        assertEquals(await filesBelow(cache.path), []);
        assertRan(await start(timecli, ["--version"], { env }));
      }
    }),
  );

  Deno.test(
    await testUnpacking("say in one line that there is no room", async () => {
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: join(cache.path, "cache"), TMPDIR: cache.path };
      const limited = ["-c", 'ulimit -f 2000; exec "$0" --version', timecli];
      assertRefused(await start("/bin/sh", limited, { env }), /no room/);
      assertEquals(await filesBelow(cache.path), []);
    }),
  );

  Deno.test(
    await testUnpacking("say in one line that the file is damaged", async () => {
      await using folder = await tempFolder();
      const copy = join(folder.path, "timecli");
      await Deno.copyFile(timecli, copy);
      await Deno.truncate(copy, 5_000_000);
      const env = { XDG_CACHE_HOME: folder.path };
      assertRefused(await start(copy, ["--version"], { env }), /damaged/);
    }),
  );
}
