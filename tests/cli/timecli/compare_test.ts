import { checkSessions, type Session } from "../../support/simulated_servers.ts";

const sessions: readonly Session[] = [
  [
    "compare 192.0.2.1 192.0.2.2",
    0,
    `
SERVER               OFFSET     BOUND     DELAY     JITTER    STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s       11.09 ms  22.00 ms  0 s       1        GPS        none  4/4      agrees
ntp://192.0.2.2:123  -1.000 ms  20.11 ms  40.00 ms  2.550 ms  2        192.0.2.1  none  3/4      agrees

Both servers agree.
Best estimate  -355.5 µs ± 11.45 ms: within the error bound
`,
    `
timecli: ntp://192.0.2.2:123: version 3 in the reply, asked with 4
`,
  ],
  [
    "compare 192.0.2.1 192.0.2.2 192.0.2.3",
    20,
    `
SERVER               OFFSET      BOUND     DELAY     JITTER    STRATUM  REFERENCE  LEAP    REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s        11.09 ms  22.00 ms  0 s       1        GPS        none    4/4      agrees
ntp://192.0.2.2:123  -1.000 ms   20.11 ms  40.00 ms  2.550 ms  2        192.0.2.1  none    3/4      agrees
ntp://192.0.2.3:123  +12.5000 s  5.092 ms  10.00 ms  0 s       2        192.0.2.1  insert  4/4      falseticker

192.0.2.3:123 is wrong: +12.50 s from the other two.
Best estimate  -355.5 µs ± 11.45 ms: within the error bound
`,
    `
timecli: ntp://192.0.2.2:123: version 3 in the reply, asked with 4
`,
  ],
  [
    "compare 192.0.2.1 192.0.2.3",
    21,
    `
SERVER               OFFSET      BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP    REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s        11.09 ms  22.00 ms  0 s     1        GPS        none    4/4      undecided
ntp://192.0.2.3:123  +12.5000 s  5.092 ms  10.00 ms  0 s     2        192.0.2.1  insert  4/4      undecided

The two servers disagree, and two cannot show which is wrong. Query three or more.
`,
  ],
  [
    "compare 192.0.2.1 a.example 192.0.2.9 192.0.2.9",
    3,
    `
SERVER                               OFFSET  BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.1:123                  +0 s    11.09 ms  22.00 ms  0 s     1        GPS        none  4/4      alone
ntp://a.example:123 (192.0.2.1:123)  +0 s    12.09 ms  24.00 ms  0 s     1        GPS        none  4/4      alone
ntp://192.0.2.9:123                                                                                0/4      failed

ntp://a.example:123: the same server as ntp://192.0.2.1:123, one vote
ntp://192.0.2.9:123: No reply from 192.0.2.9:123 within 3 s

One server sent a time: there is nothing to compare it with.
1 of 2 did not answer: 192.0.2.9:123.
`,
  ],
  [
    "compare 192.0.2.1 192.0.2.2 time://192.0.2.6",
    0,
    `
SERVER               OFFSET     BOUND     DELAY     JITTER    STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s       11.09 ms  22.00 ms  0 s       1        GPS        none  4/4      agrees
ntp://192.0.2.2:123  -1.000 ms  20.11 ms  40.00 ms  2.550 ms  2        192.0.2.1  none  3/4      agrees
time://192.0.2.6:37  -1.000 ms  1.011 s   2.000 ms  0 s                                 4/4      agrees

All 3 servers agree.
Best estimate  -360.0 µs ± 11.45 ms: within the error bound
`,
    `
timecli: ntp://192.0.2.2:123: version 3 in the reply, asked with 4
`,
  ],
  [
    "compare 192.0.2.4 127.0.0.1 127.0.0.2",
    8,
    `
SERVER               OFFSET  BOUND  DELAY  JITTER  STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.4:123                                                          1/1      failed
ntp://127.0.0.1:123                                                          0/1      failed
ntp://127.0.0.2:123                                                          0/1      failed

ntp://192.0.2.4:123: The server 192.0.2.4:123 denies service (KoD DENY)
ntp://127.0.0.1:123: Nothing listens on udp 127.0.0.1:123; a server starts there with: deno task serve ntp://127.0.0.1:123 (without a URL it serves ntp://127.0.0.1:8888)
ntp://127.0.0.2:123: Nothing listens on udp 127.0.0.2:123

No server sent a time.
`,
  ],
  [
    "compare --count 6 --interval 1s 192.0.2.5 192.0.2.1 192.0.2.2",
    0,
    `
SERVER               OFFSET     BOUND     DELAY     JITTER    STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.5:123  +0 s       1.031 ms  2.000 ms  0 s       2        192.0.2.1  none  3/3      agrees
ntp://192.0.2.1:123  +0 s       11.08 ms  22.00 ms  0 s       1        GPS        none  6/6      agrees
ntp://192.0.2.2:123  -1.000 ms  20.11 ms  40.00 ms  3.674 ms  2        192.0.2.1  none  5/6      agrees

All 3 servers agree.
Best estimate  -92.95 µs ± 2.624 ms: within the error bound
`,
    `
timecli: ntp://192.0.2.5:123: ended early: The server 192.0.2.5:123 denies service (KoD DENY)
timecli: ntp://192.0.2.2:123: version 3 in the reply, asked with 4
`,
  ],
  [
    "compare 192.0.2.1 192.0.2.3 192.0.2.4 time://192.0.2.6 192.0.2.9",
    20,
    `
SERVER               OFFSET      BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP    REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s        11.09 ms  22.00 ms  0 s     1        GPS        none    4/4      agrees
ntp://192.0.2.3:123  +12.5000 s  5.092 ms  10.00 ms  0 s     2        192.0.2.1  insert  4/4      falseticker
ntp://192.0.2.4:123                                                                      1/1      failed
time://192.0.2.6:37  -1.000 ms   1.011 s   2.000 ms  0 s                                 4/4      agrees
ntp://192.0.2.9:123                                                                      0/4      failed

ntp://192.0.2.4:123: The server 192.0.2.4:123 denies service (KoD DENY)
ntp://192.0.2.9:123: No reply from 192.0.2.9:123 within 3 s

192.0.2.3:123 is wrong: +12.50 s from the other two.
1 of 5 did not answer: 192.0.2.9:123.
1 of 5 sent no usable time: 192.0.2.4:123.
Best estimate  -10.85 µs ± 11.10 ms: within the error bound
`,
  ],
  [
    "compare --count 1 192.0.2.1 192.0.2.7",
    9,
    `
SERVER               OFFSET  BOUND     DELAY     JITTER  STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s    11.00 ms  22.00 ms          1        GPS        none  1/1      alone
ntp://192.0.2.7:123                                                                1/1      failed

ntp://192.0.2.7:123: The server 192.0.2.7:123 is not synchronised (leap 3)

One server sent a time: there is nothing to compare it with.
1 of 2 sent no usable time: 192.0.2.7:123.
`,
  ],
  [
    "compare 192.0.2.1 192.0.2.2 192.0.2.9",
    3,
    `
SERVER               OFFSET     BOUND     DELAY     JITTER    STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s       11.09 ms  22.00 ms  0 s       1        GPS        none  4/4      agrees
ntp://192.0.2.2:123  -1.000 ms  20.11 ms  40.00 ms  2.550 ms  2        192.0.2.1  none  3/4      agrees
ntp://192.0.2.9:123                                                                     0/4      failed

ntp://192.0.2.9:123: No reply from 192.0.2.9:123 within 3 s

Both that sent a time agree.
1 of 3 did not answer: 192.0.2.9:123.
Best estimate  -355.5 µs ± 11.45 ms: within the error bound
`,
    `
timecli: ntp://192.0.2.2:123: version 3 in the reply, asked with 4
`,
  ],
  [
    "compare --timeout 1 192.0.2.9",
    3,
    `
SERVER               OFFSET  BOUND  DELAY  JITTER  STRATUM  REFERENCE  LEAP  REPLIES  VERDICT
ntp://192.0.2.9:123                                                          0/4      failed

ntp://192.0.2.9:123: No reply from 192.0.2.9:123 within 1 s

No server sent a time.
`,
  ],
];

