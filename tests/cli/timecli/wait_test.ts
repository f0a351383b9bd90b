import { checkSessions, type Session } from "../../support/simulated_servers.ts";

const sessions: readonly Session[] = [
  [
    "wait 192.0.2.1 192.0.2.2 192.0.2.3",
    0,
    `
The clock is within 50 ms of 2 of 3 servers after 60.00 ms
`,
    `
ntp://192.0.2.1:123: +0 s ± 11.00 ms, within 50 ms
ntp://192.0.2.3:123: +12.5000 s ± 5.002 ms, not within 50 ms
ntp://192.0.2.2:123: -1.000 ms ± 20.00 ms, within 50 ms
`,
  ],
  [
    "wait 192.0.2.1",
    0,
    `
The clock is within 50 ms of the server after 22.00 ms
`,
    `
ntp://192.0.2.1:123: +0 s ± 11.00 ms, within 50 ms
`,
  ],
  [
    "wait --quiet 192.0.2.1",
    0,
    "",
  ],
  [
    "wait --within 12.51 192.0.2.3",
    0,
    `
The clock is within 12.51 s of the server after 10.00 ms
`,
    `
ntp://192.0.2.3:123: +12.5000 s ± 5.002 ms, within 12.51 s
`,
  ],
  [
    "wait --within 5ms 192.0.2.1 --timeout 40s",
    3,
    "",
    `
ntp://192.0.2.1:123: +0 s ± 11.00 ms, perhaps within 5 ms
timecli: Gave up after 40.00 s: the clock is not known to be within 5 ms of the server
`,
  ],
  [
    "wait --timeout 10s 192.0.2.3",
    3,
    "",
    `
ntp://192.0.2.3:123: +12.5000 s ± 5.002 ms, not within 50 ms
timecli: Gave up after 10.00 s: the clock is not known to be within 50 ms of the server
`,
  ],
  [
    "wait --timeout 10s 192.0.2.1 192.0.2.3",
    3,
    "",
    `
ntp://192.0.2.1:123: +0 s ± 11.00 ms, within 50 ms
ntp://192.0.2.3:123: +12.5000 s ± 5.002 ms, not within 50 ms
timecli: Gave up after 10.00 s: the clock is known to be within 50 ms of 1 of 2 servers, 2 are needed
`,
  ],
  [
    "wait --timeout 20s --within 1ms 192.0.2.9 127.0.0.1 192.0.2.1",
    3,
    "",
    `
ntp://192.0.2.1:123: +0 s ± 11.00 ms, perhaps within 1 ms
ntp://127.0.0.1:123: Nothing listens on udp 127.0.0.1:123; a server starts there with: deno task serve ntp://127.0.0.1:123
ntp://192.0.2.9:123: No reply from 192.0.2.9:123 within 2 s
timecli: Gave up after 20.00 s: the clock is known to be within 1 ms of 0 of 3 servers, 2 are needed
`,
  ],
  [
    "wait --quiet --timeout 2s 192.0.2.9",
    3,
    "",
    `
timecli: Gave up after 2.000 s: the clock is not known to be within 50 ms of the server
`,
  ],
  [
    "wait --timeout 30s 192.0.2.4 192.0.2.5 192.0.2.7",
    3,
    "",
    `
ntp://192.0.2.4:123: The server 192.0.2.4:123 denies service (KoD DENY)
ntp://192.0.2.5:123: +0 s ± 1.001 ms, within 50 ms
ntp://192.0.2.7:123: The server 192.0.2.7:123 is not synchronised (leap 3)
ntp://192.0.2.5:123: The server 192.0.2.5:123 denies service (KoD DENY)
timecli: Gave up after 30.00 s: the clock is known to be within 50 ms of 0 of 3 servers, 2 are needed
`,
  ],
];

Deno.test("timecli wait reports what changes, and how it ends", () => checkSessions(sessions));
