import { assertEquals } from "@std/assert";
import { exitCodeFor, queryExitCodes } from "../../../src/cli/shared/exit_codes.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import { ListenError } from "../../../src/transports/listen_error.ts";
import { UsageError } from "../../../src/cli/shared/usage_error.ts";

Deno.test("exit codes of failed queries are distinct, stable and above 2", () => {
  assertEquals(queryExitCodes, {
    "timeout": 3,
    "refused": 4,
    "unknown_host": 5,
    "unreachable": 6,
    "not_a_time": 7,
    "kiss_o_death": 8,
    "unsynchronized": 9,
    "bogus_reply": 10,
    "unusable": 11,
    "no_name_server": 12,
    "not_authentic": 13,
    "nts_ke": 14,
  });
});

Deno.test("exitCodeFor knows a wrong command line from any other failure", () => {
  assertEquals(exitCodeFor(undefined), 0);
  assertEquals(exitCodeFor(new UsageError("")), 2);
  assertEquals(exitCodeFor(new QueryError("kiss_o_death", "")), 8);
  assertEquals(exitCodeFor(new ListenError("in_use", { hostname: "::", port: 1 })), 1);
  assertEquals(exitCodeFor("thrown text"), 1);
});
