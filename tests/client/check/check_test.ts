import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { check, type CheckOptions } from "../../../src/client/check/check.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import type { CheckState } from "../../../src/client/check/thresholds.ts";
import { toSeconds } from "../../../src/text/duration.ts";
import { serve } from "../../../src/server/serve.ts";
import type { NtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { FakeNetwork, kissOfDeath } from "../../support/fake_network.ts";
import { ntpReply, scriptedServer } from "../../support/scripted_server.ts";
import { simulatedClock } from "../../support/simulated_clock.ts";

const HOST = "192.0.2.1";
const quick = { interval: "0s" } as const;

/** A network with one NTP server, whose replies have these fields. */
function networkOf(fieldsOf: (count: number) => Partial<NtpPacket> | undefined): FakeNetwork {
  const network = new FakeNetwork();
  network.serveNtp(HOST, fieldsOf);
  return network;
}

async function assertStates(
  url: string,
  cases: readonly (readonly [CheckState, CheckOptions])[],
  network?: FakeNetwork,
): Promise<void> {
  const codes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
  for (const [expected, options] of cases) {
    const checked = check(url, network ? { network, ...options } : { ...quick, ...options });
    const { state, line, exitCode } = await (network?.run(checked) ?? checked);
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
  const network = new FakeNetwork();
  network.serveNtp(HOST, () => ({ stratum: 10 }), (count) => [count, count]).aheadSeconds = -5;
  const { line, servers: [samples] } = await network.run(check(HOST, {
    network,
    warning: { offset: "-1:", stratum: "5" },
    critical: { jitter: "@3:" },
  }));
  assertMatch(
    line,
    // The last digit of the root distance is of the precision of this machine's clock.
    new RegExp(
      String.raw`^NTP WARNING: Offset -5 secs, stratum=10 \(WARNING\)\|` +
        "offset=-5.000000s;-1:;120; jitter=0.000000s;;@3:;0 " +
        String
          .raw`root_distance=0\.00262\ds;;;0 stratum=10;5;;0;16 delay=0\.002000s;;;0 loss=0%;;;0;100$`,
    ),
  );
  assertEquals(samples?.exchanges.length, 5);
});

Deno.test("check evaluates stratum, jitter, root distance and leap seconds", async () => {
  const fields = { stratum: 4, rootDelay: 0.5, rootDispersion: 0.25, leap: 1 };
  await assertStates(HOST, [
    ["OK", {}],
    ["WARNING", { warning: { stratum: "3" } }],
    ["CRITICAL", { critical: { stratum: "@4" }, warning: { stratum: "3" } }],
    ["WARNING", { warning: { rootDistance: "0.4" } }],
    ["OK", { warning: { rootDistance: "3" } }],
    ["CRITICAL", { critical: { jitter: "@0:60" } }],
    ["WARNING", { leap: "WARNING" }],
    ["CRITICAL", { leap: "WARNING", critical: { stratum: "1" } }],
    ["UNKNOWN", { leap: "UNKNOWN" }],
  ], networkOf(() => fields));
  for (
    const [leap, options, state, remark] of [
      [1, {}, "OK", ""],
      [1, { leap: "WARNING" }, "WARNING", ", leap=insert (WARNING)"],
      [2, { leap: "CRITICAL" }, "CRITICAL", ", leap=delete (CRITICAL)"],
      [0, { leap: "CRITICAL" }, "OK", ""],
    ] as const
  ) {
    const network = networkOf(() => ({ leap }));
    const { line } = await network.run(check(HOST, { network, ...options }));
    assertEquals(line.split("|")[0], `NTP ${state}: Offset 0 secs${remark}`);
  }
});

Deno.test("check raises no alarm for late packets, as long as they are fewer than half", async () => {
  const network = new FakeNetwork();
  const isLate = (count: number): boolean => count === 2 || count === 4;
  network.serveNtp(HOST, () => ({}), (count) => [1, isLate(count) ? 801 : 1]);
  const { state, servers: [samples] } = await network.run(check(HOST, {
    ...{ network, count: 5 },
    warning: { offset: "0.25" },
    critical: { offset: "0.3" },
  }));
  const offsets = samples?.exchanges.map(({ reply }) => reply && toSeconds(reply.offset));
  // The late ones would have raised it.
  assertEquals(offsets, [0, -0.4, 0, -0.4, 0]);
  assertEquals(state, "OK");
});

Deno.test("check sends five requests in ten seconds, the last with its time to reply", async () => {
  const network = new FakeNetwork();
  network.serveNtp(HOST, (count) => count === 5 ? {} : undefined, () => [1, 1898]);
  const { servers: [samples] } = await network.run(check(HOST, { network, count: 5 }));
  const starts = samples?.exchanges.map(({ startedAfter }) => toSeconds(startedAfter));
  assertEquals([starts, samples?.loss], [[0, 2, 4, 6, 8], 0.8]);
  const replying = networkOf(() => ({}));
  const slow = await replying.run(check(HOST, { network: replying, interval: "5s", count: 5 }));
  assertEquals(slow.servers[0]?.exchanges.length, 2);
});

Deno.test("check speaks as check_time of a Time server", async () => {
  // What the server says is a whole second that has begun, so that the difference is taken up.
  for (
    const [phase, aheadSeconds, difference, state] of [
      ["0.6", 7.5, 8, "WARNING"],
      ["0.2", 7.5, 7, "WARNING"],
      ["0.9", 7.5, 8, "WARNING"],
      ["0.6", -7.5, -7, "WARNING"],
      ["0.6", 0, 0, "OK"],
      ["0.0", 0, 0, "OK"],
      ["0.2", 121, 121, "CRITICAL"],
    ] as const
  ) {
    const network = new FakeNetwork(`2026-01-01T00:00:0${phase}Z`);
    network.serve(`time://${HOST}`, () => {
      const seconds = Math.floor(network.timers.now().epochMilliseconds / 1000 + aheadSeconds);
      const octets = new Uint8Array(4);
      new DataView(octets.buffer).setUint32(0, seconds + 2_208_988_800);
      return octets;
    });
    const options = { network, warning: { offset: "5" }, count: 5 };
    const { line } = await network.run(check(`time://${HOST}`, options));
    // Half the round trip, 1.01 s for a whole second and a tick, and 15 ppm of 8.002 s.
    assertEquals(
      line,
      `TIME ${state} - ${difference} second time difference|time=0.002000s;;;0 ` +
        `offset=${difference}.000000s;5;120; jitter=0.000000s;;;0 root_distance=1.011120s;;;0 ` +
        "loss=0%;;;0;100",
    );
  }
  const wrong = { warning: { stratum: "5" } };
  await assertRejects(() => check(`time://${HOST}`, wrong), RangeError, "has none");
});

Deno.test("check reports a state if there is no offset", async () => {
  const silent = networkOf(() => undefined);
  await assertStates(HOST, [
    ["CRITICAL", { unsynchronized: "OK" }],
    ["UNKNOWN", { noOffset: "UNKNOWN" }],
  ], silent);
  const { line, servers: [samples] } = await silent.run(check(HOST, { network: silent }));
  assertEquals(
    line,
    "NTP CRITICAL: No reply from 192.0.2.1:123 within 1.9 s|loss=100%;;;0;100",
  );
  assertEquals(samples?.exchanges.length, 3);
  // Nothing was sent, and so nothing lost.
  const brief = await silent.run(check(HOST, { network: silent, timeout: "0s" }));
  assertEquals(
    brief.line,
    "NTP CRITICAL: No reply from ntp://192.0.2.1:123 within 0 s",
  );
  await assertStates(HOST, [
    ["CRITICAL", {}],
    ["WARNING", { unsynchronized: "WARNING" }],
    ["UNKNOWN", { noOffset: "UNKNOWN" }],
  ], networkOf(() => ({ leap: 3 })));
  const limiting = networkOf(() => kissOfDeath("RATE"));
  await assertStates(HOST, [["UNKNOWN", {}]], limiting);
  await assertStates("127.0.0.1", [
    ["CRITICAL", {}],
    ["WARNING", { noOffset: "WARNING" }],
  ], limiting);
  await assertStates("nosuch.invalid", [
    ["UNKNOWN", {}],
    // No request was sent, and so none was lost.
    ["UNKNOWN", { critical: { loss: "50" } }],
    ["UNKNOWN", { noOffset: "OK", warning: { loss: "0" } }],
  ], limiting);
});

Deno.test("check is UNKNOWN where no name server answers, in time or at all", async () => {
  const network = new FakeNetwork();
  network.resolve = () => new Promise(() => {});
  const late = await network.run(check("time.example", { network, timeout: "1s" }));
  network.resolve = () => {
    throw new QueryError("no_name_server", "No name server answered for time.example");
  };
  const never = await network.run(check("time.example", { network, noOffset: "OK" }));
  assertEquals([late.exitCode, never.exitCode, network.timers.monotonicMs()], [3, 3, 1000]);
  assertEquals(late.line, "NTP UNKNOWN: No name server answered for time.example in time");
  assertEquals(never.line, "NTP UNKNOWN: No name server answered for time.example");
});

Deno.test("check does not pass over a jitter that has a threshold and is not known", async () => {
  const network = networkOf((count) => count === 1 ? {} : { leap: 3 });
  const options = { count: 3, warning: { jitter: "0.5" }, network };
  const { state, line } = await network.run(check(HOST, options));
  assertEquals(state, "UNKNOWN");
  assertMatch(line, /, jitter unknown with 1 usable reply of 3 \(UNKNOWN\)\|.* jitter=U;0\.5;;0 /);
  const alone = { count: 1, critical: { jitter: "1" } };
  await assertRejects(() => check(HOST, alone), RangeError, "needs two samples");
});

Deno.test("check reports lost requests, and evaluates them", async () => {
  const network = new FakeNetwork();
  network.serve(
    HOST,
    ({ octets, count }) =>
      count === 1 ? ntpReply(octets, {}, network.timers.now()) : new Uint8Array(9),
  );
  const options = { count: 2, network, critical: { loss: "40" } };
  const { state, line } = await network.run(check(HOST, options));
  assertEquals(state, "CRITICAL");
  assertMatch(line, /, loss=50% \(CRITICAL\)\|.* loss=50%;;40;0;100$/);
});

Deno.test("check reports why there is no offset, and how much was lost", async () => {
  const network = new FakeNetwork();
  network.serve(HOST, () => new Uint8Array(9));
  const options = { network, noOffset: "UNKNOWN", warning: { loss: "@100" } } as const;
  const { state, line } = await network.run(check(HOST, options));
  assertEquals(state, "WARNING");
  assertMatch(
    line,
    /: Offset unknown: .*not an NTP packet \(9 octets\), loss=100% .*\|loss=100%;@100;;0;100$/,
  );
});

Deno.test("check has no bar before the performance data", async () => {
  const network = new FakeNetwork();
  network.serve(`time://${HOST}`, () => new TextEncoder().encode("|time|"));
  const { line } = await network.run(check(`time://${HOST}`, { network, count: 1 }));
  assertEquals(
    line,
    "TIME CRITICAL - Offset unknown: The reply from 192.0.2.1:37 is not a time of RFC 868, which " +
      'has 4 octets: "/time/" (6 octets)|loss=100%;;;0;100',
  );
});

Deno.test("check reports that a server has cut it short", async () => {
  const network = networkOf((count) => count === 1 ? {} : kissOfDeath("DENY"));
  const { state, line } = await network.run(check(HOST, { network, count: 5 }));
  assertEquals(state, "OK");
  assertMatch(
    line,
    /^NTP OK: Offset \S+ secs, ended early: The server 192\.0\.2\.1:123 denies [^|]*\|/,
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

Deno.test("check refuses ranges that it cannot read before it sends a request", async () => {
  await using server = scriptedServer(() => {}, "ntp");
  for (const offset of ["", "20:10", "1x", "5%"]) {
    await assertRejects(() => check(server.url, { warning: { offset } }), SyntaxError);
    await assertRejects(() => check(server.url, { critical: { jitter: offset } }), SyntaxError);
  }
  assertEquals(server.requests.length, 0);
});

Deno.test("check ends early where more requests would not change the result", async () => {
  // The delay of a reply is 0.2 s, so that its error bound is 0.1 s and twice that is kept away.
  const far = { offset: "0.21" };
  for (
    const [options, requests, state] of [
      [{}, 1, "OK"],
      [{ warning: far }, 1, "OK"],
      [{ warning: { offset: "0.2" } }, 5, "OK"],
      [{ warning: { offset: "-300ms:0.21" } }, 1, "OK"],
      [{ critical: { offset: "@0.15:1" } }, 5, "OK"],
      [{ critical: { offset: "@0.3:1" } }, 1, "OK"],
      [{ warning: { stratum: "1" } }, 5, "WARNING"],
      [{ warning: { ...far, loss: "50%" } }, 5, "OK"],
      [{ warning: { ...far, jitter: "1ms" } }, 5, "OK"],
      [{ warning: far, count: 2 }, 2, "OK"],
    ] as const
  ) {
    const network = new FakeNetwork();
    network.serveNtp(HOST, () => ({ stratum: 2 }), () => [100, 100]);
    const checked = await network.run(check(HOST, { network, ...options }));
    const { exchanges } = checked.servers[0] ?? { exchanges: [] };
    assertEquals([exchanges.length, checked.state], [requests, state], JSON.stringify(options));
  }
});
