/**
 * Daemons of other projects take their time from `timesrv`, over a wire of their own because their
 * port is fixed; none of them can set the clock, though each tries.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network, networkCommands, peerEnv, program } from "../support/peers.ts";
import { run } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

const SERVER = "192.0.2.1";
const CLIENTS = "192.0.2.2";

/** Wires two networks together. */
async function connect(servers: Network, clients: Network): Promise<void> {
  const ends = [[servers, "left", SERVER], [clients, "right", CLIENTS]] as const;
  const ip = async (network: Network, ...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run(network.inside(["ip", ...args]));
    assertEquals(code, 0, stderr);
  };
  const otherEnd = ["peer", "name", "right", "netns", String(clients.pid)];
  await ip(servers, "link", "add", "left", "type", "veth", ...otherEnd);
  for (const [network, device, address] of ends) {
    await ip(network, "address", "add", `${address}/24`, "dev", device);
    await ip(network, "link", "set", device, "up");
  }
}

async function chronySelects(clients: Network): Promise<void> {
  const socket = `${clients.folder}/chronyd.sock`;
  const config = await clients.file(
    "chrony.conf",
    `server ${SERVER} iburst minpoll -2 maxpoll 0
port 0
cmdport 0
bindcmdaddress ${socket}
pidfile ${clients.folder}/chronyd.pid
`,
  );
  await using _chronyd = clients.start([program.chronyd, "-x", "-d", "-u", "root", "-f", config]);
  const ask = async (command: string): Promise<string> => {
    const chronyc = [program.chronyc, "-h", socket, "-n", ...command.split(" ")];
    const { stdout, stderr } = await run(clients.inside(chronyc), { env: peerEnv });
    return stdout + stderr;
  };
  // It selects a server after several replies, and reports no event.
  await poll(60, () => ask("sources"), (list) => list.includes(`^* ${SERVER} `));
  const details = await ask(`ntpdata ${SERVER}`);
  for (
    const told of [
      /^Leap status {5}: Insert second$/m,
      /^Version {9}: 4$/m,
      /^Mode {12}: Server$/m,
      /^Stratum {9}: 3$/m,
      /^Root delay {6}: 0\.0200\d\d seconds$/m,
      /^Reference ID {4}: C6336409 /m,
      /^NTP tests {7}: 111 111 1111$/m,
      /^Total valid RX {2}: [1-9]/m,
    ]
  ) {
    assertMatch(details, told);
  }
}

async function ntpsecSelects(clients: Network): Promise<void> {
  const config = await clients.file(
    "ntpsec.conf",
    `server ${SERVER} iburst minpoll 0 maxpoll 3
restrict default
restrict 127.0.0.1
`,
  );
  await using _ntpd = clients.start([program.ntpsecNtpd, "-n", "-N", "-g", "-c", config]);
  const ask = async (...args: readonly string[]): Promise<string> => {
    const ntpq = [program.ntpq, "-n", ...args, "127.0.0.1"];
    const { stdout, stderr } = await run(clients.inside(ntpq), { env: peerEnv });
    return stdout + stderr;
  };
  const selected = /^\*192\.0\.2\.1 +198\.51\.100\.9 +3 /m;
  // As above; it queries less often.
  await poll(90, () => ask("-p"), (list) => selected.test(list));
  const details = await ask("-c", "rv &1");
  for (
    const told of [
      /\bsel_sys\.peer\b/,
      /\bleap=01,/,
      /\bstratum=3,/,
      /\brootdelay=20\.\d+,/,
      /\brefid=198\.51\.100\.9,/,
      /\bpmode=4,/,
      /\bflash=(00 ok|0x0,)/,
    ]
  ) {
    assertMatch(details, told);
  }
}

async function openNtpdSelects(clients: Network): Promise<void> {
  const config = await clients.file("openntpd.conf", `server ${SERVER}\n`);
  await using ntpd = clients.start([program.openNtpd, "-d", "-v", "-f", config]);
  // It first queries eight times, up to 34 s apart, and then sets the clock by the replies: with
  // one peer no other can be meant. It calls a peer selected only once that has succeeded.
  const log = (): Promise<string> => Promise.resolve(ntpd.stderr);
  await poll(90, log, (text) => /^peer 192\.0\.2\.1 now valid$/m.test(text));
  await poll(150, log, (text) => /^adjtime failed: Operation not permitted$/m.test(text));
  const ntpctl = [program.ntpctl, "-s", "all"];
  const { stdout } = await run(clients.inside(ntpctl), { env: peerEnv });
  assertMatch(stdout, /^1\/1 peers valid/);
  // Weight, trust of at least 8 of 10, stratum; "not valid" stands in the place of the offset.
  assertMatch(stdout, /^ +1 +(8|9|10) +3 +\d+s +\d+s +-?\d+\.\d+ms /m);
}

Deno.test(
  await where(
    {
      ...source.needs,
      files: [
        ...[program.chronyd, program.chronyc, program.ntpsecNtpd, program.ntpq],
        ...[program.openNtpd, program.ntpctl],
      ],
      commands: networkCommands,
      root: true,
    },
    "chronyd, ntpd of NTPsec and OpenNTPD select timesrv",
    async () => {
      await using servers = await Network.create();
      await using clients = await Network.create();
      await connect(servers, clients);
      await using server = servers.start([
        ...source.timesrv,
        // One transport is enough for minutes: what they send differs in nothing (tests/conformance).
        ...["--transport", "mmsg"],
        ...["--stratum", "3", "--refid", "198.51.100.9", "--leap", "insert"],
        ...["--root-delay", "0.02", "--root-dispersion", "0.03"],
        `ntp://${SERVER}`,
      ]);
      await server.waitFor(/Serving ntp on udp 192\.0\.2\.1:123/);
      await Promise.all([chronySelects(clients), ntpsecSelects(clients), openNtpdSelects(clients)]);
    },
  ),
);
