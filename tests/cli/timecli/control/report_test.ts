import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatAnswer } from "../../../../src/cli/timecli/control/report.ts";
import { isAnswer } from "../../../../src/client/control_answers.ts";
import { CONTROL_ACTIONS, samples, variants } from "../../../client/control_samples.ts";

const lines = (text: string): string[] => text.split("\n");

Deno.test("formatAnswer shows a clock, its listeners and their faults", () => {
  const clock = [
    "Time         2038-01-19T03:14:00Z",
    "Offset       +1.500 s from the system clock",
    "Rate         2",
    "Leap second  insert announced",
    "Next leap    insert at the end of 2038-06-30",
    "Smear        linear over 1 d 0 h 0 min, +250.0 ms by now",
    "Step         +60.00 s at 2026-11-28T13:00:00Z",
    "Step         -60.00 s at 2038-01-20T00:00:00Z of served time",
    "Noise        1.000 ms",
    "Warning      The list of leap seconds expired",
  ];
  assertEquals(lines(formatAnswer("set", samples.set)), clock);
  assertEquals(lines(formatAnswer("step", samples.step)), clock);
  const state = [
    "Version      timesrv 1.0.0, started 2026-11-28T11:00:00.000Z",
    ...clock,
    "Upstreams    synchronised, root distance 12.30 ms",
    "  Upstream   ntp://a.example (192.0.2.1): * selected, +12.00 µs ± 3.000 ms",
    "  Upstream   ntp://[2001:db8::1]: x falseticker, -80.00 ms ± 4.000 ms",
    "  Upstream   ntp://c.example: ? silent",
    "Transport    datagram",
    "Requests     12 received, 9 answered, 0 refused, 0 errors",
    "NTS          127.0.0.1:4460, [::1]:4460; the certificate ends 2027-02-26T11:00:00Z",
    "  Keys       2 key exchanges, 3 failed, 1 timed out",
    "Listener     ntp://127.0.0.1:123",
    "  Requests   8 received, 4 answered, 1 KoD, 3 refused (3 denied), 0 errors",
    "  Time       2038-01-19T03:14:00Z",
    "  Offset     +1.500 s from the system clock",
    "  Rate       2",
    "  Faults     drop=0.5",
    "Listener     time://127.0.0.1:37",
    "  Requests   0 received, 0 answered, 0 refused, 0 errors",
  ];
  for (const action of ["state", "scenario", "reset"] as const) {
    assertEquals(lines(formatAnswer(action, samples[action])), state);
  }
  const idle = { ...samples.state, answering: false, listeners: [] };
  const stopped = { ...idle, clock: { ...samples.state.clock, rate: 0 } };
  assertMatch(formatAnswer("state", stopped), /^Rate {9}0, stopped$/m);
  assertMatch(formatAnswer("state", stopped), /^Transport {4}datagram, not answering$/m);
});

Deno.test("formatAnswer shows upstream servers with the marks of chronyc", () => {
  assertEquals(lines(formatAnswer("sources", samples.sources)), [
    "STATE          UPSTREAM                     STRATUM  POLL    REACH  LAST       " +
    "OFFSET                DELAY     JITTER",
    "* selected     ntp://a.example (192.0.2.1)  1        64 s    377    12 s       " +
    "+12.00 µs ± 3.000 ms  4.000 ms  9.000 µs",
    "x falseticker  ntp://[2001:db8::1]          2        1024 s  013    1 h 6 min  " +
    "-80.00 ms ± 4.000 ms  5.000 ms  100.0 µs",
    "? silent       ntp://c.example              -        1 s     000    -          " +
    "-                     -         -",
    "Served time: synchronised, root distance 12.30 ms",
  ]);
  const stateless = {
    schema: 1,
    upstreams: [],
    discipline: { state: "unsynchronized", rootDistance: null },
  };
  assertMatch(formatAnswer("sources", stateless), /^Served time: not synchronised$/m);
});

