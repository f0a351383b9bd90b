/** A command with options of every kind, for tests of the parser. */
import { type Command, defineCommand } from "../../../src/cli/shared/command.ts";
import { parseArguments } from "../../../src/cli/shared/parse_arguments.ts";
import { flag, flagOr, list, number, oneOf, text, whole } from "../../../src/options/field.ts";

const word = (name: string, short?: string) =>
  text("a word", () => {}, { name, syntax: "<word>", help: "", ...(short && { short }) });

export const command = defineCommand({
  name: "tool",
  description: "",
  positionals: [
    { name: "target", help: "what to use", isRequired: true },
    { name: "more", help: "", isRepeatable: true },
  ],
  groups: {
    "Numbers:": {
      count: whole(1, 9, {
        name: "count",
        short: "n",
        aliases: ["-s", "--samples"],
        formerFlags: ["--times", "-c"],
        syntax: "<count>",
        help: "",
      }),
      offset: number(-5, 5, { name: "offset", syntax: "<seconds>", unit: "seconds", help: "" }),
    },
    "Words:": {
      colour: oneOf(["red", "blue"], { name: "colour", syntax: "<name>", help: "" }),
      names: list(word("name", "w")),
      logFormat: word("log-format"),
      token: text("16 characters", (given) => {
        if (given.length < 16) throw new SyntaxError("short");
      }, { name: "token", syntax: "<token>", help: "", isSecret: true }),
    },
    "Switches:": {
      json: flag({ name: "json", help: "", conflicts: ["quiet", "colour"] }),
      quiet: flag({ name: "quiet", short: "q", help: "" }),
      local: flagOr(whole(1, 15, { name: "", help: "" }), {
        name: "local",
        syntax: "[stratum]",
        help: "",
      }),
      ipv4: flag({ name: "ipv4", short: "4", help: "" }),
    },
  },
  notes: "",
  run: () => Promise.resolve(),
});

export function parse(
  args: readonly string[],
  of: Command = command,
  prefix: string = "tool",
): unknown[] {
  const { values, positionals } = parseArguments(of, args, prefix);
  return [values, ...positionals];
}
