import { assertEquals, assertThrows } from "@std/assert";
import { type Command, defineCommand } from "../../../src/cli/shared/command.ts";
import { parseArguments } from "../../../src/cli/shared/parse_arguments.ts";
import { UsageError } from "../../../src/cli/shared/usage_error.ts";
import { flag, list, number, oneOf, text, whole } from "../../../src/options/field.ts";
import { where } from "../../support/needs.ts";

const word = (name: string, short?: string) =>
  text("a word", () => {}, { name, syntax: "<word>", help: "", ...(short && { short }) });

const command = defineCommand({
  name: "tool",
  description: "",
  positionals: [
    { name: "target", help: "what to use", isRequired: true },
    { name: "more", help: "", isRepeatable: true },
  ],
  groups: {
    "Numbers:": {
      count: whole(1, 9, { name: "count", short: "n", syntax: "<count>", help: "" }),
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
      ipv4: flag({ name: "ipv4", short: "4", help: "" }),
    },
  },
  notes: "",
  run: () => Promise.resolve(),
});

function parse(args: readonly string[], of: Command = command): unknown[] {
  const { values, positionals } = parseArguments(of, args, "tool");
  return [values, ...positionals];
}

Deno.test("parseArguments() reads options in every form", () => {
  for (
    const [args, expected] of [
      [["x"], [{}, "x"]],
      [["x", "y", "z"], [{}, "x", "y", "z"]],
      [["--count", "5", "x"], [{ count: 5 }, "x"]],
      [["x", "--count=5"], [{ count: 5 }, "x"]],
      [["-n", "5", "x"], [{ count: 5 }, "x"]],
      [["-n5", "x"], [{ count: 5 }, "x"]],
      [["-q4n5", "x"], [{ quiet: true, ipv4: true, count: 5 }, "x"]],
      [["-4qn", "5", "x"], [{ ipv4: true, quiet: true, count: 5 }, "x"]],
      [["--offset", "-1.5", "x"], [{ offset: -1.5 }, "x"]],
      [["--offset=-1.5", "x"], [{ offset: -1.5 }, "x"]],
      [["--log-format=a=b", "x"], [{ logFormat: "a=b" }, "x"]],
      [["--log-format=", "x"], [{ logFormat: "" }, "x"]],
      [["--log-format", "--json", "x"], [{ logFormat: "--json" }, "x"]],
      [["--name", "a", "-wb", "x"], [{ names: ["a", "b"] }, "x"]],
      [["--count", "5", "x", "--count", "6"], [{ count: 6 }, "x"]],
      [["--colour", "red", "x"], [{ colour: "red" }, "x"]],
      // Negative values, unless a command has an option of that digit.
      [["-1h", "-.5", "x"], [{}, "-1h", "-.5", "x"]],
      [["-4", "x"], [{ ipv4: true }, "x"]],
      [["-", "--", "--json", "-q", "--"], [{}, "-", "--json", "-q", "--"]],
      [["--", "x"], [{}, "x"]],
      [["", "x"], [{}, "", "x"]],
    ] as const
  ) assertEquals(parse(args), [...expected], args.join(" "));
});

Deno.test("parseArguments() explains a mistake", () => {
  for (
    const [args, message] of [
      [[], "<target> is missing: what to use"],
      [["--jsno", "x"], "Unknown option --jsno (did you mean --json?)"],
      [["--jsno=1", "x"], "Unknown option --jsno (did you mean --json?)"],
      [["--nothing-like-it", "x"], "Unknown option --nothing-like-it"],
      [["--\n", "x"], 'Unknown option "--\\n"'],
      [["-x", "x"], "Unknown option -x"],
      [["-qx", "x"], "Unknown option -x"],
      [["-é", "x"], 'Unknown option "-é"'],
      [["x", "--count"], "--count needs a value: <count>"],
      [["x", "-n"], "-n needs a value: <count>"],
      [["--json=yes", "x"], '--json has no value: remove "yes"'],
      [["--count", "ten", "x"], '--count is "ten", expected a whole number, 1 to 9'],
      [["-n10", "x"], '--count is "10", expected a whole number, 1 to 9'],
      [["--count=", "x"], '--count is "", expected a whole number, 1 to 9'],
      [["--colour", "green", "x"], '--colour is "green", expected red or blue'],
      [["--json", "-q", "x"], "--json cannot be used with --quiet"],
      [["-q", "--json", "x"], "--json cannot be used with --quiet"],
      [["--json", "--colour", "red", "x"], "--colour cannot be used with --json"],
      [["--token", "secret", "x"], "--token is not accepted, expected 16 characters"],
    ] as const
  ) assertThrows(() => parse(args), UsageError, message);
});

Deno.test("parseArguments() refuses arguments beyond the last", () => {
  const single = { ...command, positionals: [{ name: "file", help: "" }] };
  assertEquals(parse([], single), [{}]);
  assertEquals(parse(["x"], single), [{}, "x"]);
  assertThrows(() => parse(["x", "y"], single), UsageError, 'Unexpected argument "y"');
});

const needs = { permissions: [{ name: "env" }] } as const;

async function withVariables(
  variables: Readonly<Record<string, string>>,
  run: () => void,
): Promise<void> {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    run();
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
  await Promise.resolve();
}

Deno.test(
  await where(needs, "parseArguments() reads the environment below the arguments", async () => {
    for (
      const [variables, args, expected] of [
        [{ TOOL_COUNT: "5" }, ["x"], { count: 5 }],
        [{ TOOL_COUNT: "many" }, ["-n6", "x"], { count: 6 }],
        [{ TOOL_LOG_FORMAT: "" }, ["x"], { logFormat: "" }],
        [{ TOOL_NAME: "a" }, ["x"], { names: ["a"] }],
        ...["1", "yes", "TRUE", "anything"].map((on) =>
          [{ TOOL_QUIET: on }, ["x"], { quiet: true }] as const
        ),
        ...["", "0", "no", "OFF", "false"].map((off) => [{ TOOL_QUIET: off }, ["x"], {}] as const),
        // The command line wins over what it excludes, too.
        [{ TOOL_QUIET: "1" }, ["--json", "x"], { json: true }],
      ] as const
    ) {
      await withVariables(variables, () => {
        assertEquals(parse(args), [expected, "x"], JSON.stringify(variables));
      });
    }
    const { sources } = parseArguments(command, ["-q", "x"], "tool");
    assertEquals([...sources], [["quiet", "arguments"]]);
    await withVariables({ TOOL_SUB_COUNT: "5" }, () => {
      const { values, sources } = parseArguments(command, ["x"], "tool sub");
      assertEquals([values, [...sources]], [{ count: 5 }, [["count", "environment"]]]);
    });
  }),
);

Deno.test(
  await where(needs, "parseArguments() names the variable with a mistake", async () => {
    for (
      const [variables, message] of [
        [{ TOOL_COUNT: "" }, 'TOOL_COUNT is "", expected a whole number'],
        [{ TOOL_COLOUR: "green" }, 'TOOL_COLOUR is "green", expected red or blue'],
        [{ TOOL_JSON: "1", TOOL_QUIET: "1" }, "--json cannot be used with --quiet"],
      ] as const
    ) {
      await withVariables(variables, () => {
        assertThrows(() => parse(["x"]), UsageError, message);
      });
    }
  }),
);
