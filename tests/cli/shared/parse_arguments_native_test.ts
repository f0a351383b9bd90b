import { assertEquals, assertThrows } from "@std/assert";
import { parseArguments } from "../../../src/cli/shared/parse_arguments.ts";
import { UsageError } from "../../../src/cli/shared/usage_error.ts";
import { where } from "../../support/needs.ts";
import { command, parse } from "./tool_command.ts";

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
        [{ TOOL_SAMPLES: "7" }, ["x"], { count: 7 }],
        [{ TOOL_SAMPLES: "7", TOOL_COUNT: "8" }, ["x"], { count: 8 }],
        [{ TOOL_TIMES: "" }, ["x"], {}],
        // Empty is not set.
        [{ TOOL_LOG_FORMAT: "", TOOL_COUNT: "", TOOL_TOKEN: "" }, ["x"], {}],
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
        [{ TOOL_COUNT: " " }, 'TOOL_COUNT is " ", expected a whole number'],
        [{ TOOL_TIMES: "5" }, "Unknown variable TOOL_TIMES: use TOOL_COUNT"],
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