Deno.test("formatAnswer shows faults, and clients as a table", () => {
  assertEquals(
    formatAnswer("faults", samples.faults),
    "Faults  drop=0.5 kiss=RATE",
  );
  const several = { delay: [{ time: "50ms", every: 3 }, { time: "1s" }], kiss: { code: "DENY" } };
  assertEquals(
    formatAnswer("faults", { schema: 1, faults: several }),
    "Faults  delay=50ms,every=3 delay=1s kiss=DENY",
  );
  // A later version may have others.
  const later = { schema: 1, faults: { "wobble": { by: 1 } } };
  assertEquals(formatAnswer("faults", later), 'Faults  {"wobble":{"by":1}}');
  assertEquals(formatAnswer("faults", { schema: 1, faults: {} }), "Faults  none");
  const table = [
    "CLIENT       PROTOCOL     RATE  REQUESTS  ANSWERED  KOD  DENIED  LIMITED  REFUSED  INTERVAL" +
    "          FIRST      LAST",
    "192.0.2.1    NTP v4          -     1,212     1,200    1       2        3        6   321.8 s  1 h 0 min ago" +
    "  30 s ago",
    "2001:db8::1  text      1,500/s         1         1    0       0        0        0         -  1 h 0 min ago" +
    "  30 s ago",
  ];
  const rest = "2 of 4 clients; 2 earlier clients with 4 requests made room for others";
  assertEquals(lines(formatAnswer("clients", samples.clients)), [...table, rest]);
  const all = { ...samples.clients, total: 2, dropped: 0, unlisted: 0 };
  assertEquals(lines(formatAnswer("clients", all)), [...table, "2 clients"]);
  assertEquals(formatAnswer("clients", { ...all, clients: [], total: 0 }), "0 clients");
  assertEquals(
    formatAnswer("clients", { ...all, clients: [], total: 0, capacity: 0 }),
    "Clients are not counted: the server runs with --max-clients 0",
  );
});

Deno.test("formatAnswer shows the access rules, and the verdict on an address", () => {
  const shown = (change: object): string[] =>
    lines(formatAnswer("access", { schema: 1, access: { ...samples.access.access, ...change } }));
  assertEquals(shown({}), [
    "Allowed     all that no rule denies",
    "Denied      192.0.2.0/24",
    "Denied get  a KoD DENY, or nothing",
    "Rate limit  16/s,128; none for this machine",
    "KoD RATE    0.5 of the requests beyond it",
    "One client  an IPv4 /32, an IPv6 /64",
  ]);
  const other = {
    allow: ["all", "::1"],
    deny: [],
    denyAction: "drop",
    rateLimit: "off",
    rateKod: 0,
  };
  assertEquals(shown(other).slice(0, 4), [
    "Allowed     all, ::1",
    "Denied      none",
    "Denied get  nothing",
    "Rate limit  off",
  ]);
  assertEquals(shown({ limitsThisMachine: true })[3], "Rate limit  16/s,128");
  assertEquals(
    formatAnswer("checkAccess", samples.checkAccess),
    "192.0.2.7: KoD DENY: denied by 192.0.2.0/24",
  );
  const { check } = samples.checkAccess;
  const verdict = (change: object): string =>
    formatAnswer("checkAccess", { schema: 1, check: { ...check, ...change } });
  assertEquals(verdict({ kod: false }), "192.0.2.7: no reply: denied by 192.0.2.0/24");
  assertEquals(verdict({ answered: true, reason: "why" }), "192.0.2.7: answered: why");
});

Deno.test("formatAnswer shows exchanges, each with its findings", () => {
  assertEquals(lines(formatAnswer("exchanges", samples.exchanges)), [
    "TIME                         CLIENT              REQUEST         OUTCOME",
    "2026-11-28T12:00:00.000001Z  [2001:db8::1]:1000  NTP v4 client   KoD RATE (kiss)",
    "  violation: asked again after 1 s (RFC 4330 §10)",
    "2026-11-28T12:00:01Z         192.0.2.1:1001      text, 5 octets  refused: denied",
    "2 more requests of this server",
    "1 request not recorded: too many",
  ]);
  const none = { schema: 1, exchanges: [], requests: 0, dropped: 0 };
  assertEquals(formatAnswer("exchanges", none), "TIME  CLIENT  REQUEST  OUTCOME");
});

Deno.test("formatAnswer prints readable lines of any answer that control accepts", () => {
  const values = [
    null,
    [],
    {},
    undefined,
    1e308,
    -1e308,
    -0,
    1e-300,
    "",
    `\x9b\n\u202e${" ".repeat(1e5)}x`,
  ];
  for (const action of CONTROL_ACTIONS) {
    let accepted = 0;
    for (const [path, other, answer] of variants(samples[action], () => values)) {
      if (!isAnswer(action, answer)) continue;
      accepted++;
      const what = `${action}${path}: ${String(other).slice(0, 20)}`;
      for (const line of lines(formatAnswer(action, answer))) {
        assertMatch(line, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, what);
        assert(!/NaN|undefined|\[object|Infinity/.test(line), `${what}: ${line}`);
        assert(line.length < 1500, what);
      }
    }
    assert(accepted > 10, action);
  }
});
