/** `timecli` queries NTP servers of other projects. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network, networkCommands, program, startChronyd } from "../support/peers.ts";
import { run } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

interface Answer {
  readonly code: number;
  readonly said: Record<string, unknown>;
  readonly error: { readonly reason: string } | undefined;
}

/** The output of `timecli --json` for one target, and its exit code. */
async function ask(network: Network, url: string): Promise<Answer> {
  const timecli = [...source.timecli, "--json", "--raw", url];
  const { code, stdout, stderr } = await run(network.inside(timecli));
  assert(stdout !== "", stderr);
  const { error, ...said } = JSON.parse(stdout);
  return { code, said, error };
}

/** Queries a daemon that was just started: none of them reports when it begins to listen. */
function askListening(network: Network, url: string): Promise<Answer> {
  return poll(30, () => ask(network, url), ({ error }) => error?.reason !== "refused");
}

function needs(...files: readonly string[]): Parameters<typeof where>[0] {
  return { ...source.needs, files, commands: networkCommands, root: true };
}

Deno.test(
  await where(needs(program.chronyd), "timecli measures chronyd", async () => {
    await using network = await Network.create();
    await using _chronyd = await startChronyd(network, "local stratum 5");
    const { code, said } = await askListening(network, "ntp://127.0.0.1:1123");
    assertEquals(code, 0, JSON.stringify(said));
    const { stratum, leap, reference_id, version, mode, offset, error_bound, delay } = said;
    assertEquals(
      { stratum, leap, reference_id, version, mode },
      { stratum: 5, leap: "none", reference_id: "127.127.1.1", version: 4, mode: 4 },
    );
    assert(Math.abs(Number(offset)) < 0.01, `offset ${offset}`);
    // Both read one clock: the true offset is 0, and the bound must contain it.
    assert(Math.abs(Number(offset)) <= Number(error_bound), `${offset} beyond ${error_bound}`);
    assert(Number(delay) > 0 && Number(delay) / 2 <= Number(error_bound), `delay ${delay}`);
  }),
);

Deno.test(
  await where(
    needs(program.openNtpd, program.ntpsecNtpd),
    "timecli reports that OpenNTPD and ntpd of NTPsec have just started",
    async () => {
      await using network = await Network.create();
      // They have no server to synchronise to.
      const openNtpdConfig = await network.file("openntpd.conf", "listen on 127.0.0.2\n");
      const ntpsecConfig = await network.file("ntpsec.conf", "restrict default\n");
      for (
        const { command, url } of [
          {
            command: [program.ntpsecNtpd, "-n", "-N", "-c", ntpsecConfig],
            url: "ntp://127.0.0.1",
          },
          { command: [program.openNtpd, "-d", "-f", openNtpdConfig], url: "ntp://127.0.0.2" },
        ]
      ) {
        await using _daemon = network.start(command);
        const { code, said, error } = await askListening(network, url);
        const { leap, stratum } = said;
        assertEquals({ leap, stratum }, { leap: "unsynchronized", stratum: 0 }, url);
        assertEquals([error?.reason, code], ["unsynchronized", 9], url);
      }
    },
  ),
);

Deno.test(
  await where(needs(program.chronyd), "timecli asks several servers side by side", async () => {
    await using network = await Network.create();
    await using server = network.start([
      ...source.timesrv,
      ...["--stratum", "2", "ntp://127.0.0.1:2123", "time://127.0.0.1"],
    ]);
    await server.waitFor(/Serving time/);
    await using _chronyd = await startChronyd(network, "local stratum 7");
    await askListening(network, "ntp://127.0.0.1:1123");
    const urls = [
      "ntp://127.0.0.1:1123",
      "ntp://127.0.0.1:2123",
      "time://127.0.0.1",
      "ntp://[::1]",
    ];
    const timecli = [...source.timecli, ...urls];
    const { code, stdout } = await run(network.inside(timecli));
    const lines = stdout.trimEnd().split("\n");
    for (const url of urls) {
      assert(lines.some((line) => line.includes(url)), `${url} in: ${stdout}`);
    }
    assertMatch(lines.find((line) => line.includes("[::1]")) ?? "", /[Nn]othing listens/);
    assertEquals(code, 4, "the one that failed decides");
  }),
);
