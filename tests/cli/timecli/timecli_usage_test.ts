import { assertEquals, assertMatch } from "@std/assert";
import { runTimecli } from "../../support/command_line.ts";
import { FakeNetwork } from "../../support/fake_network.ts";
import {
  benchErrors,
  checkErrors,
  compareErrors,
  controlErrors,
  explainErrors,
  samplesErrors,
  timecliErrors,
  waitErrors,
  watchErrors,
} from "../../support/timecli_usage_errors.ts";
import type { UsageErrors } from "../../support/usage_errors.ts";

const tables: readonly (readonly [command: readonly string[], errors: UsageErrors])[] = [
  [[], timecliErrors],
  [[], samplesErrors],
  [["bench"], benchErrors],
  [["compare"], compareErrors],
  [["control"], controlErrors],
  [["explain"], explainErrors],
  [["wait"], waitErrors],
  [["watch"], watchErrors],
];

Deno.test("timecli reports a mistake on its command line in one line, and sends nothing", async () => {
  for (const [command, errors] of tables) {
    for (const [args, message] of errors) {
      const network = new FakeNetwork();
      const { code, stdout, stderr } = await runTimecli([...command, ...args], { network });
      assertMatch(stderr, /^timecli: [^\n]+\n$/, `${args.join(" ")}: ${stdout}${stderr}`);
      assertMatch(stderr, message);
      assertEquals([code, stdout], [2, ""], args.join(" "));
      // Whether a server may be load-tested depends on its addresses.
      if (command[0] !== "bench") assertEquals(network.lookups, [], args.join(" "));
    }
  }
});

Deno.test("timecli check is UNKNOWN, in one line, where its command line is wrong", async () => {
  for (const [args, message] of checkErrors) {
    const network = new FakeNetwork();
    const { code, stdout, stderr } = await runTimecli(["check", ...args], { network });
    assertMatch(stdout, /^UNKNOWN: [^\n|]+\n$/);
    assertMatch(stdout, message);
    assertEquals([code, stderr, network.lookups], [3, "", []], args.join(" "));
  }
});

Deno.test("options of the environment are no mistake where a command has no use for them", async () => {
  for (
    const [env, call, exitCode] of [
      [{ TIMECLI_EXPLAIN_PORT: "1123" }, ["explain", "--hex", "/"], 7],
      [{ TIMECLI_EXPLAIN_EXCHANGE: "2" }, ["explain", "--hex", "/"], 7],
      [{ TIMECLI_EXPLAIN_PROTOCOL: "ntp" }, ["explain", "ntp://192.0.2.1", "--timeout", "1s"], 3],
      [{ TIMECLI_EXPORT_LISTEN: "[::1]:8891" }, ["export", "ntp://a.invalid", "--once"], 5],
    ] as const
  ) {
    const { code, stderr } = await runTimecli(call, { env });
    assertEquals(code, exitCode, stderr);
  }
});
