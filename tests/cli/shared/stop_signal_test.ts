import { assertEquals } from "@std/assert";
import { root, Running, where } from "../../support/programs.ts";
import { within } from "../../support/traffic.ts";

/** A program whose end never comes by itself, however politely it is asked. */
const stubborn = `
  import { stopSignal } from "file://${root}src/cli/shared/stop_signal.ts";
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
      await within(20, program.said(/^ready$/m));
      // Neither stops nor kills what has no terminal.
      program.child.kill("SIGHUP");
      program.child.kill(first);
      await within(5, program.said(/^stopping$/m));
      program.child.kill("SIGHUP");
      const { signal } = await within(5, program.stop(second));
      assertEquals(signal, second);
      assertEquals(program.stderr, "ready\nstopping\n");
    }),
  );
}
