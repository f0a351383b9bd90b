import { assertEquals } from "@std/assert";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

const unit = `${root}scripts/timesrv.service`;
const needs = { commands: ["systemd-analyze"], files: [unit] };

Deno.test(
  await where(
    { ...needs, permissions: [{ name: "write" }] },
    "timesrv.service: systemd finds no mistake in it",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const installed = (await Deno.readTextFile(unit)).replace(
          "/usr/local/bin/timesrv",
          "/bin/true",
        );
        await Deno.writeTextFile(`${folder}/timesrv.service`, installed);
        const { code, stderr } = await run(
          ["systemd-analyze", "verify", "--man=no", `${folder}/timesrv.service`],
        );
        assertEquals([code, stderr.match(/.*timesrv\.service.*/g)], [0, null], stderr);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(needs, "timesrv.service: systemd calls its exposure low", async () => {
    const { code, stdout } = await run(
      ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=25", unit],
    );
    assertEquals(code, 0, stdout);
  }),
);
