import { assert, assertEquals, assertMatch } from "@std/assert";
import { optionsOf } from "../../../src/cli/shared/command.ts";
import { timecli } from "../../../src/cli/timecli/timecli.ts";
import { runMain, runTimecli } from "../../support/command_line.ts";

async function offered(...words: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runTimecli(["complete", "--", ...words]);
  assertEquals([code, stderr], [0, ""]);
  return stdout.trimEnd().split("\n").map((line) => line.replace(/\t.*/, ""));
}

Deno.test("completions offer commands, options and the choices of an option", async () => {
  const commands = timecli.subcommands.map(({ name }) => name);
  const words = await offered("");
  for (const name of commands) assert(words.includes(name), name);
  assertEquals((await offered("--ti")).slice(0, -1), ["--timeout"]);
  const { command } = await timecli.subcommands[0]?.load() ?? { command: timecli.command };
  const options = await offered("bench", "--");
  for (const [, { name }] of optionsOf(command)) assert(options.includes(`--${name}`), name);
  for (const name of ["--help", "--version"]) assert(options.includes(name), name);
  assertEquals((await offered("check", "--leap", "")).slice(0, -1), [
    ...["ok", "warning", "critical", "unknown"],
  ]);
});

Deno.test("completions print a script for a shell that is known", async () => {
  const bash = await runTimecli(["complete", "bash"]);
  assertEquals([bash.code, bash.stderr], [0, ""]);
  assertMatch(bash.stdout, /complete .*timecli/);
  assertEquals(/^readonly /m.test(bash.stdout), false);
  for (const args of [[], ["tcsh"], ["bash", "zsh"]]) {
    assertEquals(await runMain("timecli", timecli, ["complete", ...args]), {
      code: 2,
      stdout: "",
      stderr: `timecli: Cannot read "${
        ["timecli complete", ...args].join(" ")
      }": expected a shell: bash, zsh or fish\n`,
    });
  }
});
