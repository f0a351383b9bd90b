/**
 * `timesrv --upstream` between daemons of another project, and among servers of its own kind: none of them can set
 * the clock, which is right for all.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { referenceIdOf } from "../../src/server/upstreams/reference_id.ts";
import { where } from "../support/needs.ts";
import { Network, networkCommands, peerEnv, program, startChronyd } from "../support/peers.ts";
import { run, type Running } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

const needs = { ...source.needs, commands: networkCommands, root: true };

/** Makes a network that has these addresses. */
async function createNetwork(...addresses: readonly string[]): Promise<Network> {
  const network = await Network.create();
  for (const address of addresses) {
    const noCheck = address.includes(":") ? ["nodad"] : [];
    const add = ["ip", "address", "add", address, "dev", "lo", ...noCheck];
    const { code, stderr } = await run(network.inside(add));
    assertEquals(code, 0, stderr);
  }
  return network;
}

async function startTimesrv(network: Network, ...args: readonly string[]): Promise<Running> {
  const server = network.start([...source.timesrv, ...args]);
  await server.waitFor(/Serving /);
  return server;
}

/** A reply as `timecli --json` prints it. */
interface Reply {
  readonly offset: number;
  readonly error_bound: number;
  readonly root_distance: number;
  readonly stratum: number;
  readonly reference_id: string;
}

async function query(network: Network, url: string): Promise<Reply> {
  const { stdout, stderr } = await run(network.inside([...source.timecli, "--json", url]));
  assert(stdout !== "", stderr);
  return JSON.parse(stdout);
}

/** Queries a server until it is synchronised, or the other way round. */
async function awaitStratum(network: Network, url: string, stratum: number): Promise<Reply> {
  return await poll(30, () => query(network, url), (reply) => reply.stratum === stratum, 200);
}

/** The reference id of a server that follows this address, in hexadecimal digits. */
async function hexIdOf(address: string): Promise<string> {
  return (await referenceIdOf(address)).toString(16).padStart(8, "0").toUpperCase();
}

const ipv6 = ["[2001:db8::1]", "[2001:db8::2]"] as const;
const ipv4 = ["192.0.2.1", "192.0.2.2"] as const;

for (const [transport, [first, second]] of [["mmsg", ipv4], ["datagram", ipv6]] as const) {
  Deno.test(
    await where(
      { ...needs, files: [program.chronyd, program.chronyc] },
      `chronyd follows timesrv on ${transport}, which follows another chronyd at ${first}`,
      async () => {
        const [upstream = "", own = ""] = [first, second].map((host) => host.replace(/[[\]]/g, ""));
        await using network = await createNetwork(upstream, own);
        await using _chronyd = await startChronyd(network, "local stratum 2");
        await using server = await startTimesrv(
          network,
          ...["--transport", transport, "--upstream", `ntp://${first}:1123?minpoll=0&maxpoll=0`],
          `ntp://${second}:2123`,
        );
        await server.waitFor(/Synchronised to ntp:/);

        const socket = `${network.folder}/follower.sock`;
        const config = await network.file(
          "follower.conf",
          `server ${own} port 2123 iburst minpoll -2 maxpoll 0
port 0
cmdport 0
bindcmdaddress ${socket}
pidfile ${network.folder}/follower.pid
`,
        );
        await using _follower = network.start(
          [program.chronyd, "-x", "-d", "-u", "root", "-f", config],
        );
        const ask = async (command: string): Promise<string> => {
          const chronyc = [program.chronyc, "-h", socket, "-n", ...command.split(" ")];
          const { stdout, stderr } = await run(network.inside(chronyc), { env: peerEnv });
          return stdout + stderr;
        };
        await poll(20, () => ask("sources"), (list) => list.includes(`^* ${own} `), 100);
        const details = await ask(`ntpdata ${own}`);
        const id = await hexIdOf(upstream);
        for (
          const line of [
            /^Leap status {5}: Normal$/m,
            /^Stratum {9}: 3$/m,
            new RegExp(`^Reference ID {4}: ${id} `, "m"),
            /^NTP tests {7}: 111 111 1111$/m,
          ]
        ) {
          assertMatch(details, line);
        }
        assertMatch(await ask("tracking"), /^Stratum {9}: 4$/m);
        const figure = (name: string): number =>
          Number(new RegExp(`^${name} *: ([-+.0-9]+) seconds$`, "m").exec(details)?.[1]);
        const distance = figure("Root delay") / 2 + figure("Root dispersion");
        const offset = Math.abs(figure("Offset"));
        assert(offset <= distance + figure("Peer delay") / 2, details);
        // All read one clock, so that the true offset is 0.
        const reply = await query(network, `ntp://${second}:2123`);
        assertEquals(reply.stratum, 3);
        assert(Math.abs(reply.offset) <= reply.root_distance, JSON.stringify(reply));
        assert(reply.root_distance < 0.1, JSON.stringify(reply));
      },
    ),
  );
}

