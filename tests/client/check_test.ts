import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { check, type CheckOptions, type CheckState } from "../../src/client/check.ts";
import { serve } from "../../src/server/serve.ts";
import type { NtpPacket } from "../../src/protocols/ntp/packet.ts";
import { ntpReply, type ScriptedServer, scriptedServer } from "../support/scripted_server.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";

const quick = { interval: 0 } as const;

/** A server that replies with these fields. */
function saying(fields: Partial<NtpPacket>): ScriptedServer {
  return scriptedServer(
    (socket, from, _, octets) => socket.send(ntpReply(octets, fields), from),
    "ntp",
  );
}

async function assertStates(
  url: string,
  cases: readonly (readonly [CheckState, CheckOptions])[],
): Promise<void> {
  const codes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
  for (const [expected, options] of cases) {
    const { state, line, exitCode } = await check(url, { ...quick, count: 2, ...options });
    assertEquals(state, expected, `${JSON.stringify(options)}: ${line}`);
    assertEquals(exitCode, codes[state]);
    assertMatch(line, new RegExp(`^(NTP ${state}:|TIME ${state} -) [^\n|]+(\\|[^\n|]+)?$`));
  }
}

Deno.test("check compares the offset with ranges, a single number both ways", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { clock: simulatedClock(-15) });
  await assertStates(server.addresses[0]?.url ?? "", [
    ["OK", {}],
    ["OK", { warning: { offset: "20" } }],
    ["WARNING", { warning: { offset: "10" } }],
    ["CRITICAL", { warning: { offset: "10" }, critical: { offset: "14" } }],
    ["OK", { warning: { offset: "~:-1" } }],
    ["WARNING", { warning: { offset: "1:" } }],
    ["CRITICAL", { critical: { offset: "@-16:-14" } }],
    ["OK", { critical: { offset: "@14:16" } }],
    ["WARNING", { warning: { offset: "0:20" } }],
  ]);
});

Deno.test("check writes a line in the form of check_ntp_time", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { clock: simulatedClock(5) });
  const { line, samples } = await check(server.addresses[0]?.url ?? "", {
    ...quick,
    warning: { offset: "1:", stratum: "5" },
    critical: { jitter: "@3:" },
  });
  const number = String.raw`\d+\.\d{6}s`;
  assertMatch(
    line,
    new RegExp(
      String.raw`^NTP WARNING: Offset (4\.9|5\.0|5\b)\d*( secs), stratum=10 \(WARNING\)\|` +
        [
          String.raw`offset=(4\.9|5\.0)\d{5}s;1:;120;`,
          `jitter=${number};;@3:;`,
          `root_distance=${number};;;`,
          "stratum=10;5;;",
          `delay=${number};;;`,
          "loss=0%;;;$",
        ].join(" "),
    ),
  );
  assertEquals(samples.exchanges.length, 5);
});

Deno.test("check judges stratum, jitter, root distance and leap seconds", async () => {
  await using server = saying({ stratum: 4, rootDelay: 0.5, rootDispersion: 0.25, leap: 1 });
  await assertStates(server.url, [
    ["OK", {}],
    ["WARNING", { warning: { stratum: "3" } }],
    ["CRITICAL", { critical: { stratum: "@4" }, warning: { stratum: "3" } }],
    ["WARNING", { warning: { rootDistance: "0.4" } }],
    ["OK", { warning: { rootDistance: "3" } }],
    ["CRITICAL", { critical: { jitter: "@0:60" } }],
    ["WARNING", { leap: "WARNING" }],
    ["CRITICAL", { leap: "WARNING", critical: { stratum: "1" } }],
    ["UNKNOWN", { leap: "UNKNOWN" }],
  ]);
});

Deno.test("check raises no alarm for late packets, as long as they are fewer than half", async () => {
  const isLate = (count: number): boolean => count === 2 || count === 4;
  await using server = scriptedServer(async (socket, from, count, octets) => {
    const reply = ntpReply(octets);
    // The way back takes its time.
    if (isLate(count)) await new Promise((resolve) => setTimeout(resolve, 800));
    await socket.send(reply, from);
  }, "ntp");
  const { state, samples } = await check(server.url, {
    ...quick,
    warning: { offset: "0.25" },
    critical: { offset: "0.3" },
  });
  const offsets = samples.exchanges.map(({ reply }) => reply?.offset.total("seconds") ?? NaN);
  assert(offsets.some((offset) => offset < -0.3), "the late ones would have raised it");
  assertEquals(state, "OK");
});

Deno.test("check speaks as check_time of a Time server", async () => {
  await using server = await serve("time://127.0.0.1:0", { clock: simulatedClock(7.5) });
  const url = server.addresses[0]?.url ?? "";
  const { line } = await check(url, { ...quick, warning: { offset: "5" } });
  assertMatch(
    line,
    /^TIME WARNING - [78] second time difference\|time=\d\.\d{6}s;;; offset=[78]\.0{6}s;5;120; /,
  );
  await assertStates(url, [["OK", {}], ["CRITICAL", { critical: { offset: "6" } }]]);
  await using right = await serve("time://127.0.0.1:0");
  const agreed = await check(right.addresses[0]?.url ?? "", { ...quick, warning: { offset: "0" } });
  assertMatch(agreed.line, /^TIME OK - 0 second time difference\|/);
  await assertRejects(() => check(url, { warning: { stratum: "5" } }), RangeError, "tells none");
});

