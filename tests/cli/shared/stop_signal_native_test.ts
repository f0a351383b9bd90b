import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { where } from "../../support/needs.ts";
import { Running } from "../../support/process.ts";
import { root } from "../../support/programs.ts";

/** Runs a program that reports a request to stop, and goes on. */
async function startStubborn(options: string): Promise<Running> {
  const code = `
    import { stopSignal } from "${pathToFileURL(root).href}src/cli/shared/stop_signal.ts";
    stopSignal(${options}).addEventListener("abort", () => {
      console.error("stopping");
      // As long as another signal is the same request, and a little more.
      setTimeout(() => console.error("still stopping"), 1300);
    });
    setInterval(() => {}, 1000);
    console.error("ready");
  `;
  const url = `data:text/typescript,${encodeURIComponent(code)}`;
  const program = new Running([Deno.execPath(), "run", "--quiet", "-R", url]);
  await program.waitFor(/^ready$/m);
  return program;
}

const needs = { permissions: [{ name: "run" }, { name: "read" }] } as const;

for (const [first, second] of [["SIGINT", "SIGINT"], ["SIGTERM", "SIGINT"]] as const) {
  Deno.test(
    await where(needs, `stopSignal aborts at ${first}; ${second} then kills`, async () => {
      await using program = await startStubborn("{ outlivesSession: true }");
      // Neither stops nor kills what has no terminal.
      program.child.kill("SIGHUP");
      program.child.kill(first);
      await program.waitFor(/^stopping$/m);
      program.child.kill("SIGHUP");
      // Sent by a terminal to this process, and by its launcher: one request.
      program.child.kill(second);
      await program.waitFor(/^still stopping$/m);
      const { signal } = await program.stop(second);
      assertEquals(signal, second);
      assertEquals(program.stderr, "ready\nstopping\nstill stopping\n");
    }),
  );
}

Deno.test(
  await where(needs, "stopSignal aborts at SIGHUP, also without a terminal", async () => {
    await using program = await startStubborn("");
    program.child.kill("SIGHUP");
    await program.waitFor(/^stopping$/m);
    // A second one does not kill, because the kernel sends one beside the shell's.
    program.child.kill("SIGHUP");
    await program.waitFor(/^still stopping$/m);
    const { signal } = await program.stop("SIGINT");
    assertEquals([signal, program.stderr], ["SIGINT", "ready\nstopping\nstill stopping\n"]);
  }),
);