Deno.test(
  await where(
    needs,
    "timesrv outvotes a wrong server, and survives one that ends and returns",
    async () => {
      const hosts = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
      await using network = await createNetwork(...hosts);
      const start = (host: string, ...args: readonly string[]): Promise<Running> =>
        startTimesrv(network, "--stratum", "1", "--root-dispersion", "0", ...args, `ntp://${host}`);
      await using _right = await start("192.0.2.1");
      await using _wrong = await start("192.0.2.2", "--offset", "80ms");
      const first = await start("192.0.2.3");
      await using server = await startTimesrv(
        network,
        ...hosts.slice(0, 3).flatMap((host) => ["--upstream", `ntp://${host}?minpoll=0&maxpoll=0`]),
        ...["--control", "127.0.0.1:8890"],
        "ntp://192.0.2.4",
      );
      const states = async (): Promise<string[]> => {
        const { stdout } = await run(
          network.inside([...source.timecli, "control", "sources", "--json"]),
        );
        return JSON.parse(stdout).upstreams.map(({ state }: { state: string }) => state);
      };
      const isRight = async (): Promise<void> => {
        const reply = await query(network, "ntp://192.0.2.4");
        assertEquals(reply.stratum, 2);
        assert(Math.abs(reply.offset) <= reply.root_distance, JSON.stringify(reply));
        // A server that vouches for its clock admits up to 16 ms.
        assert(reply.root_distance < 0.03, JSON.stringify(reply));
      };
      await server.waitFor(/Synchronised to ntp:/);
      await isRight();
      const [right, wrong, other] = await states();
      assertEquals(
        [wrong, [right, other].toSorted()],
        ["falseticker", ["combined", "selected"]],
      );
      await first.stop();
      // One is right and one wrong: no majority, so that the time goes on by itself.
      await server.waitFor(/No majority of the upstream servers/, { seconds: 30 });
      await isRight();
      await using _returned = await start("192.0.2.3");
      const back = await poll(
        15,
        states,
        (list) => !["silent", "falseticker"].includes(list[2] ?? ""),
      );
      assertEquals(back[1], "falseticker");
      await isRight();
    },
  ),
);

Deno.test(
  await where(needs, "two servers that are left to each other stop following", async () => {
    const [top, a, b] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    await using network = await createNetwork(top, a, b);
    const above = await startTimesrv(network, "--stratum", "1", `ntp://${top}`);
    const follow = (own: string, other: string): Promise<Running> =>
      startTimesrv(
        network,
        ...[top, other].flatMap((host) => ["--upstream", `ntp://${host}?minpoll=0&maxpoll=0`]),
        `ntp://${own}`,
      );
    await using first = await follow(a, b);
    await using second = await follow(b, a);
    await Promise.all([a, b].map((host) => awaitStratum(network, `ntp://${host}`, 2)));
    await above.stop();
    const lost = /No upstream server .*: the time goes on, its error bound grows/;
    // One stops first, and the other may follow it: around the two, strata would grow with each reply.
    await Promise.any([first, second].map((each) => each.waitFor(lost, { seconds: 40 })));
    for (let i = 0; i < 5; i++) {
      const replies = await Promise.all([a, b].map((host) => query(network, `ntp://${host}`)));
      assert(replies.every(({ stratum }) => stratum <= 3), JSON.stringify(replies));
    }
  }),
);