Deno.test("check says what it is if no offset can be told", async () => {
  await using silent = scriptedServer(() => {}, "ntp");
  await using lost = saying({ leap: 3 });
  await using limiting = saying({ leap: 3, stratum: 0, referenceId: 0x52415445 });
  const refused = `ntp://127.0.0.1:${freePort()}`;
  const brief = { timeout: 0.1 };
  await assertStates(silent.url, [
    ["CRITICAL", brief],
    ["UNKNOWN", { ...brief, noOffset: "UNKNOWN" }],
  ]);
  await assertStates(refused, [["CRITICAL", {}], ["WARNING", { noOffset: "WARNING" }]]);
  await assertStates(lost.url, [
    ["CRITICAL", {}],
    ["WARNING", { unsynchronized: "WARNING" }],
    ["UNKNOWN", { noOffset: "UNKNOWN" }],
  ]);
  await assertStates(limiting.url, [["UNKNOWN", {}]]);
  await assertStates("ntp://nosuch.invalid", [["UNKNOWN", { interval: 1 }]]);
  const { line } = await check(silent.url, brief);
  assertMatch(line, /^NTP CRITICAL: No response from NTP server: /);
});

Deno.test("check does not pass over a jitter that is asked for and not known", async () => {
  await using server = scriptedServer((socket, from, count, octets) => {
    if (count === 1) return socket.send(ntpReply(octets), from);
    return socket.send(ntpReply(octets, { leap: 3 }), from);
  }, "ntp");
  const { state, line } = await check(server.url, {
    ...quick,
    count: 3,
    warning: { jitter: "0.5" },
  });
  assertEquals(state, "UNKNOWN");
  assertMatch(line, /, jitter unknown with 1 usable reply of 3 \(UNKNOWN\)\|.* jitter=U;0\.5;; /);
  const alone = { count: 1, critical: { jitter: "1" } };
  await assertRejects(() => check(server.url, alone), RangeError, "takes two samples");
});

Deno.test("check tells of lost requests, and judges them", async () => {
  await using server = scriptedServer((socket, from, count, octets) => {
    if (count % 5 === 1) return socket.send(ntpReply(octets), from);
    if (count % 5 === 2) return socket.send(new Uint8Array(9), from);
    return socket.send(new Uint8Array(1), from);
  }, "ntp");
  const brief = { interval: 0.01, count: 2, timeout: 3 };
  const { state, line } = await check(server.url, { ...brief, critical: { loss: "40" } });
  assertEquals(state, "CRITICAL");
  assertMatch(line, /, loss=50% \(CRITICAL\)\|.* loss=50%;;40;$/);
});

Deno.test("check says why there is no offset, and how much was lost", async () => {
  await using garbage = scriptedServer(
    (socket, from) => socket.send(new Uint8Array(9), from),
    "ntp",
  );
  const options = {
    ...quick,
    timeout: 0.2,
    noOffset: "UNKNOWN",
    warning: { loss: "@100" },
  } as const;
  const { state, line } = await check(garbage.url, options);
  assertEquals(state, "WARNING");
  assertMatch(
    line,
    /: Offset unknown: .*not an NTP packet \(9 octets\), loss=100% .*\|loss=100%;@100;;$/,
  );
});

Deno.test("check says that a server has cut it short", async () => {
  await using server = scriptedServer((socket, from, count, octets) => {
    const kiss = { stratum: 0, leap: 3, referenceId: 0x44454e59 };
    return socket.send(ntpReply(octets, count === 1 ? {} : kiss), from);
  }, "ntp");
  const { state, line } = await check(server.url, quick);
  assertEquals(state, "OK");
  assertMatch(
    line,
    /^NTP OK: Offset \S+ secs, ended early: The server 127\.0\.0\.1 denies [^|]*\|/,
  );
});

Deno.test("check refuses a critical range within the warning's, if both were given", async () => {
  await using server = await serve("ntp://127.0.0.1:0");
  const url = server.addresses[0]?.url ?? "";
  for (
    const [warning, critical] of [["10", "5"], ["-10:10", "5"], ["1:", "2:3"]] as const
  ) {
    for (const name of ["offset", "jitter", "loss"] as const) {
      if (name !== "offset" && warning.startsWith("-")) continue;
      const options = { warning: { [name]: warning }, critical: { [name]: critical } };
      await assertRejects(() => check(url, options), RangeError, "within its warning range");
    }
  }
  await assertStates(url, [
    ["OK", { critical: { offset: "5" } }],
    ["OK", { warning: { offset: "5" }, critical: { offset: "5" } }],
    ["OK", { warning: { offset: "5" }, critical: { offset: "@6:7" } }],
    ["OK", { warning: { offset: "5" }, critical: { offset: "-10:20" } }],
  ]);
});

Deno.test("check refuses ranges that it cannot read, before it asks", async () => {
  await using server = scriptedServer(() => {}, "ntp");
  for (const offset of ["", "20:10", "1s"]) {
    await assertRejects(() => check(server.url, { warning: { offset } }), SyntaxError);
    await assertRejects(() => check(server.url, { critical: { jitter: offset } }), SyntaxError);
  }
  assertEquals(server.requests.length, 0);
});
