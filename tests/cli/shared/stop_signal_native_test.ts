import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { where } from "../../support/needs.ts";
import { Running } from "../../support/process.ts";
import { root } from "../../support/programs.ts";

/** A program whose end never comes by itself, however politely it is asked. */
const stubborn = `
  import { stopSignal } from "${pathToFileURL(root).href}src/cli/shared/stop_signal.ts";
  stopSignal().addEventListener("abort", () => console.error("stopping"));
  setInterval(() => {}, 1000);
  console.error("ready");
`;

const needs = { permissions: [{ name: "run" }, { name: "read" }] } as const;

for (const [first, second] of [["SIGINT", "SIGINT"], ["SIGTERM", "SIGINT"]] as const) {
  Deno.test(
    await where(needs, `stopSignal aborts at ${first}; ${second} then kills`, async () => {
      const code = `data:text/typescript,${encodeURIComponent(stubborn)}`;
      await using program = new Running([Deno.execPath(), "run", "--quiet", "-R", code]);
      await program.waitFor(/^ready$/m);
      // Neither stops nor kills what has no terminal.
      program.child.kill("SIGHUP");
      program.child.kill(first);
      await program.waitFor(/^stopping$/m);
      program.child.kill("SIGHUP");
      const { signal } = await program.stop(second);
      assertEquals(signal, second);
      assertEquals(program.stderr, "ready\nstopping\n");
    }),
  );
}
