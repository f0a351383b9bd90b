import { assertEquals, assertMatch } from "@std/assert";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import { runMain } from "../../support/command_line.ts";
import { where } from "../../support/needs.ts";
import { timesrvErrors, timesrvFileErrors, type UsageErrors } from "../../support/usage_errors.ts";

async function checkErrors(errors: UsageErrors): Promise<void> {
  for (const [args, message] of errors) {
    const outcome = await runMain("timesrv", timesrv, args, {
      // What starts all the same ends, and has another exit code.
      onListening: (send) => send("SIGTERM"),
    });
    assertMatch(outcome.stderr, /^timesrv: [^\n]+\n$/);
    assertMatch(outcome.stderr, message);
    assertEquals([outcome.code, outcome.stdout], [2, ""], args.join(" "));
  }
}

Deno.test("timesrv reports a mistake on its command line in one line, and serves nothing", () =>
  checkErrors(timesrvErrors));

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "timesrv reports a file that it cannot use in one line, and serves nothing",
    () => checkErrors(timesrvFileErrors),
  ),
);
