import { assertEquals } from "@std/assert";
import {
  ListenError,
  type ListenFailure,
  listenFailure,
} from "../../src/transports/listen_error.ts";

Deno.test("ListenError says which address it is about, and why", () => {
  const cause = new Error("too many open files");
  const table: [reason: ListenFailure, detail: string][] = [
    ["in_use", "the port is already in use"],
    ["not_permitted", "this user may not bind that port"],
    ["not_of_this_machine", "not an address of this machine"],
    ["unsupported_family", "this machine has no addresses of that IP version"],
    ["not_unicast", "a multicast or broadcast address, which no server can reply from"],
    ["unknown_host", "unknown host"],
    ["failed", "too many open files"],
  ];
  for (const [reason, detail] of table) {
    const error = new ListenError(reason, { hostname: "2001:db8::1", port: 123 }, { cause });
    assertEquals(error.message, `Cannot listen on udp [2001:db8::1]:123: ${detail}`);
    const { name, hostname, port } = error;
    assertEquals([name, error.reason, hostname, port, error.cause], [
      "ListenError",
      reason,
      "2001:db8::1",
      123,
      cause,
    ]);
  }
  const other = new ListenError("failed", { hostname: "192.0.2.1", port: 1 }, { cause: "no luck" });
  assertEquals(other.message, "Cannot listen on udp 192.0.2.1:1: no luck");
});

Deno.test("listenFailure finds the reason of an error of Deno", () => {
  const { AddrInUse, AddrNotAvailable, NotFound, PermissionDenied } = Deno.errors;
  const table: [error: unknown, reason: ListenFailure][] = [
    [new AddrInUse(), "in_use"],
    [new PermissionDenied(), "not_permitted"],
    [new AddrNotAvailable(), "not_of_this_machine"],
    [Object.assign(new Error(), { code: "EAFNOSUPPORT" }), "unsupported_family"],
    [Object.assign(new Error(), { code: "EMFILE" }), "failed"],
    [new NotFound(), "failed"],
  ];
  assertEquals(table.map(([error]) => listenFailure(error)), table.map(([, reason]) => reason));
});
