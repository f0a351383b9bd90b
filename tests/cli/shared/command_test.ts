import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Command,
  optionsOf,
  type Program,
  variableOf,
} from "../../../src/cli/shared/command.ts";
import { helpText, meaningOf } from "../../../src/cli/shared/help.ts";
import { queryExitCodes } from "../../../src/cli/shared/errors.ts";
import { timecli } from "../../../src/cli/timecli/timecli.ts";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import { where } from "../../support/needs.ts";

const programs: readonly Program[] = [timesrv, timecli];

async function commandsOf({ command, subcommands }: Program): Promise<Command[]> {
  const others = await Promise.all(subcommands.map(({ load }) => load()));
  return [command, ...others.map(({ command }) => command)];
}

Deno.test("variableOf names the environment variable of an option", () => {
  assertEquals(variableOf("timesrv", { name: "log-format" }), "TIMESRV_LOG_FORMAT");
  assertEquals(variableOf("timecli bench", { name: "qps" }), "TIMECLI_BENCH_QPS");
});

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "every option has a help of one line, and is in the reference with it",
    async () => {
      for (const program of programs) {
        const { command: { name } } = program;
        const reference = (await Deno.readTextFile(`docs/${name}.md`)).replaceAll(
          /\s+|[`|\\]/g,
          "",
        );
        for (const command of await commandsOf(program)) {
          const names = optionsOf(command).map(([, field]) => field.name);
          assertEquals(new Set(names).size, names.length);
          for (const [, field] of optionsOf(command)) {
            assertMatch(field.help, /^[^\n]{4,}$/, `${command.name} --${field.name}`);
            const meaning = meaningOf(field).replaceAll(/\s+|[`|\\]/g, "");
            assert(reference.includes(meaning), `${command.name} --${field.name}: ${meaning}`);
          }
        }
      }
    },
  ),
);

Deno.test("every command's help has examples, its exit codes, and where the manual is", async () => {
  for (const program of programs) {
    const { command: { name } } = program;
    const commands = await commandsOf(program);
    for (const command of commands) {
      const call = command === commands[0] ? name : `${name} ${command.name}`;
      const help = helpText(command, { call, width: 1000 });
      const end = help.trimEnd().split("\n").at(-1) ?? "";
      assertMatch(end, /\b(Exit codes: 0 |Exit codes: )/, call);
      assert(end.endsWith(` Manual: man ${name}, or docs/${name}.md in the source.`), end);
      const [, examples = ""] = /^Examples:\n((?: {2}.*\n)+)/m.exec(help) ?? [];
      assert(examples.includes(call), help);
      for (const { name, help } of command.positionals) assert(name !== "" && help !== "", call);
    }
    for (const { name, summary } of program.subcommands) {
      assertMatch(summary, /^[^\n]{10,}$/);
      assert(commands.some((command) => command.name === name), name);
    }
  }
  const { hint = "" } = timecli.command;
  assert(hint.includes(`3 to ${Math.max(...Object.values(queryExitCodes))} `), hint);
});
