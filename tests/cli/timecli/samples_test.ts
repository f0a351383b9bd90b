import { assertEquals } from "@std/assert";
import { runTimecli } from "../../support/command_line.ts";
import { FakeNetwork } from "../../support/fake_network.ts";
import { checkSessions, type Session } from "../../support/simulated_servers.ts";

const sessions: readonly Session[] = [
  [
    "--count 8 ntp://192.0.2.1",
    0,
    `
Server         ntp://192.0.2.1:123
Replies        8 of 8 in 14.00 s
Offset         +0 s ± 11.21 ms: within the error bound
Jitter         0 s
Delay          22.00 ms to 36.00 ms
Stratum        1
Reference      GPS (reference clock)
Leap second    none
Root distance  11.21 ms
`,
  ],
  [
    "--count 4 ntp://192.0.2.2",
    0,
    `
Server         ntp://192.0.2.2:123
Replies        3 of 4 in 7.000 s
Offset         -1.000 ms ± 20.11 ms: within the error bound
Jitter         2.550 ms
Delay          40.00 ms to 40.00 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    none
Root distance  20.11 ms
`,
    `
timecli: ntp://192.0.2.2:123: version 3 in the reply, asked with 4
`,
  ],
  [
    "--count 1 ntp://192.0.2.3",
    0,
    `
Server         ntp://192.0.2.3:123
Replies        1 of 1 in 0 s
Offset         +12.5000 s ± 5.002 ms: the local clock is behind
Delay          10.00 ms to 10.00 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    insert
Root distance  5.002 ms
`,
  ],
  [
    "--count 2 time://192.0.2.6",
    0,
    `
Server   time://192.0.2.6:37
Replies  2 of 2 in 2.000 s
Offset   -1.000 ms ± 1.011 s: within the error bound
Jitter   0 s
Delay    2.000 ms to 2.000 ms
`,
  ],
  [
    "--count 4 ntp://192.0.2.1 time://192.0.2.6 ntp://192.0.2.4 ntp://192.0.2.5",
    8,
    `
SERVER               OFFSET     BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP  REPLIES
ntp://192.0.2.1:123  +0 s       11.09 ms  22.00 ms  0 s     1        GPS        none  4/4
time://192.0.2.6:37  -1.000 ms  1.011 s   2.000 ms  0 s                               4/4
ntp://192.0.2.4:123  The server 192.0.2.4:123 denies service (KoD DENY)
ntp://192.0.2.5:123  +0 s       1.061 ms  2.000 ms  0 s     2        192.0.2.1  none  3/3
`,
    `
timecli: ntp://192.0.2.5:123: ended early: The server 192.0.2.5:123 denies service (KoD DENY)
`,
  ],
  [
    "--count 1 several.example ntp://192.0.2.5",
    0,
    `
SERVER                                     OFFSET  BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP  REPLIES
ntp://several.example:123 (192.0.2.1:123)  +0 s    11.00 ms  22.00 ms          1        GPS        none  1/1
ntp://192.0.2.5:123                        +0 s    1.001 ms  2.000 ms          2        192.0.2.1  none  1/1
`,
    `
timecli: ntp://several.example:123: 192.0.2.1 was queried; give its other addresses to query them: 192.0.2.2, 192.0.2.5
`,
  ],
  [
    "--count 2 ntp://192.0.2.5",
    0,
    `
Server         ntp://192.0.2.5:123
Replies        2 of 2 in 2.000 s
Offset         +0 s ± 1.031 ms: within the error bound
Jitter         0 s
Delay          2.000 ms to 2.000 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    none
Root distance  2.531 ms
`,
  ],
  [
    "--count 2 ntp://127.0.0.1",
    4,
    "",
    `
timecli: Nothing listens on udp 127.0.0.1:123; a server starts there with: deno task serve ntp://127.0.0.1:123 (without a URL it serves ntp://127.0.0.1:8888)
`,
  ],
  [
    "--count 4 ntp://192.0.2.5",
    0,
    `
Server         ntp://192.0.2.5:123
Replies        3 of 3 in 4.000 s
Offset         +0 s ± 1.061 ms: within the error bound
Jitter         0 s
Delay          2.000 ms to 2.000 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    none
Root distance  2.561 ms
`,
    `
timecli: ntp://192.0.2.5:123: ended early: The server 192.0.2.5:123 denies service (KoD DENY)
`,
  ],
  [
    "--count 2",
    4,
    "",
    `
timecli: Nothing listens on udp 127.0.0.1:8888; a server starts there with: deno task serve
`,
  ],
  [
    "--json --count 8 --interval 1m ntp://192.0.2.1",
    0,
    `
{"schema":1,"url":"ntp://192.0.2.1:123","protocol":"ntp","address":"192.0.2.1","port":123,"time":"2026-03-01T12:00:00.022000000Z","received":"2026-03-01T12:00:00.022000000Z","round_trip":0.022,"offset":0,"error_bound":0.017302301,"delay":0.022,"root_distance":0.017302301,"stratum":1,"reference_id":"GPS","leap":"none","median_offset":0,"jitter":0,"min_delay":0.022,"max_delay":0.036,"frequency_ppm":0,"frequency_bound_ppm":69.05650476190476,"requests":8,"loss":0,"exchanges":[{"started_after":0,"offset":0,"error_bound":0.011001761,"delay":0.022},{"started_after":60,"offset":0,"error_bound":0.012001791,"delay":0.024},{"started_after":120,"offset":0,"error_bound":0.013001821,"delay":0.026},{"started_after":180,"offset":0,"error_bound":0.014001851,"delay":0.028},{"started_after":240,"offset":0,"error_bound":0.015001881,"delay":0.03},{"started_after":300,"offset":0,"error_bound":0.016001911,"delay":0.032},{"started_after":360,"offset":0,"error_bound":0.017001941,"delay":0.034},{"started_after":420,"offset":0,"error_bound":0.018001971,"delay":0.036}]}
`,
  ],
  [
    "--count 3 --interval 30s ntp://192.0.2.8",
    0,
    `
Server         ntp://192.0.2.8:123
Replies        3 of 3 in 60.00 s
Offset         +0 s ± 1.901 ms: within the error bound
Jitter         9.487 ms
Delay          2.000 ms to 2.000 ms
Frequency      -200.000 ± 33.382 ppm
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    none
Root distance  3.401 ms
`,
  ],
];

