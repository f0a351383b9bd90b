/** Daytime and Time with the clients and servers of other projects. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network, networkCommands, peerEnv, program } from "../support/peers.ts";
import { type Outcome, run } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

const timesrv = (...args: readonly string[]): string[] => [...source.timesrv, ...args];

/** How far apart two readings of one clock may be when a machine is busy. */
const SLACK_SECONDS = 30;

function assertIsNow(utc: string): void {
  const apartSeconds = Math.abs(Date.parse(utc) - Date.now()) / 1000;
  assert(apartSeconds < SLACK_SECONDS, `${utc} is ${apartSeconds} s from now`);
}

/** Sends a word by `nc` and returns the reply. */
function netcat(network: Network, port: number): Promise<Outcome> {
  // -W 1 ends it after one datagram received.
  const command = ["sh", "-c", `echo hello | nc -u -w 10 -W 1 127.0.0.1 ${port}`];
  return run(network.inside(command), { env: peerEnv });
}

const clients = {
  ...source.needs,
  commands: [...networkCommands, "nc", "rdate"],
  root: true,
};

for (const transport of ["datagram", "mmsg"]) {
  Deno.test(
    await where(clients, `rdate reads Time, nc reads the texts (${transport})`, async () => {
      await using network = await Network.create();
      await using server = network.start(
        timesrv(
          "--transport",
          transport,
          "--utc",
          "asctime://127.0.0.1",
          "daytime://127.0.0.1",
          "time://127.0.0.1:3737",
        ),
      );
      await server.waitFor(/Serving time/);

      const rdate = ["rdate", "-u", "-p", "-o", "3737", "127.0.0.1"];
      const { code, stdout, stderr } = await run(network.inside(rdate), { env: peerEnv });
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}\n$/);
      assertIsNow(stdout);

      const text = /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/;
      for (const [port, end] of [[8888, ""], [13, "\r\n"]] as const) {
        const { stdout: said } = await netcat(network, port);
        assertMatch(said, text, `port ${port}`);
        assertEquals(said.slice(24), end);
        assertIsNow(`${said.trim()} UTC`);
      }
    }),
  );

  Deno.test(
    await where(
      clients,
      `rdate gets nothing of a clock that is not synchronised (${transport})`,
      async () => {
        await using network = await Network.create();
        await using server = network.start(
          timesrv("--transport", transport, "--unsynchronized", "time://127.0.0.1"),
        );
        await server.waitFor(/Serving time/);
        const rdate = ["timeout", "2", "rdate", "-u", "-p", "127.0.0.1"];
        const { code, stdout } = await run(network.inside(rdate), { env: peerEnv });
        assertEquals(stdout, "");
        assert(code !== 0, "rdate has nothing to print");
        await server.stop();
        assertMatch(server.stderr, /0 answered, 1 refused/);
      },
    ),
  );
}

const superservers = {
  ...source.needs,
  files: [program.xinetd, program.inetd],
  commands: networkCommands,
  root: true,
};

/** Queries a service of a superserver, which drops what arrives while it is busy: hence the retries. */
async function ask(network: Network, url: string): Promise<Record<string, unknown>> {
  const timecli = [...source.timecli, "--json", "--timeout", "10", "--retries", "9", url];
  const { code, stdout, stderr } = await run(network.inside(timecli));
  assertEquals(code, 0, stderr);
  return JSON.parse(stdout);
}

/** `time(2)`, which both read, is behind the clock by up to a tick of the kernel (10 ms or less). */
const TICK_SECONDS = 0.01;

function assertClose({ offset, error_bound }: Record<string, unknown>): void {
  const isClose = Math.abs(Number(offset)) <= Number(error_bound) + TICK_SECONDS;
  assert(isClose, `${offset} beyond ${error_bound}`);
}

Deno.test(
  await where(superservers, "timecli reads inetd of GNU inetutils", async () => {
    await using network = await Network.create();
    const config = await network.file(
      "inetd.conf",
      "daytime dgram udp4 wait root internal\ntime dgram udp4 wait root internal\n",
    );
    const pidfile = `--pidfile=${network.folder}/inetd.pid`;
    await using inetd = network.start([program.inetd, "--debug", pidfile, config]);
    await inetd.waitFor(/registered internal(?:.|\n)*registered internal/);

    const daytime = await ask(network, "daytime://127.0.0.1");
    assertMatch(String(daytime["text"]), /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
    // It sends a C `long`, whose first four octets are right on a machine of either byte order.
    const time = await ask(network, "time://127.0.0.1");
    assertClose(time);
    assertMatch(JSON.stringify(time["warnings"]), /8 octets .* RFC 868/);
  }),
);

Deno.test(
  await where(superservers, "timecli reads xinetd, which drops requests in bursts", async () => {
    await using network = await Network.create();
    const service = (name: string): string =>
      `service ${name}
{
  type = INTERNAL
  id = ${name}-dgram
  socket_type = dgram
  protocol = udp
  user = root
  wait = yes
}
`;
    const config = await network.file("xinetd.conf", service("daytime") + service("time"));
    const pidfile = `${network.folder}/xinetd.pid`;
    await using _ = network.start([program.xinetd, "-dontfork", "-f", config, "-pidfile", pidfile]);
    const sockets = network.inside(["ss", "-Huln", "sport = :37"]);
    await poll(20, () => run(sockets), ({ stdout }) => stdout !== "", 100);

    const daytime = await ask(network, "daytime://127.0.0.1");
    assertMatch(String(daytime["text"]), /^\d\d [A-Z]{3} \d{4} \d\d:\d\d:\d\d UTC$/);
    assertEquals(daytime["utc_offset"], "+00:00");
    const time = await ask(network, "time://127.0.0.1");
    assertClose(time);
    assertEquals(time["warnings"], undefined);

    // xinetd is busy for some of these, which must retry.
    const many = await Promise.all(
      Array.from({ length: 6 }, () => ask(network, "time://127.0.0.1")),
    );
    many.forEach(assertClose);
  }),
);
