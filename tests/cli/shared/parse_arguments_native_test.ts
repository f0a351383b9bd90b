import { assertEquals, assertThrows } from "@std/assert";
import { parseArguments } from "../../../src/cli/shared/parse_arguments.ts";
import { UsageError } from "../../../src/cli/shared/errors.ts";
import { where } from "../../support/needs.ts";
import { command, parse as parseAs } from "./tool_command.ts";

/** Under a name of its own: tests of one process, side by side, share its environment. */
const parse = (args: readonly string[]): ReturnType<typeof parseAs> =>
  parseAs(args, command, "native");

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
        [{ NATIVE_COUNT: "5" }, ["x"], { count: 5 }],
        [{ NATIVE_COUNT: "many" }, ["-n6", "x"], { count: 6 }],
        [{ NATIVE_SAMPLES: "7" }, ["x"], { count: 7 }],
        [{ NATIVE_SAMPLES: "7", NATIVE_COUNT: "8" }, ["x"], { count: 8 }],
        [{ NATIVE_TIMES: "" }, ["x"], {}],
        // Empty is not set.
        [{ NATIVE_LOG_FORMAT: "", NATIVE_COUNT: "", NATIVE_TOKEN: "" }, ["x"], {}],
        [{ NATIVE_NAME: "a" }, ["x"], { names: ["a"] }],
        ...["1", "yes", "TRUE", "anything"].map((on) =>
          [{ NATIVE_QUIET: on }, ["x"], { quiet: true }] as const
        ),
        ...["", "0", "no", "OFF", "false"].map((off) =>
          [{ NATIVE_QUIET: off }, ["x"], {}] as const
        ),
        // The command line wins over what it excludes, too.
        [{ NATIVE_QUIET: "1" }, ["--json", "x"], { json: true }],
      ] as const
    ) {
      await withVariables(variables, () => {
        assertEquals(parse(args), [expected, "x"], JSON.stringify(variables));
      });
    }
    const { sources } = parseArguments(command, ["-q", "x"], "native");
    assertEquals([...sources], [["quiet", "arguments"]]);
    await withVariables({ NATIVE_SUB_COUNT: "5" }, () => {
      const { values, sources } = parseArguments(command, ["x"], "native sub");
      assertEquals([values, [...sources]], [{ count: 5 }, [["count", "environment"]]]);
    });
  }),
);

Deno.test(
  await where(needs, "parseArguments() names the variable with a mistake", async () => {
    for (
      const [variables, message] of [
        [{ NATIVE_COUNT: " " }, 'NATIVE_COUNT is " ", expected a whole number'],
        [{ NATIVE_TIMES: "5" }, "Unknown variable NATIVE_TIMES: use NATIVE_COUNT"],
        [{ NATIVE_COLOUR: "green" }, 'NATIVE_COLOUR is "green", expected red or blue'],
        [{ NATIVE_JSON: "1", NATIVE_QUIET: "1" }, "--json cannot be used with --quiet"],
      ] as const
    ) {
      await withVariables(variables, () => {
        assertThrows(() => parse(["x"]), UsageError, message);
      });
    }
  }),
);
