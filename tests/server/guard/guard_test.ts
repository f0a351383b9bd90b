import { assertEquals, assertThrows } from "@std/assert";
import type { Endpoint } from "../../../src/protocols/endpoint.ts";
import { refusal, type RefusalCause } from "../../../src/protocols/responder.ts";
import {
  Guard,
  type GuardOptions,
  KOD_RATE,
  noteListener,
  PASS,
  planGuard,
} from "../../../src/server/guard/guard.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";

const open: Endpoint = { protocol: "ntp", hostname: "192.0.2.250", port: 123 };
const arrival = { seconds: 0, nanoseconds: 0 };

function guard(
  options: GuardOptions = {},
  endpoint = open,
): (host: string, port?: number) => number {
  const plan = planGuard(options);
  noteListener(plan, endpoint);
  noteListener(plan, { protocol: "auto", hostname: "192.0.2.250", port: 8888 });
  const one = new Guard(plan, endpoint, () => 0);
  return (hostname, port = 51_402) =>
    one.admit(
      { transport: "udp", hostname, port, readAddress: (words) => parseIpWords(hostname, words) },
      arrival,
    );
}

Deno.test("a guard lets clients of every unicast address pass", () => {
  const judge = guard();
  for (const host of ["192.0.2.1", "10.0.0.255", "127.0.0.1", "2001:db8::1", "fe80::1%lo", "::1"]) {
    assertEquals(judge(host), PASS, host);
  }
  for (const port of [1, 123, 1023, 1024, 8887, 65_535]) {
    assertEquals(judge("192.0.2.1", port), PASS);
  }
});

Deno.test("a guard stops what no client sends", () => {
  const judge = guard();
  const stops = (cause: RefusalCause, host: string, port?: number): void =>
    assertEquals(judge(host, port), refusal(cause), `${host} ${port}`);
  for (const port of [0, 7, 9, 13, 17, 19, 37]) stops("source-port", "192.0.2.1", port);
  for (const host of ["0.0.0.0", "224.0.0.1", "239.1.2.3", "255.255.255.255", "::", "ff02::1"]) {
    stops("source-address", host);
  }
  stops("source-port", "192.0.2.1", 8888);
  stops("source-address", "192.0.2.250", 123);
});

Deno.test("a loopback listener replies to this machine alone", () => {
  const judge = guard({}, { protocol: "ntp", hostname: "127.0.0.1", port: 1123 });
  assertEquals(judge("127.9.9.9"), PASS);
  assertEquals(judge("192.0.2.1"), refusal("denied"));
});

Deno.test("a guard limits sources of other machines by default", () => {
  const times = (options: GuardOptions, host: string): number => {
    const judge = guard(options);
    let passed = 0;
    for (let i = 0; i < 2000; i++) if (judge(host) === PASS) passed++;
    return passed;
  };
  // The burst, and one in eight of the rest.
  const usual = times({}, "192.0.2.1");
  assertEquals(usual >= 128 && usual < 128 + 500, true, `${usual}`);
  assertEquals(times({ rateLimit: "off" }, "192.0.2.1"), 2000);
  assertEquals(times({}, "127.0.0.1"), 2000);
  assertEquals(times({ rateLimit: { kod: 0.5, burst: 1 } }, "::1"), 2000);
  const passed = times({ rateLimit: { perSecond: 1, burst: 1 } }, "127.0.0.1");
  assertEquals(passed < 500, true, `${passed}`);
});

Deno.test("a guard replies to a share of the limited requests with a KoD", () => {
  const judge = guard({ rateLimit: { perSecond: 1, burst: 1, kod: 1 } });
  const verdicts = new Set(Array.from({ length: 200 }, () => judge("192.0.2.1")));
  assertEquals([...verdicts].sort(), [PASS, KOD_RATE]);
});

Deno.test("a plan that is impossible is reported", () => {
  assertThrows(
    () => planGuard({ access: { allow: ["x"] } }),
    SyntaxError,
    "expected a network such as 192.0.2.0/24",
  );
  assertThrows(
    () => planGuard({ rateLimit: { perSecond: 0 } }),
    RangeError,
    "rateLimit.perSecond is 0",
  );
});
