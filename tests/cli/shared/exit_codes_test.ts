import { assertEquals } from "@std/assert";
import {
  describe,
  describer,
  exitCodeOf,
  queryExitCodes,
  SaidError,
} from "../../../src/cli/shared/exit_codes.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import { ListenError } from "../../../src/transports/listen_error.ts";
import { UsageError } from "../../../src/cli/shared/usage_error.ts";

Deno.test("exit codes of failed queries are distinct, stable and above 2", () => {
  assertEquals(queryExitCodes, {
    "timeout": 3,
    "refused": 4,
    "unknown-host": 5,
    "unreachable": 6,
    "not-a-time": 7,
    "kiss-o-death": 8,
    "unsynchronized": 9,
    "bogus-reply": 10,
    "unusable": 11,
  });
});

Deno.test("exitCodeOf knows a wrong command line from any other failure", () => {
  assertEquals(exitCodeOf(undefined), 0);
  for (const code of [0, 2, 3]) assertEquals(exitCodeOf(new SaidError(code)), code);
  assertEquals(exitCodeOf(new UsageError("")), 2);
  assertEquals(exitCodeOf(new QueryError("kiss-o-death", "")), 8);
  assertEquals(exitCodeOf(new ListenError("in-use", { hostname: "::", port: 1 })), 1);
  assertEquals(exitCodeOf("thrown text"), 1);
});

Deno.test("describe explains in one line what to do about a port", () => {
  const line = (reason: "in-use" | "not-permitted" | "not-of-this-machine", port: number): string =>
    describe(new ListenError(reason, { hostname: "::1", port })) ?? "";
  assertEquals(
    line("in-use", 8888),
    "Cannot listen on udp [::1]:8888: the port is already in use; " +
      "stop the program that has it, or take another: timesrv [::1]:8889",
  );
  assertEquals(
    line("not-permitted", 37),
    "Cannot listen on udp [::1]:37: this user may not bind that port; take a port of 1024 or above, " +
      "or allow it: sysctl net.ipv4.ip_unprivileged_port_start=37",
  );
});

Deno.test("describer suggests once to start the missing server, if it can run here", () => {
  const refused = (url: string): QueryError => new QueryError("refused", "Nobody", { url });
  const line = (url: string): string => describer()(refused(url)) ?? "";
  const advice = "Nobody; a server starts there with: timesrv";
  for (
    const [url, expected] of [
      ["ntp://127.0.0.1:1123", `${advice} ntp://127.0.0.1:1123`],
      ["time://[::1]:37", `${advice} time://[::1]:37`],
      ["time://127.0.0.1:8888", `${advice} time://127.0.0.1:8888`],
      ["asctime://127.0.0.1:8888", advice],
      ["ntp://127.0.0.1:8888", advice],
      ["ntp://192.0.2.1:123", "Nobody"],
    ] as const
  ) assertEquals(line(url), expected);
  const describeNext = describer();
  const url = "ntp://127.0.0.1:1123";
  assertEquals([0, 1, 2].map(() => describeNext(refused(url)) === "Nobody"), [false, true, true]);
  assertEquals(describe(refused(url)), "Nobody");
});

Deno.test("describe reports nothing twice, and never more than one line", () => {
  assertEquals(describe(new SaidError(2)), undefined);
  assertEquals(describe(new Deno.errors.BrokenPipe("")), undefined);
  assertEquals(describe(new Error("one\n  two")), "one two");
});
