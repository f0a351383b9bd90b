import { assertEquals, assertMatch } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import type { Command, Program } from "../../../src/cli/shared/command.ts";
import { timecli } from "../../../src/cli/timecli/timecli.ts";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import { runMain, runTimecli } from "../../support/command_line.ts";

Deno.test("help and version take precedence over mistakes, before --", async () => {
  const version = `${config.version} (Deno ${Deno.version.deno})`;
  for (
    const [args, firstLine] of [
      [["--help"], "Usage: timecli [options] [command] [targets...]"],
      [["-h", "--nosuch"], "Usage: timecli [options] [command] [targets...]"],
      [["help"], "Usage: timecli [options] [command] [targets...]"],
      [["help", "compare"], "Usage: timecli compare [options] <urls...>"],
      [["check", "--help"], "Usage: timecli check [options] [urls...]"],
      [["bench", "--nosuch", "-h"], "Usage: timecli bench [options] <url>"],
      [["--version"], `timecli ${version}`],
      [["wait", "-V"], `timecli wait ${version}`],
    ] as const
  ) {
    const { code, stdout, stderr } = await runTimecli(args);
    assertEquals([code, stdout.split("\n")[0], stderr], [0, firstLine, ""], args.join(" "));
  }
  const behind = await runTimecli(["--", "--help"]);
  assertEquals([behind.code, behind.stdout], [5, ""]);
});

Deno.test("help is in bold and as wide as the terminal, 100 columns at most", async () => {
  for (const [columns, longest] of [[80, 80], [100, 100], [200, 100]] as const) {
    const { stdout } = await runTimecli(["--help"], { columns });
    // deno-lint-ignore no-control-regex -- how text is set in bold
    assertMatch(stdout, Deno.noColor ? /^Usage:/ : /^\x1b\[1mUsage:\x1b\[0m /);
    // deno-lint-ignore no-control-regex -- how text is set in bold
    const lines = stdout.replaceAll(/\x1b\[\d+m/g, "").split("\n");
    const widest = Math.max(...lines.map((line) => line.length));
    assertEquals([widest <= longest, widest > longest - 10], [true, true], `${columns}: ${widest}`);
  }
  const { stdout } = await runTimecli(["--help"]);
  assertEquals(Math.max(...stdout.split("\n").map((line) => line.length)), 80);
});

Deno.test("help of what is no command, and commands in the wrong place, are mistakes", async () => {
  for (
    const [args, message] of [
      [["help", "nosuch"], "Unknown command nosuch: timecli help lists the commands"],
      [
        ["help", "compare", "wait"],
        "Unknown command compare wait: timecli help lists the commands",
      ],
      [["-4", "check", "a.invalid"], "check comes first: timecli check [options] ..."],
      [["wiat"], "Unknown command wiat: did you mean wait? (a host: ntp://wiat)"],
    ] as const
  ) {
    const { code, stdout, stderr } = await runTimecli(args);
    assertEquals([code, stdout, stderr], [2, "", `timecli: ${message}\n`]);
  }
  // Without commands the words are arguments.
  let given: readonly string[] = [];
  const command: Command = {
    ...timesrv.command,
    run: ({ positionals }) => Promise.resolve(void (given = positionals)),
  };
  await runMain("timesrv", { command, subcommands: [] }, ["help", "me"]);
  assertEquals(given, ["help", "me"]);
  const help = await runMain("timesrv", timesrv, ["help"]);
  assertMatch(help.stdout, /^Usage: timesrv \[options\] \[command\] \[listeners\.\.\.\]\n/);
});

Deno.test("the exit code is the command's, and what it throws is one line", async () => {
  const thrown = new Error("two\nlines");
  for (
    const [run, code, stderr] of [
      [() => Promise.resolve(), 0, ""],
      [() => Promise.resolve(7), 7, ""],
      [() => Promise.reject(thrown), 1, "timecli: two lines\n"],
      [() => Promise.reject(new Deno.errors.BrokenPipe("no reader")), 1, ""],
    ] as const
  ) {
    const command: Command = { ...timecli.command, run };
    const program: Program = { command, subcommands: [] };
    assertEquals(await runMain("timecli", program, []), { code, stdout: "", stderr });
  }
});

Deno.test("options come from the environment where the command line has none", async () => {
  const target = "ntp://127.0.0.1";
  for (
    const [env, args, code, part] of [
      [{ TIMECLI_JSON: "1" }, [target], 4, '{"schema":1,'],
      [{ TIMECLI_JSON: "off" }, [target], 4, ""],
      [{ TIMECLI_JSON: "" }, [target], 4, ""],
      [{ TIMECLI_CSV: "yes" }, ["--json", target], 4, '{"schema":1,'],
      [{ TIMECLI_TIMEOUT: "never" }, [target], 2, ""],
      [{ TIMECLI_COMPARE_COUNT: "none" }, ["compare", target], 2, ""],
      [{ TIMECLI_COUNT: "none" }, ["compare", target], 4, "SERVER"],
    ] as const
  ) {
    const { code: found, stdout } = await runTimecli(args, { env });
    assertEquals([found, stdout.slice(0, part.length)], [code, part], JSON.stringify(env));
    if (part === "") assertEquals(stdout, "");
  }
});
