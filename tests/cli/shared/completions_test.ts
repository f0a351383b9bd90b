import { assert, assertEquals, assertMatch } from "@std/assert";
import { optionsOf, type Program } from "../../../src/cli/shared/command.ts";
import { timecli } from "../../../src/cli/timecli/timecli.ts";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
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

Deno.test("completions offer the values of options and arguments, and the names of files", async () => {
  const table: [program: Program, typed: string, words: readonly string[], bits: number][] = [
    [timecli, "check --leap=c", ["--leap=critical"], 4],
    [timecli, "check --json=c", [], 4],
    [timecli, "-n 3 n", ["ntp://", "ntp+nts://"], 6],
    [timecli, "a.example d", ["daytime://"], 6],
    [timecli, "-n ", [], 4],
    [timecli, "wait ", ["ntp://", "ntp+nts://", "time://"], 6],
    [timecli, "explain a.example ", [], 4],
    [timecli, "explain --capture ", [], 0],
    [timecli, "explain --capture=", [], 0],
    [timecli, "control st", ["state", "step"], 4],
    [timecli, "control --url x faults dr", ["drop="], 6],
    [timecli, "control faults drop=1 ki", ["kiss="], 6],
    [timecli, "control scenario y", ["y2036", "y2038"], 0],
    [timecli, "control scenario y2036 ", [], 4],
    [timecli, "control state ", [], 4],
    [timecli, "control http://127.0.0.1:8890 st", ["state", "step"], 4],
    [timecli, "control 127.0.0.1:8890 faults dr", ["drop="], 6],
    [timecli, "-- --", [], 4],
    [timecli, "complete z", ["zsh"], 4],
    [timecli, "help b", ["bench"], 4],
    [timecli, "help bench ", [], 4],
    [timesrv, "c", ["complete"], 4],
    [timesrv, "--fault de", ["delay="], 6],
    [timesrv, "--leap in", ["insert", "insert@"], 4],
    [timesrv, "--scenario li", ["list"], 0],
    [timesrv, "--leap-file ", [], 0],
    [timesrv, "--local aut", ["auto://"], 6],
    [timesrv, "--transport ", ["auto", "datagram", "mmsg"], 4],
    [timesrv, "ntp://127.0.0.1 aut", ["auto://"], 6],
  ];
  for (const [program, typed, words, bits] of table) {
    const args = ["complete", "--", ...typed.split(" ")];
    const { code, stdout, stderr } = await runMain(
      program === timesrv ? "timesrv" : "timecli",
      program,
      args,
    );
    const lines = stdout.trimEnd().split("\n").map((line) => line.replace(/\t.*/, ""));
    assertEquals([code, stderr, lines], [0, "", [...words, `:${bits}`]], typed);
  }
});

Deno.test("completions print a script for a shell that is known", async () => {
  const bash = await runTimecli(["complete", "bash"]);
  assertEquals([bash.code, bash.stderr], [0, ""]);
  assertMatch(bash.stdout, /complete .*timecli/);
  assertEquals(/^readonly /m.test(bash.stdout), false);
  for (
    const [args, message] of [
      [[], "<shell> is missing (bash, zsh, fish)"],
      [["tcsh"], "Unknown shell tcsh: expected bash, zsh or fish"],
      [["bash", "zsh"], 'Unexpected argument "zsh"'],
    ] as const
  ) {
    assertEquals(await runMain("timecli", timecli, ["complete", ...args]), {
      code: 2,
      stdout: "",
      stderr: `timecli: ${message}\n`,
    });
  }
});
