import { assertEquals } from "@std/assert";
import { compileArguments } from "../../scripts/compile/bundle.ts";
import { flagsOf, programs } from "../../scripts/compile/programs.ts";
import { where } from "../support/needs.ts";

Deno.test("compileArguments has no program load a code cache from a shared folder", () => {
  const build = { entry: "in.mjs", out: "out", flags: ["--no-prompt", "--allow-net"] };
  const common = ["compile", "--no-prompt", "--allow-net", "--no-code-cache"];
  assertEquals(compileArguments(build), [...common, "-o", "out", "in.mjs"]);
  assertEquals(compileArguments({ ...build, target: "x86_64-pc-windows-msvc" }), [
    ...common,
    "--target",
    "x86_64-pc-windows-msvc",
    "-o",
    "out",
    "in.mjs",
  ]);
});

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "flagsOf grants an executable the permissions of deno.json, files to read and to write",
    async () => {
      const kinds = await Promise.all(programs.map(async (program) => {
        const flags = (await flagsOf(program)).map((flag) => flag.split("=")[0]);
        return [program.name, flags] as const;
      }));
      const common = ["--no-prompt", "--unstable-net", "--allow-net"];
      assertEquals(Object.fromEntries(kinds), {
        timesrv: [
          ...common,
          "--allow-sys",
          "--allow-ffi",
          "--allow-env",
          "--allow-read",
          "--allow-write",
        ],
        timecli: [
          ...common,
          "--allow-ffi",
          "--allow-env",
          "--allow-read",
          "--allow-write",
        ],
      });
    },
  ),
);