Deno.test("timecli --count prints what all replies say, per server", () => checkSessions(sessions));

Deno.test("timecli --count shows its progress on a terminal", () =>
  checkSessions([
    [
      "--count 3 ntp://192.0.2.1",
      0,
      `
Server         ntp://192.0.2.1:123
Replies        3 of 3 in 4.000 s
Offset         +0 s ± 11.06 ms: within the error bound
Jitter         0 s
Delay          22.00 ms to 26.00 ms
Stratum        1
Reference      GPS (reference clock)
Leap second    none
Root distance  11.06 ms
`,
      "\r\x1b[K1 of 3 requests\r\x1b[K2 of 3 requests\r\x1b[K3 of 3 requests\r\x1b[K",
    ],
    [
      "--count 1 ntp://192.0.2.1 ntp://192.0.2.3",
      0,
      `
SERVER               OFFSET      BOUND     DELAY     JITTER  ST  REPLIES
ntp://192.0.2.1:123  +0 s        11.00 ms  22.00 ms          1   1/1
ntp://192.0.2.3:123  +12.5000 s  5.002 ms  10.00 ms          2   1/1
`,
      "\r\x1b[K1 of 2 requests\r\x1b[K2 of 2 requests\r\x1b[K",
    ],
  ], { columns: 80 }));

Deno.test("timecli --count prints what it has when it is interrupted", async () => {
  await checkSessions([
    [
      "--count 100 --interval 3s ntp://192.0.2.3",
      0,
      `
Server         ntp://192.0.2.3:123
Replies        2 of 2 in 3.000 s
Offset         +12.5000 s ± 5.077 ms: the local clock is behind
Jitter         0 s
Delay          10.00 ms to 10.00 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    insert
Root distance  5.077 ms
`,
    ],
  ], { interruptAfterMs: 5000 });
  await checkSessions([
    ["--count 2 ntp://192.0.2.9", 1, "", "timecli: Stopped before anything was measured\n"],
    ["compare 192.0.2.9", 1, "", "timecli: Stopped before anything was measured\n"],
    ["wait --quiet 192.0.2.9", 1, "", "timecli: Stopped before the clock agreed\n"],
    [
      "--count 2 192.0.2.9 192.0.2.1",
      3,
      `
SERVER               OFFSET  BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP  REPLIES
ntp://192.0.2.9:123  No reply from ntp://192.0.2.9:123 before the end
ntp://192.0.2.1:123  +0 s    11.01 ms  22.00 ms          1        GPS        none  1/1
`,
    ],
    [
      "compare 192.0.2.1 192.0.2.9",
      3,
      `
SERVER               OFFSET  BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s    11.01 ms  22.00 ms          1        GPS        none  1/1      alone
ntp://192.0.2.9:123                                                                0/0      failed

ntp://192.0.2.9:123: No reply from ntp://192.0.2.9:123 before the end

One server sent a time: there is nothing to compare it with.
1 of 2 did not answer: 192.0.2.9:123.
`,
    ],
  ], { interruptAfterMs: 500 });
});

Deno.test("what forbids a measurement is not taken for an interruption", async () => {
  for (const command of ["--count 2", "compare", "wait --quiet", "watch", ""]) {
    const network = new FakeNetwork();
    network.unusable["192.0.2.9"] = new Deno.errors.NotCapable("Requires net access");
    const args = `${command} ntp://192.0.2.9`.trim().split(" ");
    assertEquals(await runTimecli(args, { network }), {
      code: 1,
      stdout: "",
      stderr: "timecli: No permission: Requires net access\n",
    }, command);
  }
});
