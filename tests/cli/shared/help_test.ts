import { assert, assertEquals } from "@std/assert";
import { defineCommand } from "../../../src/cli/shared/command.ts";
import { helpText, outlineText } from "../../../src/cli/shared/help.ts";
import { timecli } from "../../../src/cli/timecli/timecli.ts";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import { flag, oneOf, whole } from "../../../src/options/field.ts";

const command = defineCommand({
  name: "tool",
  description: "Uses what it is given,\nin whatever order.",
  positionals: [
    { name: "target", help: "what to use", isRequired: true },
    { name: "more", help: "what else", isRepeatable: true },
  ],
  groups: {
    "Numbers:": {
      count: whole(1, 9, {
        name: "count",
        short: "n",
        syntax: "<count>",
        help: "how many",
        default: "3",
      }),
    },
    "Output:": {
      colour: oneOf(["red", "blue"], { name: "colour", syntax: "<name>", help: "colour" }),
      json: flag({ name: "json", help: "print JSON" }),
    },
  },
  notes: "\nExamples:\n  tool a\n  tool b\n\nA paragraph\nof two lines.\n",
  hint: "Exit codes: 0 done.",
  run: () => Promise.resolve(),
});

const help = `Usage: tool [options] [command] <target> [more...]

Uses what it is given, in whatever order.

Arguments:
  target               what to use
  more                 what else

Numbers:
  -n, --count <count>  how many (default: 3)

Output:
  --colour <name>      colour: red, blue
  --json               print JSON

Other:
  -h, --help           print this help; -h is shorter
  -V, --version        print the version, and Deno's

Commands:
  sub                  do more

Examples:
  tool a
  tool b

A paragraph of two lines.

Exit codes: 0 done. Manual: man tool, or docs/tool.md in the source.
`;

Deno.test("helpText() lists arguments, options, commands and texts", () => {
  const subcommands = [{
    name: "sub",
    summary: "do more",
    load: () => Promise.resolve({ command }),
  }];
  assertEquals(
    helpText(command, { call: "tool", subcommands, width: 80 }),
    help,
  );
  const internal = helpText({ ...command, hasManual: false }, { call: "tool", width: 80 });
  assert(internal.endsWith("\nExit codes: 0 done.\n"), internal);
  const sub = helpText(command, { call: "tool sub", width: 80 });
  assert(sub.startsWith("Usage: tool sub [options] <target> [more...]\n"), sub);
  assert(sub.includes("--version") && !sub.includes("Commands:"), sub);
});

Deno.test("helpText() fits the terminal, and sets titles in bold", () => {
  const narrow = helpText(command, {
    call: "tool",
    width: 40,
    bold: (text) => `*${text}*`,
  });
  for (const line of narrow.split("\n")) assert(line.length <= 46, line);
  assert(narrow.includes("\n*Numbers:*\n  -n, --count <count>  how many (default:\n"), narrow);
  assert(narrow.includes(`\n${" ".repeat(23)}3)\n`), narrow);
});

Deno.test("outlineText() has commands, the names of options and examples, on one screen", async () => {
  const subcommands = [{
    name: "sub",
    summary: "do more",
    load: () => Promise.resolve({ command }),
  }];
  assertEquals(
    outlineText(command, { call: "tool", subcommands, width: 80 }),
    `Usage: tool [options] [command] <target> [more...]

Uses what it is given, in whatever order.

Commands:
  sub      do more

Options:
  Numbers  -n/--count
  Output   --colour, --json

Examples:
  tool a
  tool b

More: tool --help
`,
  );
  for (const { command, subcommands } of [timesrv, timecli]) {
    const { name } = command;
    const commands = await Promise.all(subcommands.map(({ load }) => load()));
    const all = [
      outlineText(command, { call: name, subcommands, width: 80 }),
      ...commands.map(({ command }) => outlineText(command, { call: `${name} x`, width: 80 })),
    ];
    for (const text of all) {
      const lines = text.split("\n");
      assert(lines.length <= 40 && lines.every((line) => line.length <= 80), text);
    }
  }
});
