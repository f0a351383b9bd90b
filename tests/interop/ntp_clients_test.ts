/** One-shot clients of other projects query `timesrv`; none of them can set the clock. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { harmlessly, Network, networkCommands, peerEnv, program } from "../support/peers.ts";
import { type Outcome, run } from "../support/process.ts";
import { source, startServer } from "../support/programs.ts";

const transports = ["datagram", "mmsg"] as const;

const timesrv = (transport: string, ...args: readonly string[]): [string, ...string[]] => [
  ...source.timesrv,
  ...["--transport", transport, ...args],
];

/** Clients and server read the same clock: a larger difference is an error. */
const LARGEST_OFFSET_SECONDS = 0.05;

function assertSmall(offset: string | number | undefined, output: unknown): void {
  const isSmall = Math.abs(Number(offset)) < LARGEST_OFFSET_SECONDS;
  assert(isSmall, `An offset below ${LARGEST_OFFSET_SECONDS} s, in: ${JSON.stringify(output)}`);
}

/** Measures as chrony does to set a clock once, without setting it. */
function chronydQ(port: number, seconds: number): Promise<Outcome> {
  const server = `server 127.0.0.1 port ${port} iburst maxsamples 4`;
  return run(
    harmlessly([program.chronyd, "-Q", "-u", "root", "-t", String(seconds), server]),
    { env: peerEnv },
  );
}

const chrony = { ...source.needs, files: [program.chronyd], commands: ["setpriv"], root: true };

for (const [protocol, transport] of [["ntp", "datagram"], ["ntp", "mmsg"], ["auto", "mmsg"]]) {
  Deno.test(
    await where(chrony, `chronyd -Q finds ${protocol}:// to be right (${transport})`, async () => {
      const command = timesrv(transport ?? "");
      const { server, port } = await startServer(command, [`${protocol}://127.0.0.1:0`]);
      await using _ = server;
      const outcome = await chronydQ(port, 30);
      const [, offset] = /System clock wrong by (\S+) seconds/.exec(outcome.stderr) ?? [];
      assertSmall(offset, outcome);
      assertEquals(outcome.code, 0);
    }),
  );
}

Deno.test(
  await where(chrony, "chronyd -Q refuses a server that is not synchronised", async () => {
    const command = timesrv("mmsg", "--unsynchronized");
    const { server, port } = await startServer(command, ["ntp://127.0.0.1:0"]);
    await using _ = server;
    const { code, stderr } = await chronydQ(port, 3);
    assertMatch(stderr, /Timeout reached|No suitable source for synchronisation/);
    assertEquals(code, 1);
    // The server did reply: the client refused its replies.
    assertMatch(server.stderr, /Time request from/);
  }),
);

const onPort123 = {
  ...source.needs,
  files: [program.ntpdig, program.ntpdate],
  commands: [...networkCommands, "rdate", "python3"],
  root: true,
};

const insertingServer = [
  ...["--stratum", "3", "--refid", "198.51.100.9"],
  ...["--root-delay", "0.02", "--root-dispersion", "0.03", "--leap", "insert"],
];

for (const transport of transports) {
  Deno.test(
    await where(
      onPort123,
      `ntpdig, ntpdate -q and rdate -n find it right (${transport})`,
      async () => {
        await using network = await Network.create();
        await using server = network.start(
          timesrv(transport, ...insertingServer, "ntp://127.0.0.1"),
        );
        await server.waitFor(/Serving ntp on udp 127\.0\.0\.1:123/);
        const ask = (command: readonly string[]): Promise<Outcome> =>
          run(network.inside(command), { env: peerEnv });

        const ntpdig = await ask([program.ntpdig, "--json", "127.0.0.1"]);
        assertEquals(ntpdig.code, 0, JSON.stringify(ntpdig));
        const { offset, stratum, leap, precision, adjusted } = JSON.parse(ntpdig.stdout);
        assertSmall(offset, ntpdig);
        assertEquals({ stratum, leap, adjusted }, {
          stratum: 3,
          leap: "add-leap",
          adjusted: false,
        });
        assert(precision > 0, "the round trip took some time");

        const ntpdate = await ask([program.ntpdate, "-q", "127.0.0.1"]);
        assertEquals(ntpdate.code, 0, JSON.stringify(ntpdate));
        const [, seen] = / ([-+]\S+) \+\/- \S+ 127\.0\.0\.1 s3 add-leap$/m.exec(ntpdate.stdout) ??
          [];
        assertSmall(seen, ntpdate);

        const rdate = await ask(["rdate", "-n", "-p", "-v", "127.0.0.1"]);
        assertEquals(rdate.code, 0, JSON.stringify(rdate));
        const [, adjustment] = /adjust local clock by (\S+) seconds/.exec(rdate.stdout) ?? [];
        assertSmall(adjustment, rdate);
      },
    ),
  );

  Deno.test(
    await where(
      onPort123,
      `ntpdig, ntpdate -q and rdate -n refuse --unsynchronized (${transport})`,
      async () => {
        await using network = await Network.create();
        await using server = network.start(
          timesrv(transport, "--unsynchronized", "ntp://127.0.0.1"),
        );
        await server.waitFor(/Serving ntp on udp 127\.0\.0\.1:123/);
        for (
          const [command, complaint] of [
            [[program.ntpdig, "127.0.0.1"], /stratum 0.*no eligible servers/s],
            [[program.ntpdate, "-q", "127.0.0.1"], /stratum 0.*no eligible servers/s],
            [["rdate", "-n", "-p", "127.0.0.1"], /Unable to get a reasonable time estimate/],
          ] as const
        ) {
          const { code, stdout, stderr } = await run(network.inside(command), { env: peerEnv });
          assertMatch(stdout + stderr, complaint);
          assertEquals(code, 1, `exit code of ${command.join(" ")}`);
        }
      },
    ),
  );
}
