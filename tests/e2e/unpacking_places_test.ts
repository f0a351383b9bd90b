/** Which cache folders a self-extracting executable trusts, and what it creates in others: nothing. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { type Outcome, run } from "../support/process.ts";
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
} from "./executables.ts";

const STRANGER = 65534;
const OTHER_GROUP = 54321;

/** Gives another user write access: `setfacl -m u:12345:rwx` in the kernel's own format. */
const ADD_TO_ACCESS_LIST = `
import os, struct, sys
NOBODY = 0xffffffff
entries = [(1, 7, NOBODY), (2, 7, 12345), (4, 5, NOBODY), (16, 7, NOBODY), (32, 5, NOBODY)]
octets = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
os.setxattr(sys.argv[1], "system.posix_acl_access", octets)
`;

interface Access {
  readonly mode?: number;
  readonly owner?: number;
  readonly group?: number;
}

async function setAccess(
  path: string,
  { mode = 0o755, owner = 0, group = owner }: Access = {},
): Promise<void> {
  await Deno.chown(path, owner, group);
  // Not by mkdir(), whose mode the umask narrows.
  await Deno.chmod(path, mode);
}

async function createFolder(path: string, access?: Access): Promise<string> {
  await Deno.mkdir(path);
  await setAccess(path, access);
  return path;
}

/** An environment whose other cache folders are of no use. */
function only(cache: string): Record<string, string> {
  return { XDG_CACHE_HOME: cache, TMPDIR: "/proc" };
}

