/** The shell scripts that are shipped or run by the gate, as a checker of shell scripts reads them. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

const needs = {
  commands: ["shellcheck"],
  permissions: [{ name: "read" }, { name: "write" }],
} as const;

Deno.test(
  await where(
    needs,
    "shellcheck finds no fault in the launchers and in the scripts of the gate",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const scripts = [
          ".ci/run",
          "scripts/install_peers.sh",
          "scripts/boot/init",
          "scripts/boot/proof.sh",
        ];
        const files = scripts.map((name) => `${root}${name}`);
        const read = (name: string) => Deno.readTextFile(`${root}scripts/compile/${name}`);
        for (const name of ["launcher.sh", "folder.sh"]) {
          const environment = await read("environment.sh");
          const text = (await read(name)).replace("@ENVIRONMENT@", () => environment)
            .replaceAll(/@[A-Z_]+@/g, "value");
          files.push(join(folder, name));
          await Deno.writeTextFile(join(folder, name), text);
        }
        const { code, stdout } = await run([
          "shellcheck",
          "--severity=warning",
          // Every shell has `-nt`, POSIX or not: the tests start the launcher in four.
          "--exclude=SC3013",
          ...files,
        ]);
        assertEquals([code, stdout], [0, ""]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
