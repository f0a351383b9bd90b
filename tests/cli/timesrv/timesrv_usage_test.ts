import { assertEquals, assertMatch } from "@std/assert";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import { runMain } from "../../support/command_line.ts";
import { timesrvErrors } from "../../support/usage_errors.ts";

Deno.test("timesrv reports a mistake on its command line in one line, and serves nothing", async () => {
  for (const [args, message] of timesrvErrors) {
    const outcome = await runMain("timesrv", timesrv, args, {
      // What starts all the same ends, and has another exit code.
      onListening: (send) => send("SIGTERM"),
    });
    assertMatch(outcome.stderr, /^timesrv: [^\n]+\n$/);
    assertMatch(outcome.stderr, message);
    assertEquals([outcome.code, outcome.stdout], [2, ""], args.join(" "));
  }
});
