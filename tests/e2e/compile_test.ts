import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join, resolve } from "node:path";
import { isAvailable, type Needs, where } from "../support/needs.ts";
import { type Outcome, run } from "../support/process.ts";
import { dist, root, startServer } from "../support/programs.ts";

const timesrv = join(dist, "timesrv");
const timecli = join(dist, "timecli");
const needs: Needs = {
  permissions: [{ name: "env" }, { name: "run" }, { name: "write" }, { name: "sys", kind: "uid" }],
  files: [timesrv, timecli],
};
const available = await isAvailable(needs, "the tests of the executables");

async function test(name: string, fn: () => Promise<void>, extra: Needs = {}): Promise<void> {
  if (available) Deno.test(await where({ ...needs, ...extra }, `executables: ${name}`, fn));
}

/** As test(), for what the output of `deno compile` does not do. */
async function testUnpacking(
  name: string,
  fn: () => Promise<void>,
  extra: Needs = {},
): Promise<void> {
  if (available && !await isSelfExtracting()) {
    Deno.test.ignore(`executables: ${name} (ignored: they are not self-extracting)`, fn);
  } else await test(`self-extracting: ${name}`, fn, extra);
}

async function isSelfExtracting(): Promise<boolean> {
  const file = await Deno.open(timecli).catch(() => undefined);
  if (file === undefined) return false;
  const start = new Uint8Array(2);
  await file.read(start);
  file.close();
  return new TextDecoder().decode(start) === "#!";
}

interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

async function tempFolder(): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "timesrv test " });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Runs a program in an environment of nothing but a PATH and what is given. */
async function start(
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
function assertRan(outcome: Outcome): void {
  assertEquals({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" });
  assertMatch(outcome.stdout, /^time(cli|srv) \d+\.\d+\.\d+[^\n]*\n$/);
}

/** Asserts that the launcher gave up with one line. */
function assertRefused(outcome: Outcome, message: RegExp): void {
  assertEquals({ code: outcome.code, stdout: outcome.stdout }, { code: 1, stdout: "" });
  assertMatch(outcome.stderr, /^timecli: [^\n]+\n$/);
  assertMatch(outcome.stderr, message);
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) files.push(...await filesBelow(path));
    else files.push(path);
  }
  return files;
}

async function find(folder: string, pattern: RegExp): Promise<string> {
  const found = (await filesBelow(folder)).filter((path) => pattern.test(path));
  assertEquals(found.length, 1, `files like ${pattern}: ${found}`);
  return found[0] ?? "";
}

async function sha256(file: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(file))).toHex();
}

async function assertNoTempFiles(folder: string): Promise<void> {
  assertEquals((await filesBelow(folder)).filter((path) => path.includes("temp.")), []);
}

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
});

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
});

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
});

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
});

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
});

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
});

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
  for (const pattern of [/\/deno$/, /\/timecli\.mjs$/, /\/picture\.mjs$/]) {
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
});

await testUnpacking("refuse a folder that others can change", async () => {
  await using temp = await tempFolder();
  const place = join(temp.path, `timesrv-${Deno.uid()}`);
  const env = { TMPDIR: temp.path };
  const elsewhere = join(temp.path, "elsewhere");
  await Deno.mkdir(elsewhere, { mode: 0o700 });

  await Deno.symlink(elsewhere, place);
  assertRefused(await start(timecli, ["--version"], { env }), /another user/);
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
  const folder = join(await find(temp.path, /\/deno$/), "..");
  await Deno.chmod(folder, 0o777);
  assertRefused(await start(timecli, ["--version"], { env }), /another user/);
});

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
}, { root: true });

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
  await new Deno.Command("chmod", { args: ["-R", "a+rX,a-w", cache.path] }).output();
  assertRan(await start("setpriv", nobody, { env: { ...env, XDG_CACHE_HOME: cache.path } }));
  assertEquals(await filesBelow(temp.path), []);
}, { root: true, commands: ["setpriv"] });

await testUnpacking("leave nothing behind when stopped while unpacking", async () => {
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
    await using cache = await tempFolder();
    const env = { XDG_CACHE_HOME: cache.path, HOME: cache.path, TMPDIR: cache.path };
    const child = new Deno.Command(timecli, { args: ["--version"], env }).spawn();
    const ended = child.status.then(() => true);
    while (!(await filesBelow(cache.path)).some((path) => path.includes("temp."))) {
      const wait = new Promise<false>((done) => setTimeout(() => done(false), 1));
      assert(!await Promise.race([ended, wait]), "it ended without unpacking");
    }
    child.kill(signal);
    assertEquals((await child.status).code, code);
    assertEquals(await filesBelow(cache.path), []);
    assertRan(await start(timecli, ["--version"], { env }));
  }
});

await testUnpacking("say in one line that there is no room", async () => {
  await using cache = await tempFolder();
  const env = { XDG_CACHE_HOME: join(cache.path, "cache"), TMPDIR: cache.path };
  const limited = ["-c", 'ulimit -f 2000; exec "$0" --version', timecli];
  assertRefused(await start("/bin/sh", limited, { env }), /no room/);
  assertEquals(await filesBelow(cache.path), []);
});

await testUnpacking("say in one line that the file is damaged", async () => {
  await using folder = await tempFolder();
  const copy = join(folder.path, "timecli");
  await Deno.copyFile(timecli, copy);
  await Deno.truncate(copy, 5_000_000);
  const env = { XDG_CACHE_HOME: folder.path };
  assertRefused(await start(copy, ["--version"], { env }), /damaged/);
});

await test("come with the licences of the packages in them", async () => {
  const page = await Deno.readTextFile(join(dist, "licenses.md"));
  assertMatch(page, /^\| date-fns +\| \d/m);
  assertMatch(page, /^## date-fns$/m);
}, { files: [join(dist, "licenses.md")] });

await test("compile.ts refuses what it does not know", async () => {
  const script = join(root, "scripts", "compile.ts");
  const { code, stderr } = await start(Deno.execPath(), ["run", "-A", script, "--no-such-option"], {
    env: { HOME: Deno.env.get("HOME") ?? "/", NO_COLOR: "1" },
    cwd: root,
  });
  assertEquals(code, 2);
  assertMatch(stderr, /^compile: [^\n]+\n$/);
});