if (available) {
  Deno.test(
    await testUnpacking(
      "trust a cache, full or empty, only if every folder above it is safe",
      async () => {
        await using temp = await tempFolder();
        await Deno.chmod(temp.path, 0o755);
        const chains: string[][] = [];
        for (const name of ["full", "empty"]) {
          const chain: string[] = [];
          for (const part of [name, "one", "two", "three"]) {
            chain.push(await createFolder(join(chain.at(-1) ?? temp.path, part)));
          }
          chains.push(chain);
        }
        const startIn = (chain: readonly string[]): Promise<Outcome> =>
          start(timecli, ["--version"], { env: only(chain[3] ?? "") });
        assertRan(await startIn(chains[0] ?? []));
        const entries = await entriesBelow(temp.path);

        const cases: readonly [by: string, access: Access, trusted: boolean][] = [
          ["a stranger", { owner: STRANGER }, false],
          ["a stranger with the sticky bit", { owner: STRANGER, mode: 0o1777 }, false],
          ["everybody", { mode: 0o777 }, false],
          ["everybody, with the sticky bit", { mode: 0o1777 }, true],
          ["a group", { group: OTHER_GROUP, mode: 0o775 }, false],
          ["a group, with the sticky bit", { group: OTHER_GROUP, mode: 0o1770 }, true],
          ["a group, with the set-group-ID bit", { mode: 0o2775 }, false],
          ["root's group", { mode: 0o775 }, false],
        ];
        for (const [by, access, trusted] of cases) {
          for (const chain of trusted ? chains.slice(0, 1) : chains) {
            for (const folder of chain) {
              await setAccess(folder, access);
              const outcome = await startIn(chain);
              if (trusted) assertRan(outcome);
              else {assertRefused(
                  outcome,
                  /another user can change .*three(\/timesrv)? or a folder/,
                );}
              assertEquals(await entriesBelow(temp.path), entries, `${folder} changeable by ${by}`);
              await setAccess(folder);
            }
          }
        }
      },
      { root: true },
    ),
  );

  Deno.test(
    await testUnpacking(
      "create nothing in a folder of another user, whatever the variable",
      async () => {
        await using temp = await tempFolder();
        await Deno.chmod(temp.path, 0o755);
        const his = await createFolder(join(temp.path, "his"), { owner: STRANGER });
        const link = join(temp.path, "link");
        await Deno.symlink("his", link);
        const inside = await createFolder(join(his, "inside"));
        const tails = ["", "/", "/new", "/new/", "/new//", "/new/new", "/./new", "/new/../new"];
        for (const name of ["XDG_CACHE_HOME", "HOME", "TMPDIR"]) {
          for (const folder of [his, link, inside]) {
            // A temporary folder that does not exist gives way to /tmp.
            for (const tail of name === "TMPDIR" ? ["", "/"] : tails) {
              const env = { XDG_CACHE_HOME: "/proc", TMPDIR: "/proc", [name]: folder + tail };
              const outcome = await start(timecli, ["--version"], { env });
              assertRefused(outcome, /another user can change|cannot be entered/);
              assertEquals(await entriesBelow(his), [inside], `${name}=${folder}${tail}`);
            }
          }
        }
      },
      { root: true },
    ),
  );

  Deno.test(
    await testUnpacking("create at most two folders, for nobody else", async () => {
      await using temp = await tempFolder();
      const isolated = { TMPDIR: "/proc" };
      const tooDeep = { ...isolated, XDG_CACHE_HOME: join(temp.path, "a/b") };
      assertRefused(await start(timecli, ["--version"], { env: tooDeep }), /cannot be entered/);
      assertEquals(await entriesBelow(temp.path), []);
      for (const [name, cache] of [["XDG_CACHE_HOME", "new//"], ["HOME", ""]] as const) {
        const env = { ...isolated, [name]: join(temp.path, cache) };
        assertRan(await start(timecli, ["--version"], { env }));
        const above = join(temp.path, cache || ".cache");
        for (const folder of [above, join(above, "timesrv")]) {
          assertEquals(((await Deno.stat(folder)).mode ?? 0) & 0o7777, 0o700, folder);
        }
        await Deno.remove(above, { recursive: true });
      }
    }),
  );

  Deno.test(
    await testUnpacking(
      "trust a group that has the number of its user, unless further users may write",
      async () => {
        await using temp = await tempFolder();
        await Deno.chmod(temp.path, 0o755);
        const copy = join(temp.path, "timecli");
        await Deno.copyFile(timecli, copy);
        await Deno.chmod(copy, 0o755);
        const ids = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups"];
        const cases: readonly [group: number, hasList: boolean, trusted: boolean][] = [
          [STRANGER, false, true],
          [STRANGER, true, false],
          [OTHER_GROUP, false, false],
        ];
        for (const [index, [group, hasList, trusted]] of cases.entries()) {
          const access = { owner: STRANGER, group, mode: 0o775 };
          const folder = await createFolder(join(temp.path, String(index)), access);
          if (hasList) {
            const set = await run(["python3", "-c", ADD_TO_ACCESS_LIST, folder]);
            assertEquals([set.code, set.stderr], [0, ""]);
          }
          const outcome = await start("setpriv", [...ids, copy, "--version"], {
            env: only(folder),
          });
          if (trusted) assertRan(outcome);
          else {
            assertEquals(outcome.code, 1);
            assertEquals(await entriesBelow(folder), []);
          }
        }
      },
      { root: true, commands: ["setpriv", "python3"] },
    ),
  );

  Deno.test(
    await testUnpacking("use a cache behind a link by its own path", async () => {
      await using temp = await tempFolder();
      const real = join(temp.path, "real");
      await Deno.mkdir(real);
      await Deno.symlink("real", join(temp.path, "link"));
      const env = only(join(temp.path, "link"));
      assertRan(await start(timecli, ["--version"], { env }));
      const folder = join(await find(real, /\/timecli$/), "..");
      const inode = (await Deno.stat(join(folder, "timecli"))).ino;
      assertRan(await start(timecli, ["--version"], { env: only(real) }));
      assertRan(await start(timecli, ["--version"], { env }));
      assertEquals((await Deno.stat(join(folder, "timecli"))).ino, inode, "unpacked once");
    }),
  );

  // A stranger who owns the link can exchange it between any two steps. A stand-in for `ls` does so
  // at the one step that a test can hit every time.
  for (const moment of ["before", "after"] as const) {
    Deno.test(
      await testUnpacking(`start nothing behind a link exchanged ${moment} the check`, async () => {
        await using temp = await tempFolder();
        const [good, evil, link] = ["good", "evil", "link"].map((name) =>
          join(temp.path, name)
        ) as [
          string,
          string,
          string,
        ];
        await Deno.mkdir(good);
        assertRan(await start(timecli, ["--version"], { env: only(good) }));
        // The same files, noted as verified, and another runtime.
        assertEquals((await run(["cp", "-a", good, evil])).code, 0);
        const planted = await find(evil, /\/timecli$/);
        await Deno.remove(planted);
        await Deno.writeTextFile(planted, "#!/bin/sh\necho planted\n", { mode: 0o755 });
        await Deno.utime(planted, 0, 0);

        const commands = join(temp.path, "commands");
        await Deno.mkdir(commands);
        const exchange = `ln -sfn evil '${link}'`;
        const list = `/bin/ls "$@"`;
        const steps = moment === "before" ? [exchange, list] : [list, exchange];
        await Deno.writeTextFile(join(commands, "ls"), `#!/bin/sh\n${steps.join("\n")}\n`, {
          mode: 0o755,
        });
        await Deno.symlink("good", link);
        const env = { ...only(link), PATH: `${commands}:/usr/bin:/bin` };
        assertRan(await start(timecli, ["--version"], { env }));
        assertEquals(await Deno.readLink(link), "evil", "the link was exchanged");
        assertEquals(
          (await filesBelow(good)).filter((path) => path.endsWith("/timecli")).length,
          1,
        );
      }),
    );
  }
}
