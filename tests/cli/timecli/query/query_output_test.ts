import { checkSessions, type Session } from "../../../support/simulated_servers.ts";

const sessions: readonly Session[] = [
  [
    "ntp://192.0.2.1",
    0,
    `
Server         ntp://192.0.2.1:123
Time           2026-03-01 17:30:00.022000 +0530
Offset         +0 s ± 11.00 ms: within the error bound
Delay          22.00 ms
Stratum        1
Reference      GPS (reference clock)
Leap second    none
Root distance  11.00 ms
`,
  ],
  [
    "ntp://192.0.2.3",
    0,
    `
Server         ntp://192.0.2.3:123
Time           2026-03-01 17:30:12.510000 +0530
Offset         +12.5000 s ± 5.002 ms: the local clock is behind
Delay          10.00 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    insert
Root distance  5.002 ms
`,
  ],
  [
    "ntp://192.0.2.4",
    8,
    `
Server       ntp://192.0.2.4:123
Stratum      0
Reference    DENY (kiss code)
Leap second  unsynchronized
`,
    `
timecli: The server 192.0.2.4:123 denies service (KoD DENY)
`,
  ],
  [
    "ntp://192.0.2.7",
    9,
    `
Server         ntp://192.0.2.7:123
Time           2026-03-01 17:30:00.002000 +0530
Offset         +0 s ± 1.001 ms: within the error bound
Delay          2.000 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    unsynchronized
Root distance  2.501 ms
`,
    `
timecli: The server 192.0.2.7:123 is not synchronised (leap 3)
`,
  ],
  [
    "ntp://192.0.2.2",
    0,
    `
Server         ntp://192.0.2.2:123
Time           2026-03-01 17:30:00.039000 +0530
Offset         -1.000 ms ± 20.00 ms: within the error bound
Delay          40.00 ms
Stratum        2
Reference      192.0.2.1 (IPv4 address, or hash of an IPv6 one)
Leap second    none
Root distance  20.00 ms
`,
    `
timecli: ntp://192.0.2.2:123: version 3 in the reply, asked with 4
`,
  ],
  [
    "time://192.0.2.6",
    0,
    `
Server      time://192.0.2.6:37
Time        2026-03-01 17:30:00 +0530
Offset      -1.000 ms ± 1.011 s: within the error bound
Round trip  2.000 ms
`,
  ],
  [
    "ntp://192.0.2.1 time://192.0.2.6 ntp://192.0.2.4 192.0.2.9",
    8,
    `
SERVER            TIME                       OFFSET     BOUND     DELAY     STRATUM  REFERENCE  LEAP
ntp://192.0.2.1   2026-03-01 17:30:00 +0530  +0 s       11.00 ms  22.00 ms  1        GPS        none
time://192.0.2.6  2026-03-01 17:30:00 +0530  -1.000 ms  1.011 s   2.000 ms
ntp://192.0.2.4   The server 192.0.2.4:123 denies service (KoD DENY)
192.0.2.9         No reply from 192.0.2.9:123 within 3 s
`,
  ],
  [
    "-q ntp://192.0.2.1 ntp://192.0.2.4",
    8,
    `
2026-03-01T12:00:00.022000000Z
`,
    `
timecli: The server 192.0.2.4:123 denies service (KoD DENY)
`,
  ],
  [
    "--format HH:mm:ss.SSS --utc ntp://192.0.2.1",
    0,
    `
12:00:00.022
`,
  ],
  [
    "ntp://127.0.0.1 time://127.0.0.1",
    4,
    `
SERVER            TIME  OFFSET  BOUND  DELAY  STRATUM  REFERENCE  LEAP
ntp://127.0.0.1   Nothing listens on udp 127.0.0.1:123
time://127.0.0.1  Nothing listens on udp 127.0.0.1:37
`,
  ],
  [
    "-t 1 -r 0 ntp://192.0.2.9",
    3,
    "",
    `
timecli: No reply from 192.0.2.9:123 within 1 s
`,
  ],
  [
    "-t 0.5 asctime://192.0.2.9:123",
    3,
    "",
    `
timecli: No reply from 192.0.2.9:123 within 0.5 s; to query it by NTP: ntp://192.0.2.9
`,
  ],
  [
    "-q ntp://127.0.0.1 time://127.0.0.1",
    4,
    "",
    `
timecli: Nothing listens on udp 127.0.0.1:123; a server starts there with: deno task serve ntp://127.0.0.1:123 (without a URL it serves ntp://127.0.0.1:8888)
timecli: Nothing listens on udp 127.0.0.1:37
`,
  ],
  [
    "127.0.0.1:8888",
    4,
    "",
    `
timecli: Nothing listens on udp 127.0.0.1:8888; a server starts there with: deno task serve
`,
  ],
  [
    "127.0.0.1",
    4,
    "",
    `
timecli: Nothing listens on udp 127.0.0.1:123; a server starts there with: deno task serve ntp://127.0.0.1:123 (without a URL it serves ntp://127.0.0.1:8888)
`,
  ],
];

Deno.test("timecli prints a reply as lines, several as a table, and what failed", () =>
  checkSessions(sessions));
