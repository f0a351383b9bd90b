import { assert, assertEquals } from "@std/assert";
import { runTimecli } from "../../support/command_line.ts";
import { isDocumented } from "../../support/documented.ts";
import { checkSessions, type Session, simulatedServers } from "../../support/simulated_servers.ts";

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
ntp://127.0.0.1:123: Nothing listens on udp 127.0.0.1:123; a server starts there with: deno task serve ntp://127.0.0.1:123 (without a URL it serves ntp://127.0.0.1:8888)
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

Deno.test("timecli wait --json prints the last state of all servers, and nothing in words", async () => {
  const run = (args: string) => runTimecli(args.split(" "), { network: simulatedServers() });
  const agreed = await run("wait -j 192.0.2.1");
  const json = JSON.parse(agreed.stdout);
  assert(isDocumented(json, "wait"), agreed.stdout);
  const { servers: [server], ...rest } = json;
  assertEquals(rest, { schema: 1, agreed: true, elapsed: 0.022 });
  assertEquals(
    [server.url, server.agreement, server.offset, server.error_bound],
    ["ntp://192.0.2.1:123", "within", 0, 0.011001761],
  );
  assertEquals(agreed.code, 0);

  const late = await run("wait -j -t 1s 192.0.2.9 192.0.2.3");
  const { servers, agreed: isRight } = JSON.parse(late.stdout);
  assert(isDocumented(JSON.parse(late.stdout), "wait"), late.stdout);
  assertEquals([late.code, isRight], [3, false]);
  assertEquals(
    servers.map(({ agreement, error }: Record<string, unknown>) => [agreement, error]),
    [["unknown", { reason: "timeout", message: "No reply yet" }], ["beyond", undefined]],
  );
});
