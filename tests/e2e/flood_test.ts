/** Floods beyond a server's capacity: it answers what it can, and its memory does not grow. */
import { assert, assertEquals } from "@std/assert";
import { readUsage } from "../../scripts/bench/usage.ts";
import { where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { root, source, startServer, totalsOf } from "../support/programs.ts";
import { answerer, Cable } from "./cable.ts";

const timesrv = source.timesrv;
const timecli = source.timecli;

/** How much resident memory may vary with the heap's comings and goings. */
const SLACK_KIB = 64 * 1024;

/** How many a second are offered, and for how long. */
const FLOOD_RATE = 1_000_000;
const FLOOD_SECONDS = 1;

/** The number of addresses that a forger uses before another client queries. */
const FORGED_SOURCES = 100_000;

for (const transport of ["datagram", "mmsg"]) {
  const needs = {
    ...source.needs,
    permissions: [...source.needs.permissions ?? [], { name: "ffi" }] as const,
    files: ["/proc/self/status"],
  };

  Deno.test(
    await where(needs, `a flood leaves a server as it was (${transport})`, async () => {
      const way = ["--transport", transport, "ntp://127.0.0.1:0"];
      const { server, port } = await startServer(timesrv, way);
      await using _ = server;
      const target = `ntp://127.0.0.1:${port}`;
      await server.waitFor(/Transport/);
      const ask = (...load: string[]): Promise<{ sent: number; good: number; bad: number }> =>
        run([...timecli, "bench", "--json", "--timeout", "5", ...load, target])
          .then(({ stdout }) => JSON.parse(stdout));
      await ask("--count", "20000");
      const before = readUsage(server.child.pid);
      const burst = ["--segmented", "--timeout", "1", "--duration", `${FLOOD_SECONDS}`];
      const flood = await ask("--qps", `${FLOOD_RATE}`, ...burst);
      assert(flood.good > 0 && flood.bad === 0, JSON.stringify(flood));
      const calm = await ask("--count", "1000", "--window", "1");
      assertEquals([calm.sent, calm.good], [1000, 1000]);
      const after = readUsage(server.child.pid);
      assert(after.residentKib < before.residentKib + SLACK_KIB, `${after.residentKib} KiB`);
      assertEquals(after.descriptors, before.descriptors);
      await server.stop();
      const { received, answered, refused, errors } = totalsOf(server.stderr);
      assertEquals([received, refused, errors], [answered, 0, 0]);
      assert(received >= flood.good + calm.good, `${received}`);
    }),
  );

  Deno.test(
    await where(
      { ...needs, commands: ["ip", "sh", "python3"], root: true, ipv6: true },
      `a flood from forged addresses keeps no client from its answer (${transport})`,
      async () => {
        await using cable = await Cable.lay();
        await cable.shell(
          cable.server,
          "ip route add default via 10.77.0.9" +
            " && echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter" +
            " && echo 0 >/proc/sys/net/ipv4/conf/cable/rp_filter",
        );
        const way = ["--transport", transport, "ntp://10.77.0.1:1123"];
        await using server = new Running(cable.onServer(...timesrv, ...way));
        await server.waitFor(/Transport/);
        const ask = (): ReturnType<typeof run> =>
          run(cable.onClient(...timecli, "--json", "-t", "20", "-r", "9", "ntp://10.77.0.1:1123"));
        assertEquals(answerer(await ask()), "10.77.0.1");
        const before = readUsage(server.child.pid);
        const script = [`${root}tests/e2e/spoof.py`, "10.77.0.1", "1123", `${FORGED_SOURCES}`];
        await using forger = new Running(cable.onClient("python3", ...script));
        await forger.waitFor(/sent \d+\n/);
        assertEquals(answerer(await ask()), "10.77.0.1");
        const after = readUsage(server.child.pid);
        await forger.stop();
        const [, forged] = await forger.waitFor(/sent (\d+) in all/);
        assert(after.residentKib < before.residentKib + SLACK_KIB, `${after.residentKib} KiB`);
        await server.stop();
        const { received, answered, refused, errors } = totalsOf(server.stderr);
        assertEquals([received, errors], [answered + refused, 0]);
        assert(received > 1 && received <= Number(forged) + 20, `${received} of ${forged}`);
      },
    ),
  );
}
