import { assertEquals } from "@std/assert";
import { timecli } from "../../../../src/cli/timecli/timecli.ts";
import { runMain } from "../../../support/command_line.ts";
import { where } from "../../../support/needs.ts";

Deno.test(
  await where(
    { permissions: [{ name: "read" }, { name: "write" }] },
    "watch --plot gives the reason in one line, before it sends a request",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/file`, "");
        for (
          const [path, reason] of [
            [`${folder}/none/out.svg`, "there is no such folder"],
            [folder, "it is a folder"],
            [`${folder}/file/out.svg`, "Not a directory (os error 20)"],
          ] as const
        ) {
          const outcome = await runMain("timecli", timecli, ["watch", "127.0.0.1", "--plot", path]);
          const stderr = `timecli: Cannot write the picture to ${path}: ${reason}\n`;
          assertEquals(outcome, { code: 1, stdout: "", stderr });
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
