import { assert, assertEquals } from "@std/assert";
// Loaded first, because simulated time would pass meanwhile.
import "../../../src/client/nts/session.ts";
import { runTimecli } from "../../support/command_line.ts";
import { isDocumented } from "../../support/documented.ts";
import { checkSessions, type Session, simulatedServers } from "../../support/simulated_servers.ts";

const sessions: readonly Session[] = [
  [
    "check 192.0.2.1",
    0,
    `
NTP OK: Offset 0 secs|offset=0.000000s;60;120; root_distance=0.011002s;;;0 stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check -w 100ms -c 1s 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.9 --quorum 2",
    1,
    `
NTP WARNING: Offset -0.000355413 secs, 2 of 4 servers agree, 192.0.2.3:123 is wrong: +12.50 s from the other two (WARNING), 1 of 4 did not answer: 192.0.2.9:123|offset=-0.000355s;0.1;1; agreeing=2;;2:;0;4 falsetickers=1;0;;0;4 failed=1;;;0;4 '192.0.2.1:123 offset'=0.000000s '192.0.2.2:123 offset'=-0.002000s '192.0.2.3:123 offset'=12.500000s
`,
  ],
  [
    "check -n 5 192.0.2.1",
    0,
    `
NTP OK: Offset 0 secs|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.011122s;;;0 stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check -n 5 -v 192.0.2.1",
    0,
    `
NTP OK: Offset 0 secs|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.011122s;;;0 stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
Server         ntp://192.0.2.1:123
Replies        5 of 5 in 8.000 s
Offset         +0 s ± 11.12 ms: within the error bound
Jitter         0 s
Delay          22.00 ms to 30.00 ms
Stratum        1
Reference      GPS (reference clock)
Leap second    none
Root distance  11.12 ms
`,
  ],
  [
    "check -v -w 1 -c 20 --leap critical 192.0.2.3",
    2,
    `
NTP CRITICAL: Offset 12.5 secs, leap=insert (CRITICAL)|offset=12.500000s;1;20; jitter=0.000000s;;;0 root_distance=0.005122s;;;0 stratum=2;;;0;16 delay=0.010000s;;;0 loss=0%;;;0;100
Server         ntp://192.0.2.3:123
Replies        5 of 5 in 8.000 s
Offset         +12.5000 s ± 5.122 ms: the local clock is behind
Jitter         0 s
Delay          10.00 ms to 10.00 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    insert
Root distance  5.122 ms
`,
  ],
  [
    "check -w 12 -c 12.5: 192.0.2.3",
    1,
    `
NTP WARNING: Offset 12.5 secs|offset=12.500000s;12;12.5:; jitter=0.000000s;;;0 root_distance=0.005122s;;;0 stratum=2;;;0;16 delay=0.010000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check -w 10 -c 12 192.0.2.3",
    2,
    `
NTP CRITICAL: Offset 12.5 secs|offset=12.500000s;10;12; jitter=0.000000s;;;0 root_distance=0.005122s;;;0 stratum=2;;;0;16 delay=0.010000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check -v 192.0.2.4",
    3,
    `
NTP UNKNOWN: Offset unknown: The server 192.0.2.4:123 denies service (KoD DENY)|loss=0%;;;0;100
The server 192.0.2.4:123 denies service (KoD DENY)
`,
  ],
  [
    "check -n 5 -v 192.0.2.5",
    0,
    `
NTP OK: Offset 0 secs, ended early: The server 192.0.2.5:123 denies service (KoD DENY)|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.002561s;;;0 stratum=2;;;0;16 delay=0.002000s;;;0 loss=0%;;;0;100
Server         ntp://192.0.2.5:123
Replies        3 of 3 in 4.000 s
Offset         +0 s ± 1.061 ms: within the error bound
Jitter         0 s
Delay          2.000 ms to 2.000 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    none
Root distance  2.561 ms
The server 192.0.2.5:123 denies service (KoD DENY)
`,
  ],
  [
    "check -n 5 time://192.0.2.6",
    0,
    `
TIME OK - 0 second time difference|time=0.002000s;;;0 offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=1.011120s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check -s 1 time://192.0.2.6",
    0,
    `
TIME OK - 0 second time difference|time=0.002000s;;;0 offset=0.000000s;60;120; root_distance=1.011000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check 192.0.2.7",
    2,
    `
NTP CRITICAL: Offset unknown: The server 192.0.2.7:123 is not synchronised (leap 3)|loss=0%;;;0;100
`,
  ],
  [
    "check --unsynchronized warning 192.0.2.7",
    1,
    `
NTP WARNING: Offset unknown: The server 192.0.2.7:123 is not synchronised (leap 3)|loss=0%;;;0;100
`,
  ],
  [
    "check -q 192.0.2.7",
    3,
    `
NTP UNKNOWN: Offset unknown: The server 192.0.2.7:123 is not synchronised (leap 3)|loss=0%;;;0;100
`,
  ],
  [
    "check -q 192.0.2.9",
    3,
    `
NTP UNKNOWN: No reply from 192.0.2.9:123 within 1.9 s|loss=100%;;;0;100
`,
  ],
  [
    "check -t 3s 192.0.2.9",
    2,
    `
NTP CRITICAL: No reply from 192.0.2.9:123 within 1.9 s|loss=100%;;;0;100
`,
  ],
  [
    "check -n 5 -H 192.0.2.1 -p 123",
    0,
    `
NTP OK: Offset 0 secs|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.011122s;;;0 stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check -H 192.0.2.1:123 -t 1s",
    0,
    `
NTP OK: Offset 0 secs|offset=0.000000s;60;120; root_distance=0.011002s;;;0 stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check -p 124 192.0.2.1",
    2,
    `
NTP CRITICAL: No reply from 192.0.2.1:124 within 1.9 s|loss=100%;;;0;100
`,
  ],
  [
    "check --loss-warning 5 192.0.2.2",
    1,
    `
NTP WARNING: Offset -0.0035 secs, loss=20% (WARNING)|offset=-0.003500s;60;120; jitter=0.003109s;;;0 root_distance=0.020123s;;;0 stratum=2;;;0;16 delay=0.040000s;;;0 loss=20%;5;;0;100
`,
  ],
  [
    "check --loss-critical 15 192.0.2.2",
    2,
    `
NTP CRITICAL: Offset -0.0035 secs, loss=20% (CRITICAL)|offset=-0.003500s;60;120; jitter=0.003109s;;;0 root_distance=0.020123s;;;0 stratum=2;;;0;16 delay=0.040000s;;;0 loss=20%;;15;0;100
`,
  ],
  [
    "check --jitter-warning 1e-3 192.0.2.2",
    1,
    `
NTP WARNING: Offset -0.0035 secs, jitter=0.003109126 (WARNING)|offset=-0.003500s;60;120; jitter=0.003109s;0.001;;0 root_distance=0.020123s;;;0 stratum=2;;;0;16 delay=0.040000s;;;0 loss=20%;;;0;100
`,
  ],
  [
    "check --jitter-critical 0.003 192.0.2.2",
    2,
    `
NTP CRITICAL: Offset -0.0035 secs, jitter=0.003109126 (CRITICAL)|offset=-0.003500s;60;120; jitter=0.003109s;;0.003;0 root_distance=0.020123s;;;0 stratum=2;;;0;16 delay=0.040000s;;;0 loss=20%;;;0;100
`,
  ],
  [
    "check --stratum-warning 2: 192.0.2.1",
    1,
    `
NTP WARNING: Offset 0 secs, stratum=1 (WARNING)|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.011122s;;;0 stratum=1;2:;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check --stratum-critical 2:4 192.0.2.1",
    2,
    `
NTP CRITICAL: Offset 0 secs, stratum=1 (CRITICAL)|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.011122s;;;0 stratum=1;;2:4;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check --distance-warning 0.01 192.0.2.1",
    1,
    `
NTP WARNING: Offset 0 secs, root_distance=0.011122211 (WARNING)|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.011122s;0.01;;0 stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check --distance-critical 0.01 192.0.2.1",
    2,
    `
NTP CRITICAL: Offset 0 secs, root_distance=0.011122211 (CRITICAL)|offset=0.000000s;60;120; jitter=0.000000s;;;0 root_distance=0.011122s;;0.01;0 stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100
`,
  ],
  [
    "check a.invalid",
    3,
    `
NTP UNKNOWN: Unknown host a.invalid
`,
  ],
];

Deno.test("timecli check prints a line of a monitoring plugin, and ends with its code", () =>
  checkSessions(sessions));

Deno.test("timecli check --json has the line, the exit code and all servers", async () => {
  const run = async (args: string) => {
    const { code, stdout, stderr } = await runTimecli(args.split(" "), {
      network: simulatedServers(),
    });
    const json = JSON.parse(stdout);
    assert(isDocumented(json, "check"), stdout);
    assertEquals([json.exit_code, stderr], [code, ""]);
    return json;
  };
  const { servers: [one], ...ok } = await run("check --json 192.0.2.1");
  assertEquals(ok, {
    ...{ schema: 1, state: "OK", exit_code: 0 },
    line: "NTP OK: Offset 0 secs|offset=0.000000s;60;120; root_distance=0.011002s;;;0 " +
      "stratum=1;;;0;16 delay=0.022000s;;;0 loss=0%;;;0;100",
  });
  assertEquals([one.url, one.verdict, one.requests], ["ntp://192.0.2.1:123", "alone", 1]);

  const wrong = await run(
    "check -j -w 100ms -c 1s 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.9 --quorum 2",
  );
  assertEquals(wrong.state, "WARNING");
  assertEquals(
    wrong.servers.map(({ verdict }: Record<string, unknown>) => verdict),
    ["agrees", "agrees", "falseticker", "failed"],
  );

  const { line, ...unknown } = await run("check -j -w 2 -c 1 192.0.2.1");
  assertEquals(unknown, { schema: 1, state: "UNKNOWN", exit_code: 3, servers: [] });
  assert(line.startsWith("UNKNOWN: "), line);

  const { stdout } = await runTimecli(["check", "-j", "ü ü"], { env: { LC_ALL: "C" } });
  assert(JSON.parse(stdout).line.startsWith('UNKNOWN: Cannot read "ü ü"'), stdout);
});

Deno.test("timecli check gives -p to servers whose URL has no other port than the default", async () => {
  for (
    const [url, line] of [
      ["192.0.2.77", "NTP UNKNOWN: No reply from 192.0.2.77:5000"],
      ["ntp+nts://a.invalid", "NTP UNKNOWN: Unknown host a.invalid"],
      ["192.0.2.77:400", "UNKNOWN: 192.0.2.77:400 has another port than -p 5000"],
      ["ntp+nts://a.invalid:123", "UNKNOWN: ntp+nts://a.invalid:123 has another port than -p 5000"],
    ] as const
  ) {
    const args = ["check", "-q", "-H", url, "-p", "5000"];
    const { code, stdout } = await runTimecli(args, { network: simulatedServers() });
    assertEquals([code, stdout.slice(0, line.length)], [3, line]);
  }
});
