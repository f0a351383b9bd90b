/** The Debian package: built, checked, installed into an empty system, used there and removed. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { buildPackage } from "../../scripts/deb.ts";
import { isAvailable, type Needs, where } from "../support/needs.ts";
import { program } from "../support/peers.ts";
import { run } from "../support/process.ts";
import { startServer } from "../support/programs.ts";
import { entriesBelow, tempFolder } from "./executables.ts";

const needs: Needs = {
  commands: ["dpkg-buildpackage", "dh", "lintian", "npm", "tar", "/usr/sbin/chroot"],
  files: [program.debian],
  linux: true,
  root: true,
  permissions: [{ name: "env" }, { name: "run" }, { name: "write" }, { name: "read" }],
};

/** What the package manager and systemd's helper write for any package. */
const BOOKKEEPING = /^(var\/lib\/(dpkg|systemd)|var\/log|dev|etc\/systemd\/system)(\/|$)/;

if (await isAvailable(needs, "the tests of the package")) {
  Deno.test(
    await where(
      needs,
      "the package has no fault, serves in an empty system, and leaves nothing there",
      async () => {
        await using folder = await tempFolder();
        // The best compression takes a minute.
        Deno.env.set("DPKG_DEB_COMPRESSOR_TYPE", "gzip");
        const file = await buildPackage(join(folder.path, "build"));
        Deno.env.delete("DPKG_DEB_COMPRESSOR_TYPE");
        const { code, stdout } = await run(["lintian", "--fail-on", "error,warning", file]);
        assertEquals([code, stdout], [0, ""]);

        const system = join(folder.path, "system");
        const inside = async (...command: string[]): Promise<string> => {
          const outcome = await run(["/usr/sbin/chroot", system, ...command], {
            env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C", HOME: "/root" },
          });
          assertEquals(outcome.code, 0, outcome.stderr);
          return outcome.stdout;
        };
        const list = async (): Promise<string[]> =>
          (await entriesBelow(system)).map((path) => path.slice(system.length + 1))
            .filter((path) => !BOOKKEEPING.test(path));
        await Deno.mkdir(system);
        assertEquals((await run(["tar", "-xf", program.debian, "-C", system])).code, 0);
        const before = await list();
        await Deno.copyFile(file, join(system, "timesrv.deb"));
        await inside("dpkg", "--install", "/timesrv.deb");
        await Deno.remove(join(system, "timesrv.deb"));

        assertMatch(await inside("timecli", "--version"), /^timecli \d/);
        const { server, port } = await startServer(
          ["/usr/sbin/chroot", system, "timesrv"],
          ["auto://127.0.0.1:0"],
        );
        await using _ = server;
        await server.waitFor(/Transport: mmsg/);
        assertMatch(
          await inside("timecli", `asctime://127.0.0.1:${port}`),
          /^Reply from time server: /,
        );
        assertMatch(await inside("timecli", `ntp://127.0.0.1:${port}`), /^Stratum +10$/m);
        assertEquals((await server.stop()).code, 0);

        const unit = await Deno.readTextFile(join(system, "lib/systemd/system/timesrv.service"));
        assertMatch(unit, /^ExecStart=\/usr\/bin\/timesrv --quiet /m);
        const enabled = (await entriesBelow(join(system, "etc/systemd/system")))
          .filter((path) => path.endsWith("/timesrv.service"));
        assertEquals(enabled, [], "port 123 may belong to another server");
        for (
          const name of [
            "bash-completion/completions/timesrv",
            "zsh/vendor-completions/_timecli",
            "fish/vendor_completions.d/timesrv.fish",
            "man/man1/timecli.1.gz",
            "doc/timesrv/copyright",
          ]
        ) assertEquals((await Deno.stat(join(system, "usr/share", name))).isFile, true, name);

        await Deno.mkdir(join(system, "var/cache/private/timesrv"), { recursive: true });
        await inside("dpkg", "--purge", "timesrv");
        const after = await list();
        // Of the tests: the folder above the one that systemd makes, and what a start of Deno keeps.
        const own = (path: string): boolean =>
          path === "var/cache/private" || path.startsWith("root/.cache");
        assertEquals(after.filter((path) => !before.includes(path) && !own(path)), []);
        assertEquals(before.filter((path) => !after.includes(path)), []);
      },
    ),
  );
}
