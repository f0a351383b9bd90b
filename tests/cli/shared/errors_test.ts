import {
  errorFormatter,
  exitCodeFor,
  formatError,
  queryExitCodes,
  UsageError,
} from "../../../src/cli/shared/errors.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import { ListenError } from "../../../src/transports/listen_error.ts";
import { replacing } from "../../support/replacing.ts";
import { assertEquals, assertMatch } from "@std/assert";

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

Deno.test("formatError advises on a port in one line", () => {
  const line = (reason: "in_use" | "not_permitted" | "not_of_this_machine", port: number): string =>
    formatError(new ListenError(reason, { hostname: "::1", port }));
  assertEquals(
    line("in_use", 8888),
    "Cannot listen on udp [::1]:8888: the port is already in use; " +
      "stop the program that uses it, or choose another port (0 is any free one)",
  );
  assertEquals(
    line("not_permitted", 37),
    "Cannot listen on udp [::1]:37: this user may not bind that port; use a port of 1024 or above, " +
      "or permit it: sysctl net.ipv4.ip_unprivileged_port_start=37",
  );
});

Deno.test("formatError advises by the rules of each system", async () => {
  const refused = (port: number): string =>
    formatError(new ListenError("not_permitted", { hostname: "::1", port })).split("; ")[1] ?? "";
  const reserved =
    "choose another port (netsh int ipv4 show excludedportrange udp lists those of Windows)";
  for (
    const [os, low, high] of [
      ["darwin", "use a port of 1024 or above, or run it as root", ""],
      ["windows", reserved, reserved],
    ] as const
  ) {
    await replacing([[Deno, { build: { ...Deno.build, os } }]], async () => {
      assertEquals(await Promise.all([refused(123), refused(51000)]), [low, high]);
    });
  }
});

Deno.test("formatError advises on nothing that would not help", () => {
  const line = (
    reason: "not_permitted" | "not_of_this_machine" | "unknown_host",
    hostname: string,
    port = 8888,
  ): string => formatError(new ListenError(reason, { hostname, port }));
  assertEquals(
    line("not_permitted", "::1", 1024),
    "Cannot listen on udp [::1]:1024: this user may not bind that port",
  );
  assertMatch(line("not_permitted", "::1", 1023), /; use a port of 1024 or above, or permit it: /);
  assertEquals(
    line("not_of_this_machine", "192.0.2.1"),
    "Cannot listen on udp 192.0.2.1:8888: not an address of this machine; " +
      "0.0.0.0 and [::] stand for all addresses of this machine",
  );
  assertEquals(
    line("not_of_this_machine", "127.0.0.1"),
    "Cannot listen on udp 127.0.0.1:8888: not an address of this machine",
  );
  assertMatch(
    formatError(new Deno.errors.NotCapable("Requires net access")),
    /^No permission: Requires net access$/,
  );
});

Deno.test("errorFormatter explains once how to start a server on this machine", () => {
  const refused = (url: string): QueryError => new QueryError("refused", "Nobody", { url });
  const line = (url: string): string => errorFormatter()(refused(url));
  const advice = "Nobody; a server starts there with: deno task serve";
  for (
    const [url, expected] of [
      ["ntp://127.0.0.1:1123", `${advice} ntp://127.0.0.1:1123`],
      ["time://[::1]:37", `${advice} time://[::1]:37`],
      ["time://127.0.0.1:8888", `${advice} time://127.0.0.1:8888`],
      ["daytime://127.0.0.1:8888", `${advice} daytime://127.0.0.1:8888`],
      ["ntp://127.0.0.2:8888", `${advice} ntp://127.0.0.2:8888`],
      ["auto://127.0.0.1:8888", advice],
      ["asctime://127.0.0.1:8888", advice],
      ["ntp://127.0.0.1:8888", advice],
      ["ntp://192.0.2.1:123", "Nobody"],
    ] as const
  ) assertEquals(line(url), expected);
  const formatNext = errorFormatter();
  const url = "ntp://127.0.0.1:1123";
  assertEquals([0, 1, 2].map(() => formatNext(refused(url)) === "Nobody"), [false, true, true]);
  assertEquals(formatError(refused(url)), "Nobody");
});

Deno.test("formatError writes one line", () => {
  assertEquals(formatError(new Error("one\n  two")), "one two");
  assertEquals(formatError("thrown text"), "thrown text");
});
