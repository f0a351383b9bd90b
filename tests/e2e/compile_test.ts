import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { dist, executables, root, startServer } from "../support/programs.ts";
import {
  assertNoTempFiles,
  assertRan,
  available,
  entriesBelow,
  isSelfExtracting,
  start,
  tempFolder,
  test,
  timecli,
  timesrv,
} from "./executables.ts";

Deno.test(
  await where(
    { permissions: executables.permissions ?? [], files: executables.files ?? [] },
    "executables: were made from the sources as they are",
    () => {
      if (executables.missing) throw new Error(`There is no ${executables.missing}`);
    },
  ),
);

if (available) {
  Deno.test(
    await test("accept every argument as the source does", async () => {
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path, DENO_DIR: join(cache.path, "source") };
      await Deno.mkdir(env.DENO_DIR);
      const argumentLists = [
        ["--version"],
        ["--help"],
        ["--no-such-option"],
        ["--no-such=a b  *"],
        ["-A"],
        ["--allow-all", "--", "--help"],
        ["--", "-P"],
        ["no such://host", "$HOME", "`id`", "*", "", "é\n"],
        ["ftp://127.0.0.1"],
      ];
      const { DENO_DIR: _, ...plain } = Deno.env.toObject();
      for (const [name, entry] of [["timesrv", "server.ts"], ["timecli", "client.ts"]] as const) {
        for (const args of argumentLists) {
          const source = await run(
            [
              Deno.execPath(),
              "run",
              "--quiet",
              `-P=${name}`,
              "--no-prompt",
              join(root, entry),
              ...args,
            ],
            { env: { ...plain, NO_COLOR: "1" }, clearEnv: true },
          );
          assertEquals(
            await start(join(dist, name), args, { env: { ...env, NO_COLOR: "1" } }),
            source,
            `${name} ${JSON.stringify(args)}`,
          );
        }
      }
      assertEquals((await start(timecli, ["--no-such-option"], { env })).code, 2);
    }),
  );

  Deno.test(
    await test("run from anywhere: symlink, copy, spaces, PATH", async () => {
      await using folder = await tempFolder();
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path };
      const copy = join(folder.path, "a copy");
      await Deno.copyFile(timecli, copy);
      await Deno.symlink("a copy", join(folder.path, "relative link"));
      await Deno.symlink(timecli, join(folder.path, "timecli"));
      assertRan(await start(copy, ["--version"], { env }));
      assertRan(await start("./a copy", ["--version"], { env, cwd: folder.path }));
      assertRan(await start(join(folder.path, "relative link"), ["--version"], { env }));
      assertRan(await start("./timecli", ["--version"], { env, cwd: folder.path }));
      const shell = `PATH='${folder.path}'; exec timecli --version`;
      assertRan(await start("/bin/sh", ["-c", shell], { env }));
    }),
  );

  Deno.test(
    await test("serve, query and end on signals", async () => {
      await using cache = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path };
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        const { server, port } = await startServer([timesrv], undefined, { env });
        await using _ = server;
        const { code, stdout } = await start(timecli, [`asctime://127.0.0.1:${port}`], { env });
        assertEquals(code, 0);
        assertMatch(stdout, /\d\d:\d\d:\d\d/);
        assertEquals((await server.stop(signal)).code, 0, signal);
      }
    }),
  );

  Deno.test(
    await test("run without a usable home", async () => {
      await using temp = await tempFolder();
      const env = { TMPDIR: temp.path };
      assertRan(await start(timecli, ["--version"], { env }));
      for (const HOME of ["/dev/null/x", "/proc", "/no/such/home", "", "relative"]) {
        assertRan(await start(timecli, ["--version"], { env: { ...env, HOME } }));
      }
      assertRan(
        await start(timecli, ["--version"], {
          env: { ...env, HOME: "/proc", XDG_CACHE_HOME: "relative" },
          cwd: temp.path,
        }),
      );
      if (!await isSelfExtracting()) return;
      assertEquals(
        (await Array.fromAsync(Deno.readDir(temp.path))).map(({ name }) => name),
        [`timesrv-${Deno.uid()}`],
      );
      const { mode } = await Deno.stat(join(temp.path, `timesrv-${Deno.uid()}`));
      assertEquals((mode ?? 0) & 0o777, 0o700);
    }),
  );

  Deno.test(
    await test("start six at once", async () => {
      await using cache = await tempFolder();
      const names = ["timesrv", "timecli", "timesrv", "timecli", "timesrv", "timecli"];
      const env = { XDG_CACHE_HOME: cache.path };
      for (
        const outcome of await Promise.all(
          names.map((name) => start(join(dist, name), ["--version"], { env })),
        )
      ) assertRan(outcome);
      await assertNoTempFiles(cache.path);
    }),
  );

  Deno.test(
    await test("leave nothing in the temporary folder", async () => {
      await using cache = await tempFolder();
      await using temp = await tempFolder();
      const env = { XDG_CACHE_HOME: cache.path, TMPDIR: temp.path };
      for (let i = 0; i < 2; i++) assertRan(await start(timecli, ["--version"], { env }));
      assertEquals(await entriesBelow(temp.path), []);
    }),
  );

  Deno.test(
    await test("open no code cache that another user could have written", async () => {
      await using cache = await tempFolder();
      await using temp = await tempFolder();
      for (const name of ["timesrv", "timecli"]) {
        const env = { TMPDIR: temp.path, XDG_CACHE_HOME: cache.path };
        const planted = join(temp.path, `deno-compile-${name}.cache`);
        await Deno.writeTextFile(planted, "planted");
        const trace = join(temp.path, "trace");
        const file = join(dist, name);
        const traced = ["-f", "-e", "trace=file", "-o", trace, file, "--version"];
        assertRan(await start("strace", traced, { env }));
        const calls = await Deno.readTextFile(trace);
        // strace writes letters that are not ASCII in octal, so the folder is left out.
        assertMatch(calls, new RegExp(`execve\\("[^"]*/${name}", `));
        assertEquals(calls.match(/.*deno-compile-.*/g), null);
        assertEquals(await Deno.readTextFile(planted), "planted");
      }
    }, { commands: ["strace"] }),
  );

  Deno.test(
    await test("come with the licences of the packages in them", async () => {
      const page = await Deno.readTextFile(join(dist, "licenses.md"));
      assertMatch(page, /^\| date-fns +\| \d/m);
      assertMatch(page, /^## date-fns$/m);
      assertMatch(
        page,
        /^## Deno\n\n```text\nMIT License\n\nCopyright 2018-\d+ the Deno authors$/m,
      );
    }, { files: [join(dist, "licenses.md")] }),
  );

  Deno.test(
    await test("compile.ts refuses what it does not know", async () => {
      const script = join(root, "scripts", "compile.ts");
      const { code, stderr } = await start(Deno.execPath(), [
        "run",
        "-A",
        script,
        "--no-such-option",
      ], {
        env: { HOME: Deno.env.get("HOME") ?? "/", NO_COLOR: "1" },
        cwd: root,
      });
      assertEquals(code, 2);
      assertMatch(stderr, /^compile: [^\n]+\n$/);
    }),
  );
}
