/** `timecli --count`, `compare`, `check` and `wait` with servers of other projects. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network, networkCommands, program, startChronyd } from "../support/peers.ts";
import { type Outcome, run } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

const needs = {
  ...source.needs,
  files: [program.chronyd, program.xinetd],
  commands: networkCommands,
  root: true,
};

function timecli(network: Network, ...args: readonly string[]): Promise<Outcome> {
  return run(network.inside([...source.timecli, ...args]));
}

Deno.test(
  await where(
    needs,
    "timecli samples, compares, checks and awaits chronyd and xinetd",
    async () => {
      await using network = await Network.create();
      const xinetd = await network.file(
        "xinetd.conf",
        `service time
{
  type = INTERNAL
  id = time-dgram
  socket_type = dgram
  protocol = udp
  user = root
  wait = yes
}
`,
      );
      await using _chronyd = await startChronyd(network, "local stratum 5");
      const pidfile = `${network.folder}/xinetd.pid`;
      await using _xinetd = network.start([
        program.xinetd,
        ...["-dontfork", "-f", xinetd, "-pidfile", pidfile],
      ]);
      const [ntp, time] = ["ntp://127.0.0.1:1123", "time://127.0.0.1"];
      // Neither reports when it begins to listen.
      const ready = await timecli(network, "wait", ntp, time, "--within", "10s");
      assertMatch(ready.stdout, /of 2 of 2 servers/, ready.stderr);
      assertEquals(ready.code, 0);

      const samples = await timecli(network, "--count", "8", "--json", ntp);
      const { offset, error_bound, jitter, stratum, loss, exchanges } = JSON.parse(samples.stdout);
      // Both read one clock: the true offset is 0, and the bound must contain it.
      assert(Math.abs(offset) <= error_bound, samples.stdout);
      assert(jitter >= 0 && exchanges.length === 8, samples.stdout);
      assertEquals([samples.code, stratum, loss], [0, 5, 0]);

      // xinetd drops what comes while it is busy.
      const compared = await poll(
        30,
        () => timecli(network, "compare", ntp, time, "--interval", "200ms"),
        ({ code }) => code === 0,
      );
      assertMatch(compared.stdout, /\n\nBoth servers agree\.\nBest estimate /);

      const checked = await timecli(network, "check", ntp, "-w", "1", "-c", "2");
      assertMatch(
        checked.stdout,
        /^NTP OK: Offset -?\d+(\.\d+)? secs\|offset=.* stratum=5;;;0;16 /,
      );
      assertEquals(checked.code, 0);
      const limited = await timecli(network, "check", ntp, "--stratum-critical", "4");
      assertEquals(limited.code, 2, limited.stdout);
      const seconds = await timecli(network, "check", time, "-w", "1", "-c", "2");
      assertMatch(seconds.stdout, /^TIME OK - -?[01] second time difference\|/);
      assertEquals(seconds.code, 0);
    },
  ),
);

Deno.test(
  await where(
    { ...needs, files: [program.chronyd, program.chronyc] },
    "timecli check does not trip a rate limit of chronyd that a burst does",
    async () => {
      await using network = await Network.create();
      // Only to addresses that are not loopback are requests 2 s apart.
      const address = ["ip", "addr", "add", "192.0.2.1/32", "dev", "lo"];
      assertEquals((await run(network.inside(address))).code, 0);
      const config = "local stratum 5\nratelimit interval 1 burst 2";
      await using _chronyd = await startChronyd(network, config);
      const ready = await timecli(network, "wait", "127.0.0.1:1123", "--within", "10s");
      assertEquals(ready.code, 0, ready.stderr);
      const dropped = async (): Promise<number> => {
        const chronyc = [program.chronyc, "-h", `${network.folder}/chronyd.sock`, "serverstats"];
        const { stdout } = await run(network.inside(chronyc));
        return Number(/^NTP packets dropped +: (\d+)$/m.exec(stdout)?.[1]);
      };
      const before = await dropped();
      const { code, stdout } = await timecli(network, "check", "192.0.2.1:1123", "-w", "1");
      assertMatch(stdout, /^NTP OK: /);
      assertEquals([code, await dropped()], [0, before]);
      const url = "ntp://192.0.2.1:1123";
      await timecli(network, ...Array.from({ length: 10 }, () => url), "--timeout", "0.5");
      assert(await dropped() > before, "the limit is there");
    },
  ),
);