Deno.test("timecli compare prints a row per server, what they agree on, and ends with its code", () =>
  checkSessions(sessions));

Deno.test("timecli compare shows a verdict on a terminal as replies come, and what is wrong in red", () => {
  const red = (text: string): string => Deno.noColor ? text : `\x1b[31m${text}\x1b[0m`;
  const verdict = "; so far: 192.0.2.3:123 is wrong: +12.50 s from the other two";
  const steps = [
    ...["1 of 6 requests", "2 of 6 requests", "3 of 6 requests", `3 of 6 requests${verdict}`],
    ...[4, 4, 5, 5, 6, 6].map((count) => `${count} of 6 requests${verdict}`),
  ];
  return checkSessions([[
    // A server that is given twice is queried once.
    "compare -n 2 192.0.2.1 ntp://192.0.2.1:123 192.0.2.8 192.0.2.3",
    20,
    `
SERVER               OFFSET      BOUND     DELAY     JITTER    REPLIES  VERDICT
ntp://192.0.2.1:123  +0 s        11.03 ms  22.00 ms  0 s       2/2      agrees
ntp://192.0.2.8:123  +0 s        1.031 ms  2.000 ms  400.0 µs  2/2      agrees
${red("ntp://192.0.2.3:123  +12.5000 s  5.032 ms  10.00 ms  0 s       2/2      falseticker")}

${red("192.0.2.3:123 is wrong: +12.50 s from the other two.")}
Best estimate  +0 s ± 2.531 ms: within the error bound
`,
    `${steps.map((step) => `\r\x1b[K${step}`).join("")}\r\x1b[K`,
  ]], { columns: 84 });
});
