/** The systems that the programs are built for, and the command line of the script. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CompileError } from "../../scripts/compile/run.ts";
import { packRuntime } from "../../scripts/compile/pack.ts";
import { checkIntegrity, findTarget, targets } from "../../scripts/compile/targets.ts";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

Deno.test("findTarget knows the systems of Deno, and lists them for others", () => {
  assertEquals(findTarget("aarch64-pc-windows-msvc"), {
    triple: "aarch64-pc-windows-msvc",
    runtime: "@deno/win32-arm64",
    isWindows: true,
    loader: "",
  });
  const names = targets.map(({ triple }) => triple).join(", ");
  assertThrows(
    () => findTarget("x86_64-unknown-linux-musl"),
    CompileError,
    `unknown target x86_64-unknown-linux-musl: expected ${names}`,
  );
});

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "every runtime is one that .ci/deno pins",
    async () => {
      const lock = await Deno.readTextFile(`${root}.ci/deno/package-lock.json`);
      const names = Object.keys(JSON.parse(lock).packages)
        .filter((name) => name.startsWith("node_modules/@deno/"));
      assertEquals(
        targets.map(({ runtime }) => `node_modules/${runtime}`).toSorted(),
        names.toSorted(),
      );
    },
  ),
);

Deno.test("checkIntegrity refuses a package with another hash", () => {
  const empty =
    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
  checkIntegrity("a@1", new Uint8Array(), `sha512-${empty}`);
  assertThrows(
    () => checkIntegrity("a@1", new Uint8Array(1), `sha512-${empty}`),
    CompileError,
    "a@1 is not what .ci/deno pins: it has sha512-",
  );
});

Deno.test("packRuntime packs nothing where executables of deno compile are required", async () => {
  for (const [target, isNative] of [[undefined, true], ["aarch64-apple-darwin", false]] as const) {
    const error = await assertRejects(() => packRuntime(target, isNative), CompileError);
    assertEquals(
      error.message,
      `no base executable for ${target ?? Deno.build.target}: allow network access, or set ` +
        `DENORT_BIN to the denort of Deno ${Deno.version.deno} for that system`,
    );
  }
});

Deno.test(
  await where(
    { permissions: [{ name: "run" }, { name: "read" }, { name: "env" }] },
    "compile.ts refuses options that contradict each other, in one line",
    async () => {
      for (
        const [args, message] of [
          [["--native", "--folder"], "--native cannot be used with --folder"],
          [
            ["--target", "vax"],
            `--target is "vax", expected ${targets.map(({ triple }) => triple).join(", ")} or all`,
          ],
          [["--target", "all"], "--target all needs --folder"],
        ] as const
      ) {
        const command = [
          Deno.execPath(),
          "run",
          "-A",
          `${root}scripts/compile.ts`,
          ...args,
        ] as const;
        assertEquals(await run(command, { cwd: root }), {
          code: 2,
          stdout: "",
          stderr: `compile: ${message}\n`,
        });
      }
    },
  ),
);
