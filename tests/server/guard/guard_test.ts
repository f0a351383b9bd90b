import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Endpoint } from "../../../src/protocols/endpoint.ts";
import { refusal, type RefusalCause } from "../../../src/protocols/responder.ts";
import type { AccessOptions, GuardOptions } from "../../../src/server/guard/options.ts";
import {
  Guard,
  KOD_DENY,
  KOD_RATE,
  noteListener,
  PASS,
  planGuard,
} from "../../../src/server/guard/guard.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";
import { FakeInterfaces } from "../../support/interfaces.ts";

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
  for (const port of [0, 7, 9, 13, 17, 19, 37]) stops("source_port", "192.0.2.1", port);
  for (const host of ["0.0.0.0", "224.0.0.1", "239.1.2.3", "255.255.255.255", "::", "ff02::1"]) {
    stops("source_address", host);
  }
  stops("source_port", "192.0.2.1", 8888);
  stops("source_address", "192.0.2.250", 123);
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

Deno.test("a guard replies to one of the limited requests per minute and source with a KoD", () => {
  const judge = guard({ rateLimit: { perSecond: 1, burst: 1, kod: 1 } });
  for (const host of ["192.0.2.1", "192.0.2.2", "2001:db8::1"]) {
    const verdicts = Array.from({ length: 200 }, () => judge(host));
    assertEquals(verdicts.filter((verdict) => verdict === KOD_RATE).length, 1);
    assertEquals(new Set(verdicts), new Set([PASS, KOD_RATE, refusal("rate_limited")]));
  }
});

Deno.test("a guard denies whole families, with a KoD within the rate limit where it is asked to", () => {
  const access = (rules: AccessOptions): (host: string) => number => guard({ access: rules });
  const cases: readonly (readonly [AccessOptions, allowed: string, denied: string])[] = [
    [{ deny: ["::/0"] }, "192.0.2.1", "2001:db8::1"],
    [{ deny: ["0.0.0.0/0"] }, "2001:db8::1", "192.0.2.1"],
    [{ allow: ["::/0"] }, "2001:db8::1", "192.0.2.1"],
    [{ allow: ["0.0.0.0/0"] }, "192.0.2.1", "2001:db8::1"],
    [{ deny: ["2001:db8::1"] }, "192.0.2.1", "2001:db8::1"],
    [{ deny: ["192.0.2.1"] }, "2001:db8::1", "192.0.2.1"],
  ];
  for (const [rules, allowed, denied] of cases) {
    const name = JSON.stringify(rules);
    assertEquals([access(rules)(allowed), access(rules)(denied)], [PASS, refusal("denied")], name);
    assertEquals(access({ ...rules, denyAction: "kod" })(denied), KOD_DENY, name);
  }
  const judge = guard({
    access: { deny: ["all"], denyAction: "kod" },
    rateLimit: { perSecond: 1e-6, burst: 5 },
  });
  const verdicts = Array.from({ length: 1000 }, () => judge("192.0.2.1"));
  const kods = verdicts.filter((verdict) => verdict === KOD_DENY).length;
  // The burst, and one in eight of the rest.
  assert(kods >= 5 && kods < 250, `${kods}`);
  assertEquals(verdicts.filter((verdict) => verdict === refusal("denied")).length, 1000 - kods);
});

const interfaces = [["lo", "127.0.0.1/8"], ["lo", "::1/128"], ["eth0", "192.0.2.5/24"]] as const;

for (const isKnown of [true, false]) {
  const knowledge = isKnown ? "all" : "the loopback";
  Deno.test({
    name: `a guard of a wildcard address knows ${knowledge} addresses of this machine for its own`,
    permissions: { sys: false },
    fn(): void {
      using _ = isKnown ? new FakeInterfaces(interfaces) : undefined;
      const cases = [
        ["0.0.0.0", "127.0.0.1", true],
        ["0.0.0.0", "192.0.2.5", isKnown],
        ["0.0.0.0", "192.0.2.6", false],
        ["::", "::1", true],
        ["::", "2001:db8::1", false],
      ] as const;
      for (const [hostname, source, isOwn] of cases) {
        for (const protocol of ["ntp", "time"] as const) {
          const judge = guard({}, { protocol, hostname, port: 1123 });
          // A client of another machine may have the port of an NTP service.
          const verdict = protocol === "time"
            ? refusal("source_port")
            : isOwn
            ? refusal("source_address")
            : PASS;
          assertEquals(judge(source, 1123), verdict, `${protocol}://${hostname} from ${source}`);
          assertEquals(judge(source, 1124), PASS);
        }
      }
    },
  });
}

Deno.test("the times of a limit begin at the whole second of the start", () => {
  const before = Math.floor(Date.now() / 1000);
  const { startSeconds } = planGuard({});
  assert(startSeconds >= before && startSeconds <= Date.now() / 1000, `${startSeconds}`);
  assert(Number.isInteger(startSeconds));
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
