import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/cli/shared/errors.ts";
import { command, parse } from "./tool_command.ts";

Deno.test("parseArguments() reads options in every form", () => {
  for (
    const [args, expected] of [
      [["x"], [{}, "x"]],
      [["x", "y", "z"], [{}, "x", "y", "z"]],
      [["--count", "5", "x"], [{ count: 5 }, "x"]],
      [["x", "--count=5"], [{ count: 5 }, "x"]],
      [["-n", "5", "x"], [{ count: 5 }, "x"]],
      [["-n5", "x"], [{ count: 5 }, "x"]],
      [["-qs5", "x"], [{ quiet: true, count: 5 }, "x"]],
      [["--samples=5", "x", "-s", "6"], [{ count: 6 }, "x"]],
      [["--local", "x"], [{ local: true }, "x"]],
      [["x", "--local"], [{ local: true }, "x"]],
      [["--local", "8", "x"], [{ local: 8 }, "x"]],
      [["--local=8", "x"], [{ local: 8 }, "x"]],
      [["--local", "-q", "x"], [{ local: true, quiet: true }, "x"]],
      [["--local", "127.0.0.1"], [{ local: true }, "127.0.0.1"]],
      [["--local=off", "x"], [{ local: false }, "x"]],
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
      [[], "<target> is missing (what to use)"],
      [["--jsno", "x"], "Unknown option --jsno (did you mean --json?)"],
      [["--jsno=1", "x"], "Unknown option --jsno (did you mean --json?)"],
      [["--nothing-like-it", "x"], "Unknown option --nothing-like-it"],
      [["--\n", "x"], 'Unknown option "--\\n"'],
      [["-x", "x"], "Unknown option -x"],
      [["-qx", "x"], "Unknown option -x"],
      [["--times=5", "x"], "Unknown option --times: use --count"],
      [["-qc5", "x"], "Unknown option -c: use --count"],
      [["-é", "x"], 'Unknown option "-é"'],
      [["x", "--count"], "--count needs a value: <count>"],
      [["x", "-n"], "-n needs a value: <count>"],
      [["--json=yes", "x"], '--json accepts no value: remove "yes"'],
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

Deno.test("parseArguments() explains that addresses are arguments", () => {
  const target = {
    name: "target",
    help: "server: [PROTOCOL://]HOST[:PORT] (default: this machine)",
  };
  const asker = { ...command, positionals: [target] };
  for (const option of ["--port", "--listen", "--host=x", "-p", "-p99", "-qH"]) {
    assertThrows(
      () => parse([option, "99"], asker),
      UsageError,
      "a server is an argument, as in timecli tool time.example:123",
    );
    assertThrows(() => parse([option, "99"]), UsageError, "Unknown option");
  }
  assertThrows(() => parse(["--jsno"], asker), UsageError, "did you mean --json?");
});
